# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of switches written by any version are read without losing fields."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.pairs import Pair
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.record import (
    DONE,
    PREPARED,
    RESTORE,
    DatabaseSwap,
    DirectorySwap,
    Record,
    record_from_json,
)

RECORD = Record(
    "20260131_020000-000000-00000000",
    RESTORE,
    "2026-01-31T02:00:00Z",
    "backup_20260131_020000",
    keep=True,
    state=PREPARED,
    pairs=1,
    database=DatabaseSwap("here:5432", "1", "ticketz", "new", 1, "old", 2, outgoing_bytes=77),
    directories=(
        DirectorySwap(
            "public", "/srv/public", "/srv/.spare", inside=True, full=True, looks=((0, 0, 7, 1), (1, 1, 5, 2))
        ),
    ),
    config=("/etc/ticketz.env",),
)


def written(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.to_json())
    return found


def read(document: dict[str, Any]) -> Record:
    return record_from_json(json.dumps(document).encode(), "a record")


def test_what_was_written_is_read() -> None:
    assert read(written(RECORD)) == RECORD
    assert "later" not in json.dumps(written(RECORD))


@pytest.mark.parametrize("value", [7, "a text", None, {"a": [1]}, ["x"]])
@pytest.mark.parametrize(
    "place",
    [
        lambda document: document,
        lambda document: document["database"],
        lambda document: document["directories"][0],
    ],
    ids=["record", "database", "directory"],
)
def test_what_another_version_wrote_is_kept(place: Any, value: Any, tmp_path: Path) -> None:
    document = written(RECORD)
    for name in ("of_a_later_version", "later"):
        place(document)[name] = value
    journal = Journal(tmp_path)
    (tmp_path / f"{RECORD.id}.json").write_text(json.dumps(document))
    (record,) = journal.records()
    assert record == RECORD
    journal.write(replace(record, state=DONE))
    assert json.loads((tmp_path / f"{RECORD.id}.json").read_text()) == {**document, "state": DONE}


@pytest.mark.parametrize("missing", ["outgoing_bytes", "bytes", "looks", "config", "redis", "undo_of"])
def test_what_an_earlier_version_did_not_write_is_not_needed(missing: str) -> None:
    document = written(RECORD)
    for part in (document, document["database"], document["directories"][0]):
        part.pop(missing, None)
    assert read(document).id == RECORD.id


@pytest.mark.parametrize("missing", ["id", "state", "pairs"])
def test_what_every_version_writes_is_needed(missing: str) -> None:
    document = written(RECORD)
    del document[missing]
    with pytest.raises(HostError) as caught:
        read(document)
    assert caught.value.code == "journal_damaged"


def test_lines_of_names_may_say_more(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write_pairs(RECORD.id, [Pair(b"/srv/a", b"/srv/b", 1, 2)])
    path = tmp_path / f"{RECORD.id}.pairs"
    path.write_text(json.dumps([*json.loads(path.read_text()), {"more": 1}]) + "\n")
    assert list(journal.pairs(RECORD)) == [Pair(b"/srv/a", b"/srv/b", 1, 2)]
