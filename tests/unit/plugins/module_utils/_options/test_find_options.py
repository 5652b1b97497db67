# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates are the host's, and databases write them in UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.find import FindRequest
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import find


@pytest.fixture(autouse=True)
def sao_paulo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # As POSIX writes it: a host may lack the list of zones. Until 2019, summer began at midnight.
    monkeypatch.setenv("TZ", "<-03>3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def asked(**options: Any) -> FindRequest:
    given = {"backup_dir": "/backups", "find_compare": False, **options}
    return find.request(validate(find.spec(), given, verb="find", source="test"), None)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-01-31", "2026-01-31", ("2026-01-31 03:00:00", "2026-02-01 03:00:00")),
        ("31/01/2026", "28/02/2026", ("2026-01-31 03:00:00", "2026-03-01 03:00:00")),
        ("2026-01-31 14:30", "2026-01-31 14:30", ("2026-01-31 17:30:00", "2026-01-31 17:31:00")),
        ("2026-01-31T22:00:01", " 2026-01-31 22:00:01 ", ("2026-02-01 01:00:01", "2026-02-01 01:00:02")),
    ],
)
def test_a_period_ends_with_the_day_or_minute_that_is_named(
    since: str, until: str, expected: tuple[str, str]
) -> None:
    query = asked(find_since=since, find_until=until).query
    assert (query.since, query.until) == expected


@pytest.mark.parametrize(
    ("options", "files"),
    [
        ({"find": "contract.pdf"}, True),
        ({"find": "Maria"}, False),
        ({"find": "Maria", "find_files": True}, True),
        ({"find": "contract.pdf", "find_files": False}, False),
    ],
)
def test_files_are_looked_for_where_the_text_is_like_a_name_of_one(
    options: dict[str, Any], files: bool
) -> None:
    assert asked(**options).files is files
