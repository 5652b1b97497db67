# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frames of small files: many members in one frame, read and sealed by a worker thread."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from . import tarfmt
from .buffers import Buffers
from .codec import Codec
from .dirfd import Parents, open_file
from .entries import FILE, Entry
from .frames import Frame, seal
from .notes import Notes
from .owners import Owners
from .walk import VANISHED, shown, unreadable

#: maximum number of entries in one frame
MOST_ENTRIES = 4000
#: additional bytes of a buffer, for files that have grown since they were listed
SPARE = 1024 * 1024
#: of these, the bytes reserved for headers that became longer
_KEPT = 64 * 1024


class Planned(NamedTuple):
    """A member to be packed: its entry as it was listed, and its content if that was read already."""

    entry: Entry
    content: bytes | None = None


class Sealed(NamedTuple):
    """A compressed frame ready to be appended, and the entries whose members begin in it.

    ``frame`` is None if nothing was left to put into it. ``content``: bytes of file contents in it.
    """

    frame: Frame | None
    entries: tuple[Entry, ...]
    content: int


class Source(NamedTuple):
    """What a worker needs to know about the directory being packed."""

    root: int
    base: str
    prefix: bytes
    codec: Codec
    buffers: Buffers
    notes: Notes
    owners: Owners


def pack_batch(source: Source, batch: Sequence[Planned], first: str) -> Sealed:
    """Read the files of a batch and return their frame.

    A file that vanished is left out with a notice; one that changed while it was read gets a notice. The size
    in a header is always that of the content that follows.

    Raise HostError ``file_unreadable``.
    """
    buffer = source.buffers.take()
    view = memoryview(buffer)
    entries: list[Entry] = []
    at = 0
    spare = len(buffer) - _KEPT - sum(planned_size(planned.entry, source.prefix) for planned in batch)
    with Parents(source.root) as parents:
        for planned in batch:
            entry: Entry | None = planned.entry
            length = planned.entry.header_size(source.prefix)
            content = view[at + length :]
            if planned.content is not None:
                content[: len(planned.content)] = planned.content
            elif planned.entry.type == FILE:
                entry = _read(source, parents, planned.entry, content[: planned.entry.size + max(spare, 0)])
                spare -= max(entry.size - planned.entry.size, 0) if entry else 0
            if entry is None:
                continue
            size = entry.size if entry.type == FILE else 0
            if entry.type == FILE:
                entry = entry._replace(sha256=hashlib.sha256(content[:size]).hexdigest())
            header = entry.header(source.prefix)
            if len(header) != length:
                # owner or time changed to or from something that needs a pax record
                view[at + len(header) : at + len(header) + size] = bytes(content[:size])
            view[at : at + len(header)] = header
            entries.append(entry._replace(offset=at + len(header)))
            at += len(header) + size
            view[at : at + tarfmt.padding(size)] = bytes(tarfmt.padding(size))
            at += tarfmt.padding(size)
    frame = seal(source.codec, view[:at], first) if entries else None
    view.release()
    content.release()
    source.buffers.give(buffer)
    return Sealed(frame, tuple(entries), sum(entry.size for entry in entries))


def planned_size(entry: Entry, prefix: bytes) -> int:
    """Return how many bytes an entry will take in a frame, as far as is known before reading it."""
    size = entry.size if entry.type == FILE else 0
    return entry.header_size(prefix) + size + tarfmt.padding(size)


def with_status(entry: Entry, status: os.stat_result, owners: Owners) -> Entry:
    """Return an entry with mode, owner and time as they are now."""
    return entry._replace(
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        user=owners.user(status.st_uid),
        group=owners.group(status.st_gid),
        mtime_ns=status.st_mtime_ns,
    )


def read_into(fd: int, view: memoryview) -> int:
    """Fill a view from a file's current position; return how many bytes there were. Raise OSError."""
    done = 0
    while done < len(view):
        count = os.readv(fd, [view[done:]])
        if count == 0:
            break
        done += count
    return done


def changed(before: os.stat_result, after: os.stat_result) -> bool:
    """Return whether a file was written to between two calls of stat.

    A writer can reset mtime (``cp -p``, ``rsync --inplace``), but not ctime.
    """

    def looks(status: os.stat_result) -> tuple[int, int, int]:
        return status.st_size, status.st_mtime_ns, status.st_ctime_ns

    return looks(before) != looks(after)


def _read(source: Source, parents: Parents, entry: Entry, room: memoryview) -> Entry | None:
    """Read a file as it is now; return its entry, or None if it is gone."""
    components = entry.path.split(b"/")
    try:
        fd = open_file(components[-1], parents.open(tuple(components[:-1])))
    except OSError as error:
        if error.errno not in VANISHED:
            raise unreadable(source.base, entry.path, error) from error
        source.notes.add("file_vanished", path=shown(source.base, entry.path))
        return None
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            source.notes.add("file_vanished", path=shown(source.base, entry.path))
            return None
        # a file that has grown since it was listed is read as far as the buffer allows
        size = read_into(fd, room[: before.st_size])
        if size < before.st_size or changed(before, os.fstat(fd)):
            source.notes.add("file_changed", path=shown(source.base, entry.path))
    except OSError as error:
        raise unreadable(source.base, entry.path, error) from error
    finally:
        os.close(fd)
    return with_status(entry, before, source.owners)._replace(size=size)
