# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a file are in the page cache, as reported by the system (mincore(2))."""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
from pathlib import Path

import pyrage
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import check_readback
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._pagecache import forget
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.digest import digest
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build

_MB = 1024 * 1024


def kept(path: Path) -> list[bool]:
    """Return whether each page of a file is in memory."""
    size = path.stat().st_size
    with path.open("rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY) as view:
        pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
        begin = ctypes.c_char.from_buffer(view)
        library = ctypes.CDLL(None, use_errno=True)
        failed = library.mincore(ctypes.c_void_p(ctypes.addressof(begin)), ctypes.c_size_t(size), pages)
        del begin
        assert failed == 0, os.strerror(ctypes.get_errno())
        return [bool(page & 1) for page in pages]


def written(path: Path, size: int) -> Path:
    """Write a file, so that it is both on disk and in memory."""
    with path.open("wb") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A directory on a file system that drops pages from the cache on request."""
    path = written(tmp_path / "probe", _MB)
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if any(kept(path)):
        pytest.skip(f"the file system of {tmp_path} keeps files in memory, whatever it is told")
    return tmp_path


#: Bytes of an archive of 64 MB that may remain in memory: the distance between threads, their last frames, the manifest.
_LEFT = 24 * _MB


@pytest.fixture
def video(disk: Path) -> dict[str, Path]:
    """A directory with 64 MB of incompressible data."""
    (disk / "media").mkdir()
    written(disk / "media" / "video.mp4", 64 * _MB)
    return {"media": disk / "media"}


def test_what_is_named_is_forgotten_and_nothing_else(disk: Path) -> None:
    path = written(disk / "file", 32 * _MB)
    with path.open("rb") as file:
        forget(file.fileno(), 4 * _MB, 16 * _MB)
        pages = kept(path)
        begin, end = (place * _MB // mmap.PAGESIZE for place in (4, 20))
        assert not any(pages[begin:end])
        # The system may have evicted some pages meanwhile.
        assert sum(pages) > 0.9 * (len(pages) - (end - begin))
        forget(file.fileno())
        assert not any(kept(path))


@pytest.mark.parametrize("encrypted", [False, True])
def test_an_archive_that_was_proved_leaves_the_memory_to_others(
    disk: Path, video: dict[str, Path], passphrase: Key, encrypted: bool
) -> None:
    key = passphrase if encrypted else None
    made = build(disk / "a", "zstd", key=key, directories=video)
    check_readback(str(disk / "a"), made, key)
    assert sum(kept(disk / "a")) * mmap.PAGESIZE < _LEFT
    (disk / "a").read_bytes()
    # The system may have evicted some pages meanwhile.
    assert sum(kept(disk / "a")) * mmap.PAGESIZE > 2 * _LEFT
    with ArchiveReader.open(str(disk / "a"), key, KINDS) as reader:
        check_archive(reader, jobs=2)
    assert sum(kept(disk / "a")) * mmap.PAGESIZE < _LEFT


def test_proving_the_file_itself_leaves_the_memory_to_others(disk: Path, video: dict[str, Path]) -> None:
    recipients = Recipients.parse([str(pyrage.x25519.Identity.generate().to_public())])
    made = build(disk / "a", "zstd", key=recipients, directories=video)
    check_readback(str(disk / "a"), made, recipients)
    assert sum(kept(disk / "a")) * mmap.PAGESIZE < _LEFT


def test_a_quick_proof_leaves_the_memory_to_others(disk: Path) -> None:
    path = written(disk / "a", 64 * _MB)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest(path) == (64 * _MB, expected)
    assert sum(kept(path)) * mmap.PAGESIZE < _LEFT
