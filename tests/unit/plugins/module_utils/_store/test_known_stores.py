# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import known_stores, mounts
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, add_backup


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "disk" / "store", create=True)
    store.claim(SOURCE)
    return store


def _refusal(store: Store) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(store.path).claim(SOURCE)
    for language in ("en", "pt"):
        assert "backup_init" in caught.value.text(language)
        assert str(store.path) in caught.value.text(language)
    return caught.value.code


def test_a_store_that_was_moved_away_is_no_new_beginning(store: Store) -> None:
    add_backup(store, "backup_20260131_020000")
    store.path.rename(store.path.with_name("away"))
    # The store is lost if the directory is missing, and also if it is an empty mount point, or was created by a role.
    assert _refusal(store) == "store_lost"
    store.path.mkdir(mode=0o700)
    assert _refusal(store) == "store_lost"
    (store.path / "lost+found").mkdir()
    assert _refusal(store) == "store_lost"
    assert sorted(path.name for path in store.path.iterdir()) == ["lost+found"]
    shutil.rmtree(store.path)
    store.path.with_name("away").rename(store.path)
    assert Store.open(store.path).claim(SOURCE) is None


def test_a_new_beginning_can_be_asked_for(store: Store) -> None:
    first = store.record()
    shutil.rmtree(store.path)
    store.path.mkdir(mode=0o700)
    Store.open(store.path).claim(SOURCE, init=True, dry_run=True)
    assert _refusal(store) == "store_lost"
    Store.open(store.path).claim(SOURCE, init=True)
    second = Store.open(store.path).record()
    assert first and second and first.uuid != second.uuid
    Store.open(store.path).claim(SOURCE)


def test_a_directory_of_another_name_is_free_to_begin(store: Store) -> None:
    shutil.rmtree(store.path)
    other = Store.open(store.path.with_name("other"), create=True)
    assert other.claim(SOURCE) is None


def test_a_disk_behind_a_link_is_known_by_where_it_leads(store: Store, tmp_path: Path) -> None:
    link = tmp_path / "backups"
    link.symlink_to(store.path.parent)
    store.path.parent.rename(tmp_path / "away")
    with pytest.raises(StoreError) as caught:
        Store.open(link / "store")
    assert caught.value.code == "store_lost"


def test_a_lost_record_is_no_lost_store(store: Store) -> None:
    add_backup(store, "backup_20260131_020000")
    (store.path / "store.json").unlink()
    Store.open(store.path).claim(SOURCE)


def test_what_was_in_a_temporary_directory_is_forgotten_when_the_machine_starts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_stores, "boot_id", lambda: "the next one")
    monkeypatch.setattr(known_stores, "_TEMPORARY", (str(store.path.parent),))
    assert known_stores.last_seen(store.path) is None
    monkeypatch.setattr(known_stores, "_TEMPORARY", ("/elsewhere",))
    assert known_stores.last_seen(store.path)


def test_a_record_that_cannot_be_kept_or_read_stops_nothing(store: Store, host_state: Path) -> None:
    shutil.rmtree(host_state)
    host_state.write_text("")
    known_stores.remember(store.path, "uuid")
    assert known_stores.last_seen(store.path) is None
    host_state.unlink()
    for content in ("", "{", "[]", json.dumps({"seen": "yesterday"}), json.dumps({"seen": 7})):
        known_stores.remember(store.path, "uuid")
        (record,) = (host_state / "stores").iterdir()
        record.write_text(content)
        assert known_stores.last_seen(store.path) is None


def test_stores_of_long_ago_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host_state: Path
) -> None:
    monkeypatch.setattr(known_stores, "_MOST", 3)
    for number in range(5):
        known_stores.remember(tmp_path / str(number), "uuid")
    assert len(list((host_state / "stores").iterdir())) == 3
    assert known_stores.last_seen(tmp_path / "4")


@pytest.mark.parametrize("name", ["disk", "disk two", "disco-ç"])
def test_a_disk_that_is_not_mounted_is_no_new_beginning(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / name
    disk.mkdir()
    fstab = tmp_path / "fstab"
    escaped = str(disk).replace(" ", "\\040")
    fstab.write_text(f"# disks\nUUID=1 / ext4 defaults 0 1\nUUID=2\t{escaped}\text4 noauto\n")
    monkeypatch.setattr(mounts, "FSTAB", fstab)
    for missing in (disk / "store", disk / "a" / "b"):
        with pytest.raises(StoreError) as caught:
            Store.open(missing)
        assert caught.value.code == "store_not_mounted"
        assert str(disk) in str(caught.value)
    empty = Store.open(disk / "store", create=True)
    assert _refusal(empty) == "store_not_mounted"
    empty.claim(SOURCE, init=True)
    # A store that was started there can be used.
    empty.claim(SOURCE)
