# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories on their way into a tar for other tools: from a backup, or from the disk."""

from __future__ import annotations

import collections
import os
import stat
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Callable

from ..._errors import Notice
from ..._os_errors import Reading
from ..batches import changed
from ..contents import Contents
from ..directory_entry import DirectoryEntry
from ..dirfd import open_file
from ..entries import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry
from ..linktable import MOST_LINKED_FILES, LinkTable
from ..names import printable
from ..notes import Notes
from ..parallel import Progress
from ..reader import ArchiveReader
from ..walk import VANISHED, Excludes, Found, shown, unreadable, walk
from .survey import Totals
from .writer import Content, TarGzWriter, tar_info

_KINDS = {DIRECTORY: tarfile.DIRTYPE, SYMLINK: tarfile.SYMTYPE, HARDLINK: tarfile.LNKTYPE}
_READ = 1024 * 1024
#: Frames that are read while the one before them is written.
_AHEAD = 2


def _name(prefix: bytes, path: bytes) -> bytes:
    return prefix if path == b"." else prefix + b"/" + path


def _info(prefix: bytes, entry: Entry) -> tarfile.TarInfo:
    kind = _KINDS.get(entry.type, tarfile.REGTYPE)
    info = tar_info(_name(prefix, entry.path), kind, mode=entry.mode)
    if kind == tarfile.REGTYPE:
        info.size = entry.size
    elif kind != tarfile.DIRTYPE:
        info.linkname = os.fsdecode(_name(prefix, entry.link) if kind == tarfile.LNKTYPE else entry.link)
    info.uid, info.gid, info.mtime = entry.uid, entry.gid, entry.mtime_ns // 10**9
    return info


def files_of_backup(
    writer: TarGzWriter,
    prefix: bytes,
    reader: ArchiveReader,
    directory: DirectoryEntry,
    *,
    progress: Progress | None,
) -> Totals:
    """Write a directory of a backup, proving everything on the way.

    :param prefix: what the names of its members begin with.

    Raise ArchiveError for anything that is not as the manifest says, and OSError.
    """
    sink = _Sink(writer, prefix)
    # One thread that reads, so that files come in their order: tar gives a directory its time when something else
    # than its contents follows. Compressing, which takes longer, is shared out by the writer.
    with ThreadPoolExecutor(1, "sidekick-read") as pool:
        seen = reader.layout.claimed_frames()
        contents = Contents(reader, directory, pool, _AHEAD, sink, seen, progress)
        sink.settle = contents.settle
        contents.read()
    sink.finish()
    return Totals(contents.files, contents.bytes)


class _Sink:
    """Takes a backup's contents, and writes them in the order of its index."""

    def __init__(self, writer: TarGzWriter, prefix: bytes) -> None:
        self._writer = writer
        self._prefix = prefix
        self._guard = threading.Lock()
        self._order: collections.deque[Entry] = collections.deque()
        #: waits until all small files so far are written
        self.settle: Callable[[], None] = lambda: None

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Everything is wanted. This is called for each entry, in their order, and before its content comes."""
        with self._guard:
            self._order.append(entry)
        return True

    def other(self, entry: Entry, components: tuple[bytes, ...], member: int) -> None:
        """It is written when the next file comes."""

    def link(self, entry: Entry, target: bytes, settle: Callable[[], None]) -> None:
        """It is written when the next file comes; what it is another name of is earlier in the order."""

    def file(self, entry: Entry, content: memoryview) -> None:
        """Write a small file; called by the only thread that reads."""
        with self._next(entry) as member:
            member.write(content)

    @contextmanager
    def large(self, entry: Entry) -> Iterator[Callable[[memoryview], None]]:
        """Write a large file, once those before it are written."""
        self.settle()
        with self._next(entry) as member:
            yield member.write

    def finish(self) -> None:
        """Write what comes after the last file."""
        while self._order:
            self._empty(self._order.popleft())

    @contextmanager
    def _next(self, entry: Entry) -> Iterator[Content]:
        """Write what comes before a file, and its header; the block writes its content."""
        while True:
            with self._guard:
                following = self._order.popleft()
            if following.type == FILE:
                break
            self._empty(following)
        if following.path != entry.path:
            raise ValueError(f"{entry.path!r} comes before {following.path!r}")
        with self._writer.member(_info(self._prefix, entry)) as member:
            yield member

    def _empty(self, entry: Entry) -> None:
        with self._writer.member(_info(self._prefix, entry)):
            pass


def files_of_disk(
    writer: TarGzWriter, prefix: bytes, path: str, *, notices: list[Notice], progress: Progress | None
) -> Totals:
    """Write a directory of this host, as it is.

    :param prefix: what the names of its members begin with.
    :param notices: gets what vanished or changed meanwhile.

    Raise HostError (``file_unreadable``, ``directory_absent``), and OSError.
    """
    notes = Notes(notices)
    with Reading(path):
        root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        source = _Disk(writer, prefix, path, notes, progress)
        for found in walk(root, path, Excludes(()), notes):
            source.add(found)
    finally:
        os.close(root)
        notes.finish()
    return source.totals


class _Disk:
    """Takes what a walk finds, and writes it."""

    def __init__(
        self, writer: TarGzWriter, prefix: bytes, base: str, notes: Notes, progress: Progress | None
    ) -> None:
        self._writer = writer
        self._prefix = prefix
        self._base = base
        self._notes = notes
        self._progress = progress
        self._linked: LinkTable[tuple[int, int], bytes] = LinkTable()
        self.totals = Totals()

    def add(self, found: Found) -> None:
        """Write one thing that was found."""
        mode = found.status.st_mode
        if stat.S_ISREG(mode):
            self._file(found)
        elif stat.S_ISDIR(mode):
            self._empty(found, DIRECTORY)
        elif stat.S_ISLNK(mode):
            self._symlink(found)
        else:
            self._notes.add("file_special", path=shown(self._base, found.path))

    def _entry(self, found: Found, kind: str, status: os.stat_result, link: bytes = b"") -> Entry:
        return Entry(
            found.path,
            kind,
            status.st_size,
            stat.S_IMODE(status.st_mode),
            status.st_uid,
            status.st_gid,
            "",
            "",
            status.st_mtime_ns,
            link=link,
        )

    def _empty(self, found: Found, kind: str, link: bytes = b"") -> None:
        with self._writer.member(_info(self._prefix, self._entry(found, kind, found.status, link))):
            pass
        if kind != DIRECTORY:
            self._count(0)

    def _symlink(self, found: Found) -> None:
        try:
            target = os.readlink(found.name, dir_fd=found.parent)
        except OSError as error:
            self._vanished(found, error)
            return
        self._empty(found, SYMLINK, target)

    def _file(self, found: Found) -> None:
        key = (found.status.st_dev, found.status.st_ino)
        if found.status.st_nlink > 1:
            first = self._linked.take(key)
            if first is not None:
                self._empty(found, HARDLINK, first)
                return
        try:
            fd = open_file(found.name, found.parent)
        except OSError as error:
            self._vanished(found, error)
            return
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                self._notes.add("file_vanished", path=shown(self._base, found.path))
                return
            if status.st_nlink > 1 and not self._linked.full:
                self._linked.add(key, status.st_nlink, found.path)
            elif status.st_nlink > 1:
                self._notes.add("hardlinks_not_kept", path=printable(self._base), limit=MOST_LINKED_FILES)
            self._opened(found, fd, status)
        finally:
            os.close(fd)

    def _opened(self, found: Found, fd: int, status: os.stat_result) -> None:
        """Write as many bytes as the file had when it was opened, whatever happens to it meanwhile."""
        left = status.st_size
        with self._writer.member(_info(self._prefix, self._entry(found, "file", status))) as content:
            while left:
                try:
                    piece = os.read(fd, min(left, _READ))
                except OSError as error:
                    raise unreadable(self._base, found.path, error) from error
                content.write(piece or bytes(min(left, _READ)))
                left -= len(piece) or min(left, _READ)
            after = os.fstat(fd)
        if changed(status, after):
            self._notes.add("file_changed", path=shown(self._base, found.path))
        self._count(status.st_size)

    def _vanished(self, found: Found, error: OSError) -> None:
        if error.errno not in VANISHED:
            raise unreadable(self._base, found.path, error) from error
        self._notes.add("file_vanished", path=shown(self._base, found.path))

    def _count(self, size: int) -> None:
        self.totals.files += 1
        self.totals.bytes += size
        if self._progress is not None:
            self._progress(1, size)
