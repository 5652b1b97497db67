# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packing the entries of a walk into frames, index entries and totals."""

from __future__ import annotations

import collections
import contextlib
import errno
import os
import stat
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from .._store.units import human_size
from .batches import (
    MOST_ENTRIES,
    Planned,
    Sealed,
    Source,
    changed,
    pack_batch,
    planned_size,
    read_into,
    with_status,
)
from .directory_entry import DirectoryEntry
from .dirfd import open_file
from .entries import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry
from .frames import seal
from .holes import MOST_HOLES, ZeroFrames, count_holes
from .indexing import IndexWriter
from .linktable import MOST_LINKED_FILES, LinkTable
from .names import printable
from .parallel import Progress, settle
from .pathcodec import encode_path, leaves_directory
from .slices import Slice, slices
from .walk import VANISHED, Found, shown, unreadable
from .writer import ArchiveWriter

_LONGEST_FIRST = 1000


class _Linked(NamedTuple):
    """The first name seen of a file with hard links, and the file's status then."""

    path: bytes
    size: int
    mtime_ns: int


class _Step(NamedTuple):
    """A frame in flight: ``begins`` and ``ends`` mark the first and last one of a large file."""

    future: Future[Sealed]
    begins: bool = True
    ends: bool = True


class Packer:
    """Packs the entries of a walk into frames, index entries and totals. Used by the calling thread alone."""

    def __init__(
        self,
        name: str,
        source: Source,
        writer: ArchiveWriter,
        pool: ThreadPoolExecutor,
        ahead: int,
        target: int,
        progress: Progress | None,
    ) -> None:
        self._name = name
        self._source = source
        self._writer = writer
        self._pool = pool
        self._ahead = ahead
        self._target = target
        self._progress = progress
        self._index = IndexWriter(writer, name)
        self._zeros = ZeroFrames(source.codec)
        self._links: LinkTable[tuple[int, int], _Linked] = LinkTable()
        self._batch: list[Planned] = []
        self._batch_size = 0
        self._steps: collections.deque[_Step] = collections.deque()
        self._together = contextlib.ExitStack()
        self._begun = 0
        self._overflow = False
        self._holes = 0
        self._files = 0
        self._bytes = 0

    def add(self, found: Found) -> None:
        """Pack the next entry of the walk."""
        mode = found.status.st_mode
        if stat.S_ISREG(mode):
            self._file(found)
        elif stat.S_ISDIR(mode):
            self._plan(Planned(self._entry(found, DIRECTORY)))
        elif stat.S_ISLNK(mode):
            self._symlink(found)
        else:
            self._source.notes.add("file_special", path=shown(self._source.base, found.path))

    def finish(self) -> DirectoryEntry:
        """Wait for everything and write the rest of the index."""
        self._submit_batch()
        while self._steps:
            self._collect()
        path = encode_path(os.fsencode(self._source.base))
        return DirectoryEntry(self._name, path, self._files, self._bytes, self._index.finish())

    def close(self) -> None:
        """Release the writer and wait for the threads, in any case."""
        settle(step.future for step in self._steps)
        self._together.close()

    def _entry(self, found: Found, kind: str, size: int = 0, link: bytes = b"", links: int = 1) -> Entry:
        entry = Entry(found.path, kind, size, 0, 0, 0, "", "", 0, link=link, links=links)
        return with_status(entry, found.status, self._source.owners)

    def _file(self, found: Found) -> None:
        status = found.status
        # Every file here has a name, but some network file systems report a link count of 0.
        links = max(status.st_nlink, 1)
        if links > 1 and self._another_name(found):
            return
        if links > 1 and self._links.full:
            if not self._overflow:
                self._overflow = True
                base = printable(self._source.base)
                self._source.notes.add("hardlinks_not_kept", path=base, limit=MOST_LINKED_FILES)
            links = 1
        entry = self._entry(found, FILE, status.st_size, links=links)
        if links == 1 and planned_size(entry, self._source.prefix) <= self._target:
            self._plan(Planned(entry))
            return
        # Opened immediately: a large file is read slice by slice, and a file for which links may follow must
        # not vanish later.
        try:
            fd = open_file(found.name, found.parent)
        except OSError as error:
            if error.errno not in VANISHED:
                raise unreadable(self._source.base, found.path, error) from error
            self._source.notes.add("file_vanished", path=shown(self._source.base, found.path))
            return
        try:
            self._opened(found, entry, fd)
        finally:
            os.close(fd)

    def _opened(self, found: Found, entry: Entry, fd: int) -> None:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            self._source.notes.add("file_vanished", path=shown(self._source.base, found.path))
            return
        entry = with_status(entry, status, self._source.owners)._replace(size=status.st_size)
        holes = count_holes(fd, status)
        if self._holes + holes > MOST_HOLES:
            facts = {"size": human_size(status.st_size), "limit": human_size(MOST_HOLES)}
            self._source.notes.add("sparse_left_out", path=shown(self._source.base, found.path), **facts)
            return
        self._holes += holes
        if entry.links > 1:
            linked = _Linked(found.path, status.st_size, status.st_mtime_ns)
            self._links.add((status.st_dev, status.st_ino), entry.links, linked)
            if planned_size(entry, self._source.prefix) <= self._target:
                self._plan(self._read_now(entry, fd, status))
                return
        self._submit_batch()
        begins = True
        for piece in slices(self._source, fd, entry, status, self._target):
            future = self._pool.submit(self._seal_slice, piece, entry.path)
            self._push(_Step(future, begins, piece.entry is not None))
            begins = False

    def _read_now(self, entry: Entry, fd: int, before: os.stat_result) -> Planned:
        content = bytearray(entry.size)
        try:
            size = read_into(fd, memoryview(content))
            after = os.fstat(fd)
        except OSError as error:
            raise unreadable(self._source.base, entry.path, error) from error
        if size < entry.size or changed(before, after):
            self._source.notes.add("file_changed", path=shown(self._source.base, entry.path))
        return Planned(entry._replace(size=size), bytes(content[:size]))

    def _another_name(self, found: Found) -> bool:
        """Plan a hard link if the file was seen under another name and is unchanged."""
        key = (found.status.st_dev, found.status.st_ino)
        linked = self._links.take(key)
        if linked is None:
            return False
        if (linked.size, linked.mtime_ns) != (found.status.st_size, found.status.st_mtime_ns):
            self._links.discard(key)
            return False
        self._plan(Planned(self._entry(found, HARDLINK, link=linked.path)))
        return True

    def _symlink(self, found: Found) -> None:
        try:
            target = os.readlink(found.name, dir_fd=found.parent)
        except OSError as error:
            # EINVAL: it is no longer a link
            if error.errno not in VANISHED and error.errno != errno.EINVAL:
                raise unreadable(self._source.base, found.path, error) from error
            self._source.notes.add("file_vanished", path=shown(self._source.base, found.path))
            return
        if leaves_directory(target, found.path.count(b"/")):
            self._source.notes.add(
                "link_leaves", path=shown(self._source.base, found.path), target=printable(target)
            )
        self._plan(Planned(self._entry(found, SYMLINK, link=target)))

    def _plan(self, planned: Planned) -> None:
        size = planned_size(planned.entry, self._source.prefix)
        if self._batch_size + size > self._target or len(self._batch) == MOST_ENTRIES:
            self._submit_batch()
        self._batch.append(planned)
        self._batch_size += size

    def _submit_batch(self) -> None:
        if self._batch:
            first = self._first(self._batch[0].entry.path)
            self._push(_Step(self._pool.submit(pack_batch, self._source, tuple(self._batch), first)))
            self._batch, self._batch_size = [], 0

    def _seal_slice(self, piece: Slice, path: bytes) -> Sealed:
        if piece.buffer is None:
            return Sealed(self._zeros.frame(piece.length, self._first(path)), (), piece.content)
        with memoryview(piece.buffer) as view, view[: piece.length] as content:
            frame = seal(self._source.codec, content, self._first(path))
        self._source.buffers.give(piece.buffer)
        return Sealed(frame, (piece.entry,) if piece.entry else (), piece.content)

    def _first(self, path: bytes) -> str:
        return (self._source.prefix.decode() + encode_path(path))[:_LONGEST_FIRST]

    def _push(self, step: _Step) -> None:
        self._steps.append(step)
        if len(self._steps) >= self._ahead:
            self._collect()

    def _collect(self) -> None:
        """Append the oldest frame and list what is in it."""
        step = self._steps.popleft()
        frame, entries, content = step.future.result()
        if frame is None:
            return
        if step.begins and not step.ends:
            self._together.enter_context(self._writer.consecutive())
        number = self._writer.add(frame)
        if step.begins:
            self._begun = number
        if step.ends:
            self._together.close()
            self._index.add([entry._replace(frame=self._begun) for entry in entries])
        files = sum(entry.type != DIRECTORY for entry in entries)
        self._files += files
        self._bytes += content
        if self._progress is not None:
            self._progress(files, content)
