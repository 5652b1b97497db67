# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import health, listing
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.health import Limits
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.leftovers import Leftover
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import Backup, Listing
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.space import Disk
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    backup_at,
    days_ago,
    sidecar_for,
    with_missing,
    with_rows,
)

DISK = Disk(100 * 10**9, 50 * 10**9, 50 * 10**9, 50.0)


def _whole(backup: Backup) -> Backup:
    return replace(backup, size=2_000_000)


def _found(*backups: Backup, leftovers: tuple[Leftover, ...] = ()) -> Listing:
    return Listing(tuple(backups), leftovers)


def _problems(
    found: Listing, disk: Disk = DISK, limits: Limits | None = None, **more: object
) -> list[tuple[str, str]]:
    problems = health.assess(found, disk, limits or Limits(), NOW, **more)  # type: ignore[arg-type]
    for problem in problems:
        assert problem.message
        assert problem.notice.text("pt") != problem.message
    return [(problem.severity, problem.code) for problem in problems]


def test_all_is_well_with_a_young_large_verified_backup() -> None:
    assert _problems(_found(*map(_whole, days_ago(0.9, 2, 3)))) == []


def test_no_backup_is_critical() -> None:
    assert _problems(_found()) == [("critical", "no_backup")]
    assert _problems(_found(replace(_whole(days_ago(0)[0]), state="old_format", format="sidekick"))) == [
        ("critical", "no_backup")
    ]


def test_an_old_backup_is_critical() -> None:
    assert _problems(_found(_whole(days_ago(1.01)[0]))) == [("critical", "backup_too_old")]
    assert _problems(_found(_whole(days_ago(1.01)[0])), limits=Limits(max_age=2 * 86_400)) == []
    assert _problems(_found(replace(days_ago(0)[0], size=1_000_000))) == []


def test_a_small_backup_is_a_warning_and_serious_only_where_it_was_larger() -> None:
    small = replace(days_ago(0)[0], size=999_999)
    earlier = [replace(backup, size=999_000) for backup in days_ago(1, 2)]
    assert _problems(_found(small)) == [("warning", "backup_too_small")]
    assert _problems(_found(small, *earlier)) == [("warning", "backup_too_small")]
    emptied = with_rows(small, 0)
    assert _problems(_found(emptied, *earlier)) == [
        ("critical", "backup_too_small"),
        ("warning", "backup_shrunk"),
    ]
    # Even after many small backups.
    since = [with_rows(backup, 0) for backup in earlier]
    assert _problems(_found(emptied, *since, *days_ago(9)))[0] == ("critical", "backup_too_small")
    assert _problems(_found(emptied, *since)) == [("warning", "backup_too_small")]


def test_a_loss_is_a_warning_until_it_is_accepted() -> None:
    newest, before = days_ago(0.5, 2)
    found = _found(_whole(with_rows(newest, 0)), _whole(before))
    assert _problems(found) == [("warning", "backup_shrunk")]
    assert _problems(found, accepted=newest.created) == []


@pytest.mark.parametrize(
    "missing", [("database",), ("directories:public",), ("database", "directories:public")]
)
def test_an_incomplete_newest_backup_is_a_warning(missing: tuple[str, ...]) -> None:
    newest, before = map(_whole, days_ago(0.5, 2))
    broken = with_missing(newest, *missing)
    assert _problems(_found(broken, before)) == [("warning", "backup_incomplete")]
    assert _problems(_found(newest, with_missing(before, *missing))) == []


def test_only_good_backups_are_young() -> None:
    broken = replace(_whole(days_ago(0)[0]), state=listing.SIZE_MISMATCH)
    assert _problems(_found(broken, _whole(days_ago(2)[0]))) == [
        ("critical", "backup_too_old"),
        ("critical", "backup_damaged"),
    ]


@pytest.mark.parametrize(
    ("percent", "problems"),
    [
        (79.9, []),
        (80, [("warning", "disk_nearly_full")]),
        (90, [("critical", "disk_nearly_full")]),
        (100, [("critical", "disk_nearly_full")]),
    ],
)
def test_a_full_disk(percent: float, problems: list[tuple[str, str]]) -> None:
    assert _problems(_found(_whole(days_ago(0)[0])), replace(DISK, percent=percent)) == problems


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (listing.NO_SIDECAR, ("warning", "sidecar_missing")),
        (listing.DAMAGED_SIDECAR, ("warning", "sidecar_damaged")),
        (listing.ARCHIVE_MISSING, ("warning", "sidecar_orphaned")),
        (listing.OTHER_STORE, ("warning", "backup_of_other_store")),
        (listing.SIZE_MISMATCH, ("critical", "backup_damaged")),
        (listing.DAMAGED, ("critical", "backup_damaged")),
    ],
)
def test_whatever_is_wrong_with_any_backup_is_told(state: str, problem: tuple[str, str]) -> None:
    good, bad = _whole(days_ago(0)[0]), replace(days_ago(5)[0], state=state)
    assert _problems(_found(good, bad)) == [problem]


def test_old_formats_are_no_problem() -> None:
    old = replace(days_ago(500)[0], state=listing.OLD_FORMAT, format="sidekick")
    assert _problems(_found(_whole(days_ago(0)[0]), old)) == []


def test_leftovers_are_told_unless_somebody_is_at_work() -> None:
    found = _found(_whole(days_ago(0)[0]), leftovers=(Leftover(".x.partial", "x", 5, False),))
    assert _problems(found) == [("warning", "leftovers")]
    assert _problems(found, busy=True) == []


def test_loose_permissions_are_warnings() -> None:
    found = _found(replace(_whole(days_ago(0)[0]), mode=0o644))
    store = Notice("store_permissions", path="/store", mode="0755")
    assert _problems(found, notices=[store]) == [
        ("warning", "store_permissions"),
        ("warning", "backup_permissions"),
    ]


def test_a_newest_backup_that_was_never_verified_is_a_warning() -> None:
    newest = _whole(days_ago(0)[0])
    unproved = replace(newest, sidecar=sidecar_for(newest.id, proofs={}))
    assert _problems(_found(unproved)) == [("warning", "not_verified")]


def test_a_backup_from_a_wrong_clock_does_not_hide_that_none_are_made() -> None:
    ahead = _whole(backup_at(NOW.replace(year=2036)))
    assert _problems(_found(ahead, _whole(days_ago(2)[0]))) == [
        ("critical", "backup_too_old"),
        ("warning", "backup_from_future"),
    ]
    assert _problems(_found(ahead)) == [("critical", "backup_from_future")]


def test_only_critical_problems_are_unhealthy() -> None:
    warnings = health.assess(_found(_whole(days_ago(0)[0])), replace(DISK, percent=85), Limits(), NOW)
    assert len(warnings) == 1
    assert health.is_healthy(warnings)
    assert not health.is_healthy(health.assess(_found(), DISK, Limits(), NOW))
    assert warnings[0].describe("pt")["message"].startswith("O disco")
