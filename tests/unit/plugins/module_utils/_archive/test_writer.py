# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import frames, manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.config_entry import ConfigEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import check_readback
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.writer import ArchiveWriter
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import ConfigFiles
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    DirectoriesEntry,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError, HostError
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import BACKUP_JSON, ID, build

MEGABYTE = 1024 * 1024


def empty_manifest(config: tuple[ConfigEntry, ...] = (), **changes: object) -> manifest.Manifest:
    values: dict[str, object] = {
        "format": 1, "id": ID, "created": "", "finished": "", "producer": {}, "compression": "zstd",
        "encryption": "none", "members": (), "frames": (), "notices": (),
    }  # fmt: skip
    entries = {entry.key: entry for entry in (DirectoriesEntry(), ConfigFiles(config))}
    return manifest.Manifest(**{**values, **changes}, entries=entries)  # type: ignore[arg-type]


def test_the_file_is_private_and_new(tmp_path: Path) -> None:
    os.umask(0)
    try:
        writer = ArchiveWriter(str(tmp_path / "a"), codec("zstd"), None)
        assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600
        writer.discard()
    finally:
        os.umask(0o022)
    (tmp_path / "there").write_bytes(b"precious")
    os.symlink(tmp_path / "elsewhere", tmp_path / "link")
    for name in ("there", "link", "no/such/directory"):
        with pytest.raises(HostError) as caught:
            ArchiveWriter(str(tmp_path / name), codec("zstd"), None)
        assert caught.value.code == "write_failed"
    assert (tmp_path / "there").read_bytes() == b"precious"
    assert not (tmp_path / "elsewhere").exists()


def test_discarding_leaves_nothing(tmp_path: Path, passphrase: Key) -> None:
    before = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for key in (None, passphrase):
        writer = ArchiveWriter(str(tmp_path / "a"), codec("zstd"), key)
        writer.add_member("backup.json", BACKUP_JSON)
        writer.discard()
        writer.discard()
    assert list(tmp_path.iterdir()) == []
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == before


def test_threads_add_frames_at_once(tmp_path: Path) -> None:
    method = codec("zstd")
    writer = ArchiveWriter(str(tmp_path / "a"), method, None)
    first = writer.add_member("backup.json", BACKUP_JSON)
    entries: list[manifest.MemberEntry] = []

    def work(worker: int) -> None:
        for number in range(50):
            payload = os.urandom(1000 + number)
            entries.append(writer.add_member(f"config/{worker}-{number}", payload))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = writer.finish(empty_manifest(members=(first,), config=tuple(entries)))
    assert written.frames == 201
    with ArchiveReader.open(str(tmp_path / "a"), None, KINDS) as reader:
        assert check_archive(reader, 2).frames == 201


def test_consecutive_frames_stay_together(tmp_path: Path) -> None:
    method = codec("none")
    writer = ArchiveWriter(str(tmp_path / "a"), method, None)
    stop = threading.Event()
    frame = frames.seal(method, bytes(512), "x")

    def disturb() -> None:
        while not stop.is_set():
            writer.add(frame)

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _turn in range(30):
            with writer.consecutive():
                numbers = [writer.add(frame) for _turn in range(20)]
            assert numbers == list(range(numbers[0], numbers[0] + 20))
    finally:
        stop.set()
        thread.join()
        writer.discard()


@pytest.fixture
def small_files() -> Iterator[None]:
    """Limit the size of files to 3 MB, which has the same effect as a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MEGABYTE, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_full_disk_fails_whoever_adds_and_nobody_waits_for_ever(
    tmp_path: Path, passphrase: Key, encrypted: bool
) -> None:
    method = codec("none")
    writer = ArchiveWriter(str(tmp_path / "a"), method, passphrase if encrypted else None)
    frame = frames.seal(method, os.urandom(MEGABYTE), "x")
    with pytest.raises(HostError) as caught:
        for _turn in range(50):
            writer.add(frame)
    assert caught.value.code == "disk_filled"
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(HostError):
        writer.add(frame)
    with pytest.raises(HostError):
        writer.finish(empty_manifest())
    writer.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("small_files")
def test_a_disk_that_fills_up_at_the_end_fails_finishing(tmp_path: Path, passphrase: Key) -> None:
    method = codec("none")
    writer = ArchiveWriter(str(tmp_path / "a"), method, passphrase)
    first = writer.add_member("backup.json", BACKUP_JSON)
    config = writer.add_member("config/x", os.urandom(3 * MEGABYTE - 5000))
    with pytest.raises(HostError) as caught:
        writer.finish(
            empty_manifest(members=(first,), config=(config,), compression="none", encryption="aes256")
        )
    assert caught.value.code == "disk_filled"
    writer.discard()


def test_a_manifest_that_contradicts_the_frames_is_not_written(tmp_path: Path) -> None:
    writer = ArchiveWriter(str(tmp_path / "a"), codec("zstd"), None)
    first = writer.add_member("backup.json", BACKUP_JSON)
    wrong = ConfigEntry("config/x", 9, 512, 1, "0" * 64)
    with pytest.raises(ArchiveError) as caught:
        writer.finish(empty_manifest(members=(first,), config=(wrong,)))
    assert caught.value.code == "manifest_false"
    writer.discard()


@pytest.mark.parametrize("encrypted", [False, True])
def test_reading_back_finds_what_the_disk_changed(
    tmp_path: Path, media: Path, passphrase: Key, encrypted: bool
) -> None:
    key = passphrase if encrypted else None
    written = build(tmp_path / "a", "zstd", key=key, directories={"media": media})
    check_readback(str(tmp_path / "a"), written, key)
    good = bytearray((tmp_path / "a").read_bytes())
    for place in (0, 70, 100, len(good) // 2, len(good) - 5000, len(good) - 1):
        good[place] ^= 1
        (tmp_path / "a").write_bytes(good)
        good[place] ^= 1
        with pytest.raises(ArchiveError) as caught:
            check_readback(str(tmp_path / "a"), written, key)
        assert caught.value.code == "readback_failed"
    (tmp_path / "a").write_bytes(good[:-1])
    with pytest.raises(ArchiveError):
        check_readback(str(tmp_path / "a"), written, key)
    other = build(tmp_path / "b", "zstd", key=key)
    with pytest.raises(ArchiveError):
        check_readback(str(tmp_path / "b"), written, key)
    check_readback(str(tmp_path / "b"), other, key)
