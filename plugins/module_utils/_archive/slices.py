# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large files are read and hashed slice by slice; each slice is a frame."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from . import tarfmt
from .batches import Source, changed, read_into
from .entries import Entry
from .holes import HOLE, hole_size, next_data
from .walk import shown, unreadable

#: Small enough for the CPU cache.
_ZEROS = bytes(256 * 1024)


class Slice(NamedTuple):
    """``length`` bytes in a buffer: whole tar blocks, the first ones beginning with the header.

    ``content`` is how many of these bytes are file content. The last slice has ``entry``, the file's entry
    without its frame. Without a buffer, all bytes are zeros, part of a hole.
    """

    buffer: bytearray | None
    length: int
    content: int
    entry: Entry | None


def slices(source: Source, fd: int, entry: Entry, before: os.stat_result, target: int) -> Iterator[Slice]:
    """Yield a file's slices of ``target`` bytes (a multiple of 512; the last one may be smaller).

    :param fd: open for reading; :param entry: as it was when it was opened; :param before: its status then.

    The size in the header is written before the content is read, so a file that shrinks meanwhile is padded
    with zeros and one that grows is truncated. Both cause notices, and the hash is that of the archive's
    content.

    Raise HostError ``file_unreadable``.
    """
    digest = hashlib.sha256()
    sparse = hole_size(before) > 0
    header = entry.header(source.prefix)
    left = entry.size
    at = len(header)
    short = False
    try:
        while True:
            buffer = source.buffers.take()
            with memoryview(buffer) as view:
                if header:
                    view[:at] = header
                with view[at : at + min(left, target - at)] as content:
                    count = read_into(fd, content)
                    if count < len(content):
                        short = True
                        content[count:] = bytes(len(content) - count)
                    digest.update(content)
                    taken = len(content)
                    left -= taken
                    end = at + taken
                if left == 0:
                    fill = tarfmt.padding(end)
                    view[end : end + fill] = bytes(fill)
                    end += fill
            if left == 0:
                break
            yield Slice(buffer, end, taken, None)
            header, at = b"", 0
            for size in _holes(fd, entry.size - left, left, target) if sparse else ():
                for begin in range(0, size, len(_ZEROS)):
                    digest.update(_ZEROS[: size - begin])
                left -= size
                yield Slice(None, size, size, None)
        if short or changed(before, os.fstat(fd)):
            source.notes.add("file_changed", path=shown(source.base, entry.path))
    except OSError as error:
        raise unreadable(source.base, entry.path, error) from error
    offset = entry.header_size(source.prefix)
    yield Slice(buffer, end, taken, entry._replace(sha256=digest.hexdigest(), offset=offset))


def _holes(fd: int, at: int, left: int, target: int) -> Iterator[int]:
    """Yield the sizes of slices that are only a hole, from a position in a file; advance the position.

    The end of the file is not included. Raise OSError.
    """
    hole = min(next_data(fd, at, at + left) - at, left - 1)
    for size in (HOLE, target):
        while hole >= size:
            os.lseek(fd, size, os.SEEK_CUR)
            hole -= size
            yield size
