# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the system keeps of a file, asked of the system itself (mincore(2))."""

from __future__ import annotations

import ctypes
import mmap
import os
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.pagecache import PageCache
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import check_readback
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build

_MB = 1024 * 1024


def kept(path: Path) -> list[bool]:
    """Return, for each page of a file, whether it is in memory."""
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
    """Write a file that is on the disk, and in memory."""
    with path.open("wb") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    return path


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A directory of a file system that forgets when it is asked to."""
    path = written(tmp_path / "probe", _MB)
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if any(kept(path)):
        pytest.skip(f"the file system of {tmp_path} keeps files in memory, whatever it is told")
    return tmp_path


def test_what_has_passed_is_forgotten_and_nothing_else(disk: Path) -> None:
    path = written(disk / "file", 32 * _MB)
    with path.open("rb") as file:
        cache = PageCache(file.fileno())
        cache.passed(4 * _MB)
        assert all(kept(path))
        cache.passed(20 * _MB)
        border = 20 * _MB // mmap.PAGESIZE
        pages = kept(path)
        assert not any(pages[:border]) and all(pages[border:])
        cache.forget()
        assert not any(kept(path))


@pytest.mark.parametrize("encrypted", [False, True])
def test_reading_back_leaves_the_memory_to_others(disk: Path, passphrase: Key, encrypted: bool) -> None:
    key = passphrase if encrypted else None
    (disk / "media").mkdir()
    written(disk / "media" / "video.mp4", 64 * _MB)
    made = build(disk / "a", "zstd", key=key, directories={"media": disk / "media"})
    check_readback(str(disk / "a"), made, key)
    # The last step, what is read ahead of it, and the manifest.
    assert sum(kept(disk / "a")) * mmap.PAGESIZE < 24 * _MB
