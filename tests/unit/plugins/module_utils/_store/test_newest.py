# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.newest import newest
from ansible_collections.ticketz.sidekick.tests.support.store_samples import NOW, days_ago, with_missing


@pytest.mark.parametrize("ahead", [1 / 24, 1, 365, 73 * 365])
def test_a_backup_of_a_time_to_come_is_passed_over_and_named(ahead: float) -> None:
    wrong, right = days_ago(-ahead), days_ago(0, 1)
    found = newest([*wrong, *right], NOW)
    assert found.backup == right[0]
    (notice,) = found.notices()
    assert notice.code == "latest_from_future"
    for language in ("en", "pt"):
        assert wrong[0].id in notice.text(language)
        assert right[0].id in notice.text(language)


def test_the_next_free_seconds_are_not_to_come() -> None:
    backups = days_ago(-299 / 86_400, 0)
    found = newest(backups, NOW)
    assert (found.backup, found.ahead, found.notices()) == (backups[0], (), [])


@pytest.mark.parametrize(
    "state", [listing.DAMAGED, listing.SIZE_MISMATCH, listing.NO_SIDECAR, listing.OTHER_STORE]
)
def test_newer_ones_that_are_not_good_are_named(state: str) -> None:
    bad, good, old = days_ago(1, state=state), days_ago(2), days_ago(3, state=state)
    found = newest([*old, *bad, *good], NOW)
    assert (found.backup, found.unusable) == (good[0], tuple(bad))
    assert [notice.code for notice in found.notices()] == ["latest_not_good"]
    assert bad[0].id in found.notices()[0].text()


def test_archives_of_other_tools_are_neither_the_newest_nor_passed_over() -> None:
    old = replace(days_ago(0, state=listing.OLD_FORMAT)[0], format="sidekick")
    good = days_ago(2)
    found = newest([old, *good], NOW)
    assert (found.backup, found.unusable) == (good[0], ())


def test_where_all_are_to_come_there_is_no_newest() -> None:
    found = newest(days_ago(-1, -2), NOW - datetime.timedelta(days=1))
    assert found.backup is None
    assert found.notices() == []
    assert len(found.ahead) == 2


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ((), None),
        (("database",), ["database: {1}"]),
        (("directories:public",), ["directories:public: {2}"]),
        (("database", "directories:public"), ["database: {1}", "directories:public: {2}"]),
    ],
)
def test_the_newest_is_told_to_be_incomplete_with_the_ones_that_are_whole(
    missing: tuple[str, ...], named: list[str] | None
) -> None:
    newer, second, third = days_ago(0, 1, 2)
    backups = [with_missing(newer, *missing), with_missing(second, "directories:public"), third]
    found = newest(backups, NOW)
    # An incomplete backup is still the newest, so that a large object created by any user does not make restores use old data.
    assert found.backup == backups[0]
    notices = found.notices()
    if named is None:
        assert notices == []
        return
    (notice,) = notices
    assert notice.code == "backup_incomplete"
    assert notice.facts["whole"] == ", ".join(named).format(*(backup.id for backup in backups))
    for language in ("en", "pt"):
        assert all(component in notice.text(language) for component in missing)


def test_where_nothing_is_whole_that_is_said() -> None:
    (notice,) = newest([with_missing(days_ago(0)[0], "database")], NOW).notices()
    assert notice.facts["whole"] == "database: -"
