# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune import (
    PruneRequest,
    PruneResult,
    prune,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import files, listing
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.retention import Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    add_backup,
    forked,
    id_before,
    kill_at_each_line,
    sidecar_for,
)

#: Only the rules, without the defaults that keep additional backups.
rules = partial(Policy, min_keep=1, keep_within=0)


def _store(path: Path, *ages: int) -> Store:
    store = Store.open(path, create=True)
    store.claim(SOURCE)
    for days in ages:
        add_backup(store, id_before(days=days), b"x" * 1000)
    return store


def _prune(store: Store, dry_run: bool = False, **given: Any) -> PruneResult:
    return prune(PruneRequest(store.path, rules(**given), dry_run=dry_run, now=NOW))


def _content(store: Store) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.path.iterdir() if path.is_file()}


def test_what_no_rule_keeps_goes_and_the_rest_stays(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2, 3)
    before = sum(path.stat().st_size for path in store.path.iterdir())
    result = _prune(store, keep_last=2)
    after = sum(path.stat().st_size for path in store.path.iterdir())
    assert [item.id for item in result.kept] == [id_before(days=0), id_before(days=1)]
    assert [item.id for item in result.removed] == [id_before(days=2), id_before(days=3)]
    assert result.changed
    assert result.freed == before - after
    assert [backup.id for backup in listing.list_backups(store.path)] == [item.id for item in result.kept]
    assert result.describe()["removed"][0] == {"id": id_before(days=2), "reason": "no rule keeps it"}


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_limit_spares_the_newer_ones_for_the_next_run(tmp_path: Path, dry_run: bool) -> None:
    store = _store(tmp_path / "store", 0, 1, 2, 3)
    request = PruneRequest(store.path, rules(keep_last=1), max_removals=2, dry_run=dry_run, now=NOW)
    result = prune(request)
    assert [item.id for item in result.removed] == [id_before(days=2), id_before(days=3)]
    assert [item.id for item in result.kept] == [id_before(days=0), id_before(days=1)]
    assert [notice.code for notice in result.notices] == ["prune_limited"]
    assert len(listing.list_backups(store.path)) == (4 if dry_run else 2)
    if not dry_run:
        assert [item.id for item in prune(request).removed] == [id_before(days=1)]
        assert prune(request).notices == ()


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2)
    _prune(store, keep_last=1)
    before = _content(store)
    again = _prune(store, keep_last=1)
    assert (again.changed, again.freed) == (False, 0)
    assert _content(store) == before


def test_a_dry_run_knows_a_publication_from_a_removal(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0)
    file = listing.list_backups(store.path)[0].file
    (store.path / f"{file}.json").rename(store.path / files.partial_name(f"{file}.json"))
    told = _prune(store, dry_run=True)
    assert (told.leftovers, told.finished, told.freed) == ((), (file,), 0)
    done = _prune(store)
    assert (done.leftovers, done.finished, done.freed) == ((), (file,), 0)
    assert listing.list_backups(store.path)[0].good


def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2)
    (store.path / files.partial_name(f"{id_before(days=9)}.tar.gz")).write_bytes(b"left")
    before = _content(store)
    told = _prune(store, dry_run=True, keep_last=1)
    assert _content(store) == before
    done = _prune(store, keep_last=1)
    assert told.describe() == done.describe()
    assert told.changed


def test_without_a_rule_nothing_goes(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 100, 1000)
    assert not _prune(store).changed
    assert len(listing.list_backups(store.path)) == 3


def test_whatever_is_no_backup_of_this_store_is_left_alone(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1)
    others = {
        "notes.txt": b"1",
        "backup_20200101_000000.tar.gz": b"of the guide's script",
        "ticketz-backup-20200101000000.tar.gz": b"of the old sidekick",
        "retrieved_data.tar.gz": b"of an import",
        "backup_20200102_000000.tar.gz.json": b"{",
        ".hidden.partial": b"2",
    }
    for name, content in others.items():
        (store.path / name).write_bytes(content)
    result = _prune(store, keep_last=1)
    assert len(result.removed) == 1
    assert {item.backup.file for item in result.ignored} == {
        "backup_20200101_000000.tar.gz",
        "backup_20200102_000000.tar.gz",
        "ticketz-backup-20200101000000.tar.gz",
        "retrieved_data.tar.gz",
    }
    for name, content in others.items():
        assert (store.path / name).read_bytes() == content


def test_what_killed_runs_left_is_removed(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0)
    left = files.partial_name(f"{id_before(days=9)}.tar.gz")
    (store.path / left).write_bytes(b"left")
    result = _prune(store)
    assert (result.leftovers, result.freed, result.changed) == ((left,), 4, True)
    assert not (store.path / left).exists()


def test_a_run_at_work_is_not_disturbed(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2)
    left = store.path / files.partial_name(f"{id_before(days=0)}.tar.zst")
    left.write_bytes(b"being written")

    def hold() -> None:
        with store.lock("backup").acquire():
            time.sleep(60)

    with forked(hold) as pid:
        while not (store.path / ".lock").read_bytes():
            time.sleep(0.01)
        assert _prune(store, dry_run=True, keep_last=1).leftovers == ()
        with pytest.raises(StoreError, match=f"backup .process {pid}") as caught:
            _prune(store, keep_last=1)
        os.kill(pid, signal.SIGKILL)
    assert caught.value.code == "lock_held"
    assert left.exists()
    assert len(listing.list_backups(store.path)) == 3
    assert _prune(store, keep_last=1).leftovers == (left.name,)


def test_a_run_that_is_cancelled_stops_between_two_backups(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2, 3)
    removed: list[object] = []

    def check() -> None:
        if len(listing.list_backups(store.path)) < 4:
            raise CancelledError("cancelled", signal="SIGTERM")

    with pytest.raises(CancelledError):
        prune(
            PruneRequest(store.path, rules(keep_last=1), now=NOW),
            progress=lambda **position: removed.append(position),
            check=check,
        )
    # The oldest backup is removed first.
    assert [backup.id for backup in listing.list_backups(store.path)] == [
        id_before(days=days) for days in (0, 1, 2)
    ]
    assert removed[-1] == {"bytes_done": 1000}
    store.lock("next").acquire().release()


@pytest.mark.long
def test_a_kill_at_any_step_never_costs_what_a_rule_keeps(tmp_path: Path) -> None:
    model = _store(tmp_path / "model", 0, 1, 2, 3).path

    def fresh(number: int) -> Path:
        return Path(shutil.copytree(model, tmp_path / str(number)))

    def act(directory: Path) -> None:
        prune(PruneRequest(directory, rules(keep_last=2), now=NOW))

    counts = []
    for directory in kill_at_each_line(act, fresh, "prune.py", "remove.py", "leftovers.py"):
        before = listing.scan(directory)
        assert all(backup.good for backup in before.backups)
        counts.append(len(before.backups))
        result = prune(PruneRequest(directory, rules(keep_last=2), now=NOW))
        assert [item.id for item in result.kept] == [id_before(days=0), id_before(days=1)]
        after = {name for name in os.listdir(directory) if name.startswith(".backup")}
        assert after == set()
    assert counts == sorted(counts, reverse=True)
    assert set(counts) == {4, 3, 2}


def test_a_missing_store_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        prune(PruneRequest(tmp_path / "missing", rules(keep_last=1)))
    assert caught.value.code == "store_missing"


def _database(rows: int) -> Any:
    found = sidecar_for(id_before(days=0)).database
    assert found
    return replace(found, tables={"public.Messages": rows}, rows=rows)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ({"database": _database(0)}, "public.Messages: 5000 → 0"),
        ({"database": _database(2000)}, "public.Messages: 5000 → 2000"),
        ({"database": replace(_database(0), tables=None), "encryption": "none"}, "ticketz: 5000 → 0"),
    ],
)
def test_the_last_backup_before_a_mishap_outlives_all_rules(
    tmp_path: Path, after: dict[str, Any], what: str
) -> None:
    store = _store(tmp_path / "store")
    add_backup(store, id_before(days=9), database=_database(5000))
    add_backup(store, id_before(days=8), database=_database(5000))
    for days in (6, 5, 4):
        add_backup(store, id_before(days=days), **after)
    result = _prune(store, keep_last=1)
    assert [item.id for item in result.kept] == [id_before(days=4), id_before(days=8)]
    (notice,) = result.notices
    assert notice.code == "backup_shrunk"
    assert what in notice.text()
    # Further runs change nothing.
    assert not _prune(store, keep_last=1).changed
    accepted = replace(PruneRequest(store.path, rules(keep_last=1, accept_changes=True)), now=NOW)
    told = prune(replace(accepted, dry_run=True))
    assert len(listing.list_backups(store.path)) == 2
    assert store.accepted() is None
    done = prune(accepted)
    assert told.describe() == done.describe()
    assert [item.id for item in done.removed] == [id_before(days=8)]
    assert (done.accepted, done.notices) == (id_before(days=4), ())
    again = prune(accepted)
    assert (again.changed, again.accepted) == (False, None)


def test_what_is_accepted_once_is_not_told_again(tmp_path: Path) -> None:
    store = _store(tmp_path / "store")
    add_backup(store, id_before(days=9), database=_database(5000))
    add_backup(store, id_before(days=4), database=_database(5))
    assert [notice.code for notice in _prune(store).notices] == ["backup_shrunk"]
    assert _prune(store, accept_changes=True).changed
    assert _prune(store).notices == ()
    assert len(listing.list_backups(store.path)) == 2
    assert _prune(store, keep_last=1).removed


def test_a_pin_is_respected_and_taken_off(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0, 1, 2)
    for days in (5, 6, 7):
        add_backup(store, id_before(days=days), pin="forever", label="before the move")
    before = _content(store)
    wanted = (id_before(days=6), f"{id_before(days=7)}.tar.gz", "backup_20190101_000000")
    request = PruneRequest(store.path, rules(keep_last=2), unpin=wanted, dry_run=True, now=NOW)
    told = prune(request)
    assert _content(store) == before
    done = prune(replace(request, dry_run=False))
    assert told.describe() == done.describe()
    assert done.unpinned == (id_before(days=6), id_before(days=7))
    assert [item.id for item in done.kept] == [id_before(days=0), id_before(days=1), id_before(days=5)]
    assert [notice.code for notice in done.notices] == ["unpin_unknown"]
    again = prune(replace(request, dry_run=False))
    assert (again.changed, again.unpinned) == (False, ())


def test_without_a_rule_a_pin_is_taken_off_and_nothing_removed(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0)
    add_backup(store, id_before(days=5), pin="forever")
    result = prune(PruneRequest(store.path, rules(), unpin=(id_before(days=5),), now=NOW))
    assert (result.unpinned, result.removed, result.changed) == ((id_before(days=5),), (), True)


def test_backups_of_a_time_to_come_are_named(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", -400, 0, 3, 4)
    result = _prune(store, keep_last=1)
    assert [item.id for item in result.kept] == [id_before(days=-400), id_before(days=0)]
    (notice,) = result.notices
    assert id_before(days=-400) in notice.text()


def test_where_the_disk_is_away_nothing_is_done(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", 0)
    store.path.rename(tmp_path / "away")
    store.path.mkdir(mode=0o700)
    for dry_run in (True, False):
        with pytest.raises(StoreError) as caught:
            _prune(store, dry_run=dry_run, keep_last=1)
        assert caught.value.code == "store_lost"
    assert _content(store) == {}
