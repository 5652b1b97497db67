# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holes of sparse files: found without reading them, compressed once, and left as holes by a restore.

An archive stores them as zeros, as any tar reader expects.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .codec import Codec
from .entries import FILE, Entry
from .frames import LARGEST_FILES_FRAME, Frame, seal
from .manifest import FrameEntry

#: Raw size of a frame that is only a hole; large, so that a large hole needs few frames. With twice as much, a
#: restore had a peak of 159 MB, and was no faster.
HOLE = LARGEST_FILES_FRAME // 2
#: Bytes of holes in one directory. They take no space, and media never have that many, but hashing them takes
#: time: a quarter of an hour for 1 TiB, and longer in a restore.
MOST_HOLES = 1024**4
#: A restore makes holes of zeros in whole blocks of this size.
_BLOCK = 64 * 1024
#: The end of a file may be smaller, but less than a disk block saves nothing.
_SMALLEST = 4096
_ZEROS = bytes(_BLOCK)
#: A frame of zeros becomes smaller by at least this factor: gzip's best is 1,032.
_FACTOR = 500
#: How many different frames are checked for zeros.
_LOOKS = 8


def hole_size(status: os.stat_result) -> int:
    """Estimate the bytes of holes in a file; savings of file system compression count as holes, too."""
    return max(status.st_size - status.st_blocks * 512, 0)


def next_data(fd: int, at: int, size: int) -> int:
    """Return the next position of data in a file; its size if there are none.

    The file's position is not changed. If the file system does not support holes, everything is data. Raise
    OSError.
    """
    try:
        return min(os.lseek(fd, at, os.SEEK_DATA), size)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        if error.errno != errno.EINVAL:
            raise
        return at
    finally:
        os.lseek(fd, at, os.SEEK_SET)


def count_holes(fd: int, status: os.stat_result) -> int:
    """Return the bytes of a file's holes, if they can be determined, without savings of file system compression.

    Afterwards the file's position is at its beginning.
    """
    at = found = 0
    if hole_size(status):
        with contextlib.suppress(OSError):
            while at < status.st_size:
                data = next_data(fd, at, status.st_size)
                found += data - at
                at = os.lseek(fd, data, os.SEEK_HOLE) if data < status.st_size else data
        os.lseek(fd, 0, os.SEEK_SET)
    return found


class ZeroFrames:
    """Frames of zeros for one codec. Each size is compressed only once."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._known: dict[int, Frame] = {}
        self._lock = threading.Lock()

    def frame(self, size: int, first: str) -> Frame:
        """Return a frame of that many zeros; see :class:`.frames.Frame`."""
        with self._lock:
            if size not in self._known:
                self._known[size] = seal(self._codec, bytes(size), "", stored=False)
            return replace(self._known[size], first=first)


def runs(content: memoryview) -> Iterator[tuple[memoryview, bool]]:
    """Yield a content in pieces, each of them with whether it is nothing but zeros."""
    begin = at = 0
    zeros = False
    while at < len(content):
        block = content[at : at + _BLOCK]
        # Check its ends first, so that few blocks have to be scanned.
        found = (
            len(block) >= _SMALLEST
            and not block[0]
            and not block[-1]
            and block.tobytes() == _ZEROS[: len(block)]
        )
        if found != zeros and at > begin:
            yield content[begin:at], zeros
            begin = at
        zeros = found
        at += len(block)
    if at > begin:
        yield content[begin:at], zeros


def zero_frames(frames: Sequence[FrameEntry]) -> list[list[int]]:
    """Return the numbers of the frames that can be nothing but zeros, in groups with the same content, the largest first.

    Frames with the same SHA-256 have the same content, so only one of them needs to be checked.
    """
    groups: dict[tuple[str, int], list[int]] = {}
    for number, frame in enumerate(frames):
        if _BLOCK < frame.raw_size <= HOLE and frame.length * _FACTOR <= frame.raw_size:
            groups.setdefault((frame.sha256, frame.raw_size), []).append(number)
    ordered = sorted(groups, key=lambda group: group[1] * len(groups[group]), reverse=True)
    return [groups[group] for group in ordered[:_LOOKS]]


def is_zero(raw: bytes) -> bool:
    """Return whether content is nothing but zeros."""
    return all(zeros for _piece, zeros in runs(memoryview(raw)))


def take_holes(entry: Entry, frames: Sequence[FrameEntry], zeros: set[int]) -> int:
    """Return the bytes of a large file that are frames of zeros. These are taken out, since no other file has them.

    :param zeros: numbers of the frames of zeros.
    """
    found = 0
    left = entry.offset + entry.size if entry.type == FILE else 0
    for number in range(entry.frame, len(frames)):
        left -= frames[number].raw_size
        if left < 0:
            break
        if number in zeros:
            zeros.discard(number)
            found += frames[number].raw_size
    return found
