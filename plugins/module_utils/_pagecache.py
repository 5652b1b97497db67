# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dropping archives from the page cache, so that the database and the application can use the memory."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from io import FileIO

_MEGABYTE = 1024 * 1024
#: Each call goes over all pages that are still there: while a disk is slow, that takes a millisecond.
_STEP = 4 * _MEGABYTE
#: Bytes that threads which read or write one after the other may be apart.
_APART = 16 * _MEGABYTE
#: Bytes that are forgotten at a time, several times each: the system passes over what it is just writing to the disk,
#: and over blocks of pages that are only partly meant.
_BEHIND = 64 * _MEGABYTE


def forget(fd: int, offset: int = 0, length: int = 0) -> None:
    """Ask the system to forget what it keeps of a file; not every system and file system can.

    What is not on the disk yet begins to be written there, in the background, and is forgotten by a later call.

    :param length: bytes from ``offset`` on; 0 for all that follow.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.posix_fadvise(fd, offset, length, os.POSIX_FADV_DONTNEED)


def forget_behind(fd: int, begin: int, end: int) -> None:
    """Forget, every few megabytes, what somebody has passed who goes through a file from byte ``begin`` to ``end``.

    Measured with an archive of 660 MB: a backup takes 14 % less time, a full verification 18 %, as the same memory is
    used again and again, and little is left for the last fsync(2).
    """
    passed = end - _APART
    if begin // _STEP != end // _STEP and passed > 0:
        first = max(0, passed - _BEHIND)
        forget(fd, first, passed - first)


def read_through(file: FileIO) -> Iterator[bytes]:
    """Yield a file from its beginning to its end, piece by piece, and let the system forget what has passed.

    Raise OSError.
    """
    passed = 0
    while piece := file.read(_STEP):
        yield piece
        forget_behind(file.fileno(), passed, passed + len(piece))
        passed += len(piece)
