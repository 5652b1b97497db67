# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Source, Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    MOUNTED,
    SOURCE,
    add_backup,
    code_in_child,
    kill_at_each_line,
    on_own_mount,
)

OTHER = Source("7999999999999999999", "ticketz")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def _code(action: Callable[[], object]) -> str:
    with pytest.raises(SidekickError) as caught:
        action()
    return caught.value.code


def _as_ordinary_user(action: Callable[[], object]) -> str:
    """Run an action as an ordinary user, even if root runs the tests; return the code of its error."""

    def run() -> None:
        if os.geteuid() == 0:
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        action()

    return code_in_child(run)


def test_a_directory_that_cannot_be_used_is_refused_by_name(path: Path) -> None:
    assert _code(lambda: Store.open(path / "missing")) == "store_missing"
    (path / "file").write_text("")
    assert _code(lambda: Store.open(path / "file")) == "store_not_directory"
    assert _code(lambda: Store.open(path / "file" / "below", create=True)) == "write_failed"
    (path / "dangling").symlink_to(path / "nowhere")
    assert _code(lambda: Store.open(path / "dangling", create=True)) == "store_missing"


def test_a_read_only_file_system_is_told_from_missing_rights(path: Path) -> None:
    found = on_own_mount(path, "ro", lambda: Store.open(path))
    assert found in MOUNTED | {"store_read_only"}


def test_an_ordinary_user_is_told_what_he_may_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Other users can't enter pytest's directories, so use another one.
    path = Path("/tmp") / f"store-rights-{os.getpid()}"
    path.mkdir()
    try:
        path.chmod(0o555)
        assert _as_ordinary_user(lambda: Store.open(path)) == "store_not_writable"
        assert _as_ordinary_user(lambda: Store.open(path, write=False)) == ""
        path.chmod(0o000)
        assert _as_ordinary_user(lambda: Store.open(path, write=False)) == "store_unreadable"
    finally:
        path.chmod(0o700)
        path.rmdir()


def test_a_new_store_is_private(path: Path) -> None:
    former = os.umask(0)
    try:
        store = Store.open(path / "a" / "b", create=True)
    finally:
        os.umask(former)
    assert stat.S_IMODE((path / "a" / "b").stat().st_mode) == 0o700
    assert store.notices == ()


def test_open_permissions_are_a_warning(path: Path) -> None:
    path.chmod(0o755)
    notices = Store.open(path).notices
    assert [notice.code for notice in notices] == ["store_permissions"]
    assert "0755" in str(notices[0])


def test_a_link_to_a_directory_will_do(path: Path) -> None:
    (path / "real").mkdir(mode=0o700)
    (path / "link").symlink_to(path / "real")
    assert Store.open(path / "link").path == (path / "real").resolve()


def test_the_first_source_owns_the_store(path: Path) -> None:
    store = Store.open(path)
    assert store.record() is None
    assert store.claim(SOURCE) is None
    first = (path / "store.json").read_bytes()
    assert store.claim(SOURCE) is None
    assert (path / "store.json").read_bytes() == first
    assert stat.S_IMODE((path / "store.json").stat().st_mode) == 0o600
    data = json.loads(first)
    assert data["format"] == 1
    assert data["source"] == {"system_identifier": SOURCE.system_identifier, "database": "ticketz"}


@pytest.mark.parametrize("other", [OTHER, Source(SOURCE.system_identifier, "whaticket")])
def test_another_source_is_refused_naming_both(path: Path, other: Source) -> None:
    store = Store.open(path)
    store.claim(SOURCE)
    before = (path / "store.json").read_bytes()
    with pytest.raises(StoreError) as caught:
        store.claim(other)
    assert caught.value.code == "store_other_source"
    for part in (SOURCE.system_identifier, SOURCE.database, other.system_identifier, other.database):
        assert part in str(caught.value)
    assert (path / "store.json").read_bytes() == before


def test_adoption_is_explicit_and_remembered(path: Path) -> None:
    store = Store.open(path)
    store.claim(SOURCE)
    before = store.record()
    notice = store.claim(OTHER, adopt=True)
    assert notice is not None
    assert notice.code == "store_source_adopted"
    after = store.record()
    assert before and after
    assert (after.uuid, after.system_identifier) == (before.uuid, OTHER.system_identifier)
    assert after.former[0]["system_identifier"] == SOURCE.system_identifier
    with pytest.raises(StoreError):
        store.claim(SOURCE)
    assert store.claim(OTHER, adopt=True) is None


def test_a_rebuilt_server_continues_the_store_it_was_restored_from(path: Path) -> None:
    store = Store.open(path)
    store.claim(SOURCE)
    record = store.record()
    assert record
    rebuilt = Source(OTHER.system_identifier, OTHER.database, f"backup_20260131_020000@{record.uuid}")
    notice = store.claim(rebuilt)
    assert notice is not None
    assert notice.code == "store_source_restored"
    assert store.claim(OTHER) is None


def test_a_server_restored_from_elsewhere_is_another_source(path: Path) -> None:
    store = Store.open(path)
    store.claim(SOURCE)
    with pytest.raises(StoreError):
        store.claim(Source(OTHER.system_identifier, "ticketz", "backup_20260131_020000@another-store"))


def test_a_dry_run_tells_and_writes_nothing(path: Path) -> None:
    store = Store.open(path)
    assert store.claim(SOURCE, dry_run=True) is None
    assert list(path.iterdir()) == []


def test_losing_the_record_opens_no_door(path: Path) -> None:
    store = Store.open(path)
    store.claim(SOURCE)
    before = store.record()
    add_backup(store, "backup_20260131_020000")
    (path / "store.json").unlink()
    with pytest.raises(StoreError) as caught:
        store.claim(OTHER)
    assert caught.value.code == "store_other_source"
    store.claim(SOURCE)
    after = store.record()
    assert before and after
    assert after.uuid == before.uuid


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"format": 2}', b'{"format": 1, "source": 3}']
)
def test_a_damaged_record_is_reported(path: Path, data: bytes) -> None:
    (path / "store.json").write_bytes(data)
    store = Store.open(path)
    assert _code(store.record) == "store_record_damaged"
    assert _code(lambda: store.claim(SOURCE, adopt=True)) == "store_record_damaged"


@pytest.mark.long
def test_a_kill_while_claiming_leaves_the_old_owner_or_the_new(path: Path) -> None:
    def fresh(number: int) -> Path:
        directory = path / str(number)
        Store.open(directory, create=True).claim(SOURCE)
        return directory

    owners = []
    files = ("store.py", "files.py")
    for directory in kill_at_each_line(lambda d: _claim(d, OTHER), fresh, *files):
        record = Store.open(directory).record()
        assert record
        owners.append(record.system_identifier)
    assert owners == sorted(owners, key=lambda owner: owner == OTHER.system_identifier)
    assert {owners[0], owners[-1]} == {SOURCE.system_identifier, OTHER.system_identifier}


def _claim(directory: Path, source: Source) -> None:
    Store.open(directory).claim(source, adopt=True)


def test_ids_of_unfinished_backups_are_taken_too(path: Path) -> None:
    for name in (
        "backup_20260131_020000.tar.gz.json",
        ".backup_20260131_020001.tar.gz.0123456789abcdef.partial",
    ):
        (path / name).write_text("")
    assert {"backup_20260131_020000", "backup_20260131_020001"} <= Store.open(path).taken_ids()
