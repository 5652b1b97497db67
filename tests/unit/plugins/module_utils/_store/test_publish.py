# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._os_errors import write_error
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import (
    files,
    leftovers,
    listing,
    sidecar,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.ownership import Ownership
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.publish import Publication, rename_new
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    MOUNTED,
    SOURCE,
    add_backup,
    kill_at_each_line,
    on_own_mount,
    sidecar_for,
)

ID = "backup_20260131_020000"
FILE = f"{ID}.tar.gz"
CONTENT = b"an archive " * 1000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store", create=True)


def _names(store: Store) -> set[str]:
    return {entry.name for entry in store.path.iterdir()} - {".lock", ".sidecars.lock"}


def _publish(directory: Path) -> None:
    add_backup(Store.open(directory), ID, CONTENT)


def test_a_published_backup_is_whole_private_and_its_stores_own(store: Store) -> None:
    store.claim(SOURCE)
    archive = add_backup(store, ID, CONTENT)
    assert _names(store) == {FILE, f"{FILE}.json", "store.json"}
    assert archive.read_bytes() == CONTENT
    for path in (archive, sidecar.sidecar_path(archive)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.stat().st_nlink == 1
    record, origin = store.record(), sidecar.load(sidecar.sidecar_path(archive)).origin
    assert record and origin == record.origin


def test_it_is_private_from_the_first_byte(store: Store) -> None:
    former = os.umask(0)
    try:
        with Publication(store, FILE) as publication:
            assert stat.S_IMODE(publication.partial.stat().st_mode) == 0o600
            assert files.partial_of(publication.partial.name) == FILE
    finally:
        os.umask(former)
    assert _names(store) == set()


def test_owner_group_and_mode_are_given_to_both_files(store: Store) -> None:
    root = os.geteuid() == 0
    wanted = Ownership(12345 if root else None, 12346 if root else None, 0o640)
    with Publication(store, FILE, wanted) as publication:
        publication.file.write(CONTENT)
        publication.publish(sidecar_for(ID, CONTENT))
    for path in (publication.path, sidecar.sidecar_path(publication.path)):
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) == 0o640
        if root:
            assert (found.st_uid, found.st_gid) == (12345, 12346)


def test_owners_groups_and_modes_are_understood_or_refused() -> None:
    assert Ownership.resolve("root", "0", "0640") == Ownership(0, 0, 0o640)
    assert Ownership.resolve() == Ownership(None, None, 0o600)
    assert Ownership.resolve(mode=0o660).mode == 0o660
    for wrong in ({"owner": "nobody-of-that-name"}, {"group": "nobody-of-that-name"}):
        with pytest.raises(StoreError, match="nobody-of-that-name"):
            Ownership.resolve(**wrong)
    for mode in ("0400", "rw", "0", "07777", "-1", 600):
        with pytest.raises(StoreError) as caught:
            Ownership.resolve(mode=mode)
        assert caught.value.facts.get("problem") == "mode"


def test_a_failed_backup_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), Publication(store, FILE) as publication:
        publication.file.write(CONTENT)
        raise ZeroDivisionError
    assert _names(store) == set()


@pytest.mark.parametrize("taken", [FILE, f"{FILE}.json"])
def test_nothing_is_ever_overwritten(store: Store, taken: str) -> None:
    (store.path / taken).write_text("precious")
    with pytest.raises(StoreError) as caught, Publication(store, FILE) as publication:
        publication.file.write(CONTENT)
        publication.publish(sidecar_for(ID, CONTENT))
    assert caught.value.code == "publish_exists"
    assert (store.path / taken).read_text() == "precious"
    assert _names(store) == {taken}


def test_a_name_is_never_taken_from_another_file(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("mine")
    (tmp_path / "old").write_text("precious")
    with pytest.raises(FileExistsError):
        rename_new(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "precious"
    rename_new(tmp_path / "new", tmp_path / "other")
    assert (tmp_path / "other").read_text() == "mine"


def test_what_is_not_what_was_measured_is_not_published(store: Store) -> None:
    with pytest.raises(StoreError) as caught, Publication(store, FILE) as publication:
        publication.file.write(CONTENT + b"!")
        publication.publish(sidecar_for(ID, CONTENT))
    assert caught.value.code == "publish_changed"
    with pytest.raises(StoreError) as caught, Publication(store, FILE) as publication:
        publication.file.write(CONTENT)
        publication.partial.unlink()
        publication.partial.write_bytes(CONTENT)
        publication.publish(sidecar_for(ID, CONTENT))
    assert caught.value.code == "publish_changed"
    assert _names(store) == set()


def test_a_full_disk_has_a_message_of_its_own() -> None:
    path = Path("/srv/store/x")
    assert write_error(path, OSError(errno.ENOSPC, "No space left on device")).code == "disk_filled"
    assert write_error(path, OSError(errno.EIO, "Input/output error")).code == "write_failed"
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError) as caught:
        files.write_all(full.fileno(), b"x")
    assert "No space left" in str(write_error(path, caught.value))


def _publish_on_full_disk(path: Path) -> None:
    store = Store.open(path)
    add_backup(store, ID, CONTENT)
    before = _names(store)
    try:
        with Publication(store, "backup_20260131_020001.tar.gz") as publication:
            publication.file.write(CONTENT)
            # The archive is complete, but there is no space for its sidecar.
            with open(path / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
                while True:
                    filler.write(b"x" * 512)
            publication.publish(sidecar_for("backup_20260131_020001", CONTENT))
    finally:
        assert _names(store) == before | {"filler"}


def test_a_disk_that_fills_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    found = on_own_mount(tmp_path, "size=256k,mode=0700", lambda: _publish_on_full_disk(tmp_path))
    assert found in MOUNTED | {"disk_filled"}


def test_a_directory_that_went_away_is_a_clear_failure(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    (tmp_path / "store").rmdir()
    with pytest.raises(HostError) as caught:
        Publication(store, FILE)
    assert caught.value.code == "write_failed"


def _inspect(store: Store) -> str:
    """Check that files with final names are complete; return the state of the store."""
    archive = store.path / FILE
    assert not (sidecar.sidecar_path(archive).exists() and not archive.exists())
    if not archive.exists():
        return "nothing"
    assert hashlib.sha256(archive.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
    if not sidecar.sidecar_path(archive).exists():
        return "archive"
    assert sidecar.load(sidecar.sidecar_path(archive)).size == len(CONTENT)
    return "both"


@pytest.mark.long
def test_a_kill_at_any_step_leaves_nothing_or_a_whole_backup(tmp_path: Path) -> None:
    def fresh(number: int) -> Path:
        return Store.open(tmp_path / str(number), create=True).path

    seen, healed = [], []
    for directory in kill_at_each_line(_publish, fresh, "publish.py", "files.py", "ownership.py"):
        store = Store.open(directory)
        seen.append(_inspect(store))
        with store.lock("prune").acquire() as lock:
            leftovers.clean_leftovers(store, lock)
        # The next run removes incomplete files, and completes a publication that was nearly done.
        healed.append(_inspect(store))
        assert _names(store) in (set(), {FILE, f"{FILE}.json"})
        assert [backup.state for backup in listing.list_backups(directory)] in ([], ["good"])
    order = ["nothing", "archive", "both"]
    assert seen == sorted(seen, key=order.index)
    assert set(seen) == set(order)
    assert healed == ["both" if found == "archive" else found for found in seen]
    assert len(seen) > 50


def test_a_later_backup_is_not_hindered_by_a_killed_one(store: Store) -> None:
    Publication(store, FILE).file.close()
    add_backup(store, "backup_20260131_020001", CONTENT)
    assert listing.scan(store.path).leftovers[0].of == FILE


def test_the_sidecar_is_named_after_the_archive_it_lies_beside(store: Store) -> None:
    with Publication(store, f"{ID}.tar.zst.enc") as publication:
        publication.file.write(CONTENT)
        found = replace(sidecar_for(ID, CONTENT), compression="zstd", encryption="aes256")
        assert publication.publish(found).file == f"{ID}.tar.zst.enc"
    assert listing.list_backups(store.path)[0].good
