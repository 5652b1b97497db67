# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store import (
    files,
    leftovers,
    listing,
    remove,
    sidecar,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.leftovers import Cleaned
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    add_backup,
    kill_at_each_line,
    sidecar_for,
)

ID = "backup_20260131_020000"
FILE = f"{ID}.tar.gz"
CONTENT = b"archive"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", create=True)


def _clean(store: Store) -> Cleaned:
    with store.lock("prune").acquire() as lock:
        return leftovers.clean_leftovers(store, lock)


def test_only_files_of_our_own_are_removed(store: Store) -> None:
    ours = [
        files.partial_name(FILE),
        files.partial_name(f"{FILE}.json"),
        files.partial_name("store.json"),
        files.removing_name(f"{ID}.tar.zst.enc"),
    ]
    others = [
        ".notes.0123456789abcdef.partial",
        f".{FILE}.partial",
        f".{FILE}.0123456789ABCDEF.partial",
        f"{FILE}.0123456789abcdef.partial",
        f".{FILE}.0123456789abcdef.partial.txt",
        ".ticketz-backup-20240131020000.tar.gz.0123456789abcdef.removing",
        ".bashrc",
        "notes.txt",
        "retrieved_data.tar.gz",
    ]
    for name in ours + others:
        (store.path / name).write_bytes(b"12345")
    (store.path / files.partial_name(FILE)).mkdir()
    (store.path / files.partial_name(FILE)).symlink_to(store.path / "notes.txt")
    kept = len(others) + 2
    assert len(leftovers.find(store.path)) == len(ours)
    cleaned = _clean(store)
    assert sorted(cleaned.removed) == sorted(ours)
    assert cleaned.freed == 5 * len(ours)
    assert len(set(os.listdir(store.path)) - {".lock", ".sidecars.lock"}) == kept
    assert _clean(store) == Cleaned((), (), 0)


def test_it_is_refused_without_the_lock(store: Store) -> None:
    with pytest.raises(RuntimeError):
        leftovers.clean_leftovers(store, store.lock("prune"))
    with store.sidecars_lock("x").acquire() as other, pytest.raises(RuntimeError):
        leftovers.clean_leftovers(store, other)


def test_a_waiting_sidecar_is_used_only_for_the_archive_it_measured(store: Store) -> None:
    data = sidecar.serialize(sidecar_for(ID, CONTENT))
    waiting = store.path / files.partial_name(f"{FILE}.json")
    (store.path / FILE).write_bytes(b"of another size")
    waiting.write_bytes(data)
    assert _clean(store).finished == ()
    waiting.write_bytes(data[:-20])
    (store.path / FILE).write_bytes(CONTENT)
    assert _clean(store).finished == ()
    waiting.write_bytes(data)
    assert _clean(store).finished == (FILE,)
    assert listing.list_backups(store.path)[0].good


@pytest.mark.long
def test_a_kill_at_any_step_of_a_removal_leaves_it_listed_or_a_leftover(tmp_path: Path) -> None:
    model = Store.open(tmp_path / "model", create=True)
    add_backup(model, ID, CONTENT)
    add_backup(model, "backup_20260131_030000", CONTENT)

    def fresh(number: int) -> Path:
        return Path(shutil.copytree(model.path, tmp_path / str(number)))

    def act(directory: Path) -> None:
        store = Store.open(directory)
        with store.lock("prune").acquire() as lock:
            remove.remove(store, listing.list_backups(directory)[1], lock)

    seen = []
    for directory in kill_at_each_line(act, fresh, "remove.py", "files.py", "leftovers.py"):
        before = listing.scan(directory)
        states = [backup.state for backup in before.backups]
        assert states in (["good", "good"], ["good"])
        seen.append((len(states), len(before.leftovers)))
        _clean(Store.open(directory))
        after = listing.scan(directory)
        assert after.backups == before.backups
        assert after.leftovers == ()
        expected = {f"backup_20260131_030000.tar.gz{end}" for end in ("", ".json")}
        if len(states) == 1:
            assert {name for name in os.listdir(directory) if name[0] != "."} == expected
    assert set(seen) == {(2, 0), (1, 1), (1, 0)}
    assert seen == sorted(seen, reverse=True)


def test_what_was_deleted_by_hand_in_the_meantime_is_no_failure(store: Store) -> None:
    archive = add_backup(store, ID, CONTENT)
    backup = listing.list_backups(store.path)[0]
    archive.unlink()
    with store.lock("prune").acquire() as lock:
        remove.remove(store, backup, lock)
    assert listing.scan(store.path) == listing.Listing((), ())


def test_removing_frees_what_it_says(store: Store) -> None:
    archive = add_backup(store, ID, b"x" * 5000)
    expected = 5000 + sidecar.sidecar_path(archive).stat().st_size
    with store.lock("prune").acquire() as lock:
        assert remove.remove(store, listing.list_backups(store.path)[0], lock) == expected
    second = add_backup(store, ID, b"x" * 5000)
    os.link(second, store.path / "another name")
    with store.lock("prune").acquire() as lock:
        freed = remove.remove(store, listing.list_backups(store.path)[0], lock)
    assert freed == expected - 5000
    assert (store.path / "another name").read_bytes() == b"x" * 5000
