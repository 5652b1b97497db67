# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import Backup
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.losses import compare, find_losses
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import DirectoryTotals, Sidecar
from ansible_collections.ticketz.sidekick.tests.support.store_samples import days_ago, with_rows

MESSAGES = 331_600


def _sidecar(backup: Backup) -> Sidecar:
    assert backup.sidecar
    return backup.sidecar


def _changed(backup: Backup, **changes: object) -> Backup:
    return replace(backup, sidecar=replace(_sidecar(backup), **changes))  # type: ignore[arg-type]


def _media(backup: Backup, files: int, size: int) -> Backup:
    return _changed(backup, directories={"public": DirectoryTotals("/srv/public", files, size)})


def _pair(rows: int = MESSAGES) -> tuple[Backup, Backup]:
    before, after = days_ago(1, 0)
    return with_rows(before, rows), with_rows(after, rows)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (MESSAGES, 0, True),
        (MESSAGES, MESSAGES // 2 - 1, True),
        (MESSAGES, MESSAGES // 2, False),
        (MESSAGES, 10 * MESSAGES, False),
        (10, 4, True),
        (5, 0, True),
        (4, 0, False),  # one or two announcements
    ],
)
def test_a_table_that_lost_more_than_half_of_its_rows(before: int, after: int, lost: bool) -> None:
    old, new = _pair(before)
    found = compare(old, with_rows(new, after))
    assert found == ((f"public.Messages: {before} → {after}",) if lost else ())


def test_a_table_that_is_gone_is_a_loss() -> None:
    old, new = _pair()
    database = _sidecar(new).database
    assert database
    new = _changed(new, database=replace(database, tables={"public.Tickets": 2}))
    assert compare(old, new) == (f"public.Messages: {MESSAGES} → 0",)


def test_keys_of_sessions_come_and_go() -> None:
    old, new = _pair()
    table = "public.BaileysKeys"
    assert compare(with_rows(old, 5000, table), with_rows(new, 0, table)) == ()
    other = "other.BaileysKeys"
    assert compare(with_rows(old, 5000, other), with_rows(new, 0, other)) == (f"{other}: 5000 → 0",)


@pytest.mark.parametrize("rows", [0, 100_000])
def test_of_encrypted_backups_the_sum_of_all_rows_counts(rows: int) -> None:
    old, new = (
        _changed(backup, database=replace(database, tables=None))
        for backup in (_pair()[0], with_rows(_pair()[1], rows))
        if (database := _sidecar(backup).database)
    )
    assert compare(old, new) == (f"ticketz: {MESSAGES + 2} → {rows + 2}",)
    assert compare(old, old) == ()


@pytest.mark.parametrize(
    ("files", "size", "lost"),
    [(100, 10**9, False), (40, 10**9, True), (100, 4 * 10**8, True), (0, 0, True), (51, 6 * 10**8, False)],
)
def test_a_directory_that_lost_more_than_half(files: int, size: int, lost: bool) -> None:
    old, new = _pair()
    found = compare(_media(old, 100, 10**9), _media(new, files, size))
    assert bool(found) is lost
    assert all(line.startswith("public: 100 → ") for line in found)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [(600_000_000, 200_000_000, True), (600_000_000, 300_000_001, False), (90_000, 10_000, False)],
)
def test_an_archive_of_less_than_half_the_size(before: int, after: int, lost: bool) -> None:
    old, new = (_changed(backup, size=size) for backup, size in zip(_pair(), (before, after)))
    assert bool(compare(old, new)) is lost
    # With another compression, sizes can't be compared.
    assert compare(old, _changed(new, compression="zstd")) == ()
    assert compare(old, _changed(new, encryption="aes256")) == ()


def test_the_newest_one_from_before_is_named_however_many_were_made_since() -> None:
    before = [with_rows(backup, MESSAGES) for backup in days_ago(10, 11)]
    after = [with_rows(backup, 3) for backup in days_ago(1, 2, 3)]
    (loss,) = find_losses([*after, *before])
    assert (loss.before, loss.after) == (before[0], after[0])
    for language in ("en", "pt"):
        text = loss.notice().text(language)
        assert f"public.Messages: {MESSAGES} → 3" in text
        assert before[0].id in text
        assert "accept_changes" in text


def test_slow_losses_are_seen_in_the_end() -> None:
    rows = [1000, 800, 600, 450]
    newest_first = [with_rows(backup, left) for backup, left in zip(days_ago(0, 1, 2, 3), reversed(rows))]
    (loss,) = find_losses(newest_first)
    assert loss.before == newest_first[-1]


def test_what_came_back_is_no_loss() -> None:
    rows = (MESSAGES, 3, MESSAGES)
    assert find_losses([with_rows(backup, left) for backup, left in zip(days_ago(0, 1, 2), rows)]) == ()


def test_only_backups_of_the_same_components_are_compared() -> None:
    database_only = days_ago(0, components=("database",))
    assert find_losses([with_rows(database_only[0], 0), *days_ago(1, 2)]) == ()


def test_what_was_accepted_is_no_loss_any_more() -> None:
    before, after, later = days_ago(9, 5, 1)
    backups = [with_rows(later, 5), with_rows(after, 5), with_rows(before, MESSAGES)]
    assert find_losses(backups)
    assert find_losses(backups, after.created) == ()
    # A later loss is reported.
    (loss,) = find_losses([with_rows(later, 0), *backups[1:]], after.created)
    assert loss.before.id == after.id
