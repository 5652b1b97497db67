# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import files, listing, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import Origin
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    UTC,
    add_backup,
    id_at,
    sidecar_for,
)

ID = "backup_20260131_020000"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    return store


def _one(store: Store) -> listing.Backup:
    backups = listing.list_backups(store.path)
    assert len(backups) == 1
    return backups[0]


def test_backups_are_listed_newest_first_whatever_their_files_times(store: Store) -> None:
    ids = [id_at(NOW - datetime.timedelta(days=days)) for days in range(5)]
    for number, id in enumerate(ids):
        archive = add_backup(store, id)
        os.utime(archive, (number, number))
    assert [backup.id for backup in listing.list_backups(store.path)] == ids


def test_states(store: Store) -> None:
    archive = add_backup(store, ID)
    assert (_one(store).state, _one(store).good, _one(store).size) == ("good", True, 7)
    archive.write_bytes(b"archive, cut")
    assert _one(store).state == "size_mismatch"
    archive.unlink()
    assert (_one(store).state, _one(store).size) == ("archive_missing", 0)
    archive.write_bytes(b"archive")
    sidecar.sidecar_path(archive).write_text("{")
    assert _one(store).state == "damaged_sidecar"
    assert _one(store).cause
    sidecar.sidecar_path(archive).unlink()
    assert _one(store).state == "no_sidecar"
    assert not _one(store).good


def test_a_backup_of_another_store_does_not_count(store: Store) -> None:
    archive = add_backup(store, ID)
    found = sidecar_for(ID, origin=Origin("another store", "1", "ticketz"))
    sidecar.save(sidecar.sidecar_path(archive), found)
    assert _one(store).state == "other_store"
    # Without the store's identity, as in a copy of some files, the backup is not taken for a foreign one.
    (store.path / "store.json").unlink()
    assert _one(store).state == "good"


def test_old_formats_are_listed_with_format_and_size(store: Store) -> None:
    for name in ("ticketz-backup-20240131020000.tar.gz", "retrieved_data.tar.gz", "public_data.tar.gz"):
        (store.path / name).write_bytes(b"old")
        os.utime(store.path / name, (1_700_000_000, 1_700_000_000))
    found = {backup.file: backup for backup in listing.list_backups(store.path)}
    old = found["ticketz-backup-20240131020000.tar.gz"]
    assert (old.format, old.size, old.state) == ("sidekick", 3, "old_format")
    assert old.created == datetime.datetime(2024, 1, 31, 2, 0, tzinfo=UTC)
    retrieved = found["retrieved_data.tar.gz"]
    assert (retrieved.id, retrieved.format, retrieved.size) == ("retrieved_data", "retrieved", 3)
    assert retrieved.created == datetime.datetime.fromtimestamp(1_700_000_000, UTC)
    assert old.describe()["format"] == "sidekick"


def test_unknown_files_are_passed_over(store: Store) -> None:
    for name in (
        "notes.txt",
        "backup.tar.gz",
        "backup_20260131_020000.sql",
        "x.json",
        "retrieved_data.tar.gz.json",
    ):
        (store.path / name).write_text("x")
    (store.path / f"{ID}.tar.gz").mkdir()
    (store.path / f"{ID}.tar.zst").symlink_to("/etc/passwd")
    (store.path / os.fsdecode(b"\xff\xfe")).write_text("x")
    assert listing.scan(store.path) == listing.Listing((), ())


def test_files_of_killed_runs_are_leftovers_and_not_backups(store: Store) -> None:
    (store.path / files.partial_name(f"{ID}.tar.gz")).write_bytes(b"123")
    found = listing.scan(store.path)
    assert found.backups == ()
    assert [(item.of, item.size, item.removing) for item in found.leftovers] == [(f"{ID}.tar.gz", 3, False)]


def test_two_archives_of_one_id_are_two_backups(store: Store) -> None:
    add_backup(store, ID)
    (store.path / f"{ID}.tar").write_bytes(b"unpacked by hand")
    states = {backup.file: backup.state for backup in listing.list_backups(store.path)}
    assert states == {f"{ID}.tar.gz": "good", f"{ID}.tar": "no_sidecar"}


def test_a_directory_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        listing.scan(tmp_path / "missing")
    assert caught.value.code == "store_unreadable"


def test_a_description_holds_what_a_reader_looks_for(store: Store) -> None:
    add_backup(store, ID)
    found = _one(store).describe()
    assert found["path"] == str(store.path / f"{ID}.tar.gz")
    assert found["created"] == "2026-01-31T02:00:00Z"
    assert found["database"]["tables"] == {"public.Messages": 10, "public.Tickets": 2}
    assert found["directories"] == {"public": {"path": "/srv/public", "files": 3, "bytes": 4096}}
    assert found["proofs"]["verified"]["level"] == "full"


@pytest.mark.parametrize("seconds", [-(2**40), -(2**36), 2**33, 2**38, 2**52])
def test_a_file_may_have_any_time(seconds: int, memory: Path) -> None:
    """The modification time is the only information about the age of an old sidekick's archive."""
    store = Store.open(memory / "store", create=True)
    store.claim(SOURCE)
    path = store.path / "ticketz-backup-20240102030405.tar.gz"
    path.write_bytes(b"an old archive")
    os.utime(path, (seconds, seconds))
    for zone in (datetime.timedelta(hours=-14), datetime.timedelta(hours=14)):
        assert _one(store).created.astimezone(datetime.timezone(zone))
