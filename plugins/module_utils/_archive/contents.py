# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a directory's contents, all or a selection, to verify or to unpack them.

Index, tar headers, content and frames are compared with each other: each member's header must be byte for byte
what its index entry implies, and the members of a frame must fill it without a gap.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import Callable, NamedTuple, NoReturn, Protocol

from .._errors import ArchiveError
from . import tarfmt
from .directory_entry import DirectoryEntry
from .entries import DIRECTORY, FILE, HARDLINK, Entry, parse_entry, wrong_entry
from .find import index_lines
from .linktable import LinkTable
from .names import directory_prefix, index_member
from .parallel import Progress, Window, ordered
from .reader import ArchiveReader
from .sequence import Sequence as EntrySequence


class Sink(Protocol):
    """Receives the contents. All methods but :meth:`file` are called in order, from the calling thread."""

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Return whether an entry is selected."""

    def other(self, entry: Entry, components: tuple[bytes, ...], member: int) -> None:
        """Take a selected directory or symbolic link, listed in the index member of that number (from 0)."""

    def file(self, entry: Entry, content: memoryview) -> None:
        """Take a small file that has been verified. Called from worker threads."""

    def large(self, entry: Entry) -> AbstractContextManager[Callable[[memoryview], None]]:
        """Take a large file slice by slice. It is verified only once the context ends without an error."""

    def link(self, entry: Entry, target: bytes, settle: Callable[[], None]) -> None:
        """Take a hard link to a file that :meth:`file` or :meth:`large` was or will be given as ``target``.

        ``settle`` waits until all files so far are done.
        """


def index_entries(reader: ArchiveReader, directory: DirectoryEntry, number: int) -> Iterator[Entry]:
    """Yield the entries of an index member (numbers count from 0), after verifying it.

    Raise ArchiveError if the member is damaged or false.
    """
    source = f"{reader.path}: {index_member(directory.name, number + 1)}"
    for line in index_lines(reader, directory, number):
        yield parse_entry(line, source)


def check_totals(reader: ArchiveReader, directory: DirectoryEntry, files: int, size: int) -> None:
    """Compare the totals of an index with those in the manifest. Raise ArchiveError ``manifest_false``."""
    if (files, size) != (directory.files, directory.bytes):
        raise ArchiveError(
            "manifest_false",
            problem="totals",
            path=reader.path,
            name=directory.name,
            files=files,
            bytes=size,
            expected_files=directory.files,
            expected_bytes=directory.bytes,
        )


class _Member(NamedTuple):
    entry: Entry
    wanted: bool


class _Linked(NamedTuple):
    """A file with hard links: its name in the sink, and its entry if the sink has not received it yet."""

    name: bytes
    entry: Entry | None


class Contents:
    """A reader for one directory of an archive."""

    def __init__(
        self,
        reader: ArchiveReader,
        directory: DirectoryEntry,
        pool: Executor,
        ahead: int,
        sink: Sink,
        seen: bytearray,
        progress: Progress | None = None,
        *,
        members: Sequence[int] | None = None,
        find: Callable[[bytes], Entry | None] | None = None,
    ) -> None:
        """
        :param ahead: how many frames may be in flight.
        :param seen: one byte per frame of the archive; not 0 if the frame must not be read as contents, because
            it is something else or was read before.
        :param members: numbers (from 0, ascending) of the index members that list the selection; None for all.
        :param find: looks a path up, for hard links to files in members that are not read.
        """
        self._reader = reader
        self._directory = directory
        self._pool = pool
        self._ahead = ahead
        self._window: Window[int] = Window(ahead)
        self._sink = sink
        self._seen = seen
        self._progress = progress
        self._members = range(len(directory.index)) if members is None else members
        self._find = find
        self._prefix = directory_prefix(directory.name).encode("ascii")
        self._links: LinkTable[bytes, _Linked] = LinkTable()
        #: selected entries read so far, without directories, and the bytes of their regular files
        self.files = 0
        self.bytes = 0
        #: whether every entry so far was selected
        self.whole = members is None

    def read(self) -> None:
        """Read the index and the frames that are needed.

        Raise ArchiveError if anything is damaged or false, and whatever the sink raises.
        """
        sequence = EntrySequence()
        following = 0
        try:
            for number in self._members:
                if number != following:
                    sequence.skip()
                following = number + 1
                for _frame, group in itertools.groupby(self.entries(number), lambda entry: entry.frame):
                    self._group([self._accept(sequence, entry, number) for entry in group])
            self.settle()
        finally:
            self._window.settle()
        if self.whole:
            check_totals(self._reader, self._directory, self.files, self.bytes)

    def entries(self, number: int) -> Iterator[Entry]:
        """Yield the entries of an index member (numbers count from 0), after verifying it."""
        return index_entries(self._reader, self._directory, number)

    def settle(self) -> None:
        """Wait until all files so far are done."""
        while self._window:
            self._done(0, self._window.take())

    def _refuse(self, entry: Entry) -> NoReturn:
        raise wrong_entry(self._reader.path, self._directory.name, entry.path)

    def _accept(self, sequence: EntrySequence, entry: Entry, number: int) -> _Member:
        """Check an entry's position, and pass it to the sink unless it is a file."""
        components = sequence.accept(entry)
        if components is None or entry.frame >= len(self._seen):
            self._refuse(entry)
        wanted = self._sink.wants(entry, components)
        self.whole = self.whole and wanted
        if entry.type == FILE:
            if entry.links > 1:
                if self._links.full:
                    self._refuse(entry)
                self._links.add(entry.path, entry.links, _Linked(entry.path, None if wanted else entry))
        elif entry.type == HARDLINK:
            self._hardlink(entry, wanted)
        elif wanted:
            self._sink.other(entry, components, number)
        if wanted and entry.type != DIRECTORY:
            self._done(1, 0)
        return _Member(entry, wanted)

    def _hardlink(self, entry: Entry, wanted: bool) -> None:
        linked = self._links.take(entry.link)
        if linked is None and self._find is not None:
            linked = self._outside(entry.link) if wanted else _Linked(entry.link, None)
        if linked is None:
            self._refuse(entry)
        if not wanted:
            return
        if linked.entry is None:
            self._sink.link(entry, linked.name, self.settle)
            return
        # The file itself is not selected: its content goes to this name, and later hard links refer to it.
        self._links.replace(entry.link, _Linked(entry.path, None))
        if self._is_large(linked.entry):
            self._large(linked.entry, entry.path)
        else:
            self._submit(functools.partial(self._one, linked.entry, entry.path), linked.entry.frame)

    def _outside(self, path: bytes) -> _Linked | None:
        """Find the target of a hard link in an index member outside the selection."""
        entry = self._find(path) if self._find is not None else None
        if entry is None or entry.type != FILE or entry.frame >= len(self._seen) or self._links.full:
            return None
        self._links.add(path, entry.links, _Linked(path, entry))
        return self._links.take(path)

    def _is_large(self, entry: Entry) -> bool:
        """Return whether a file continues in the next frame."""
        return entry.type == FILE and entry.offset + entry.size > self._raw_size(entry.frame)

    def _raw_size(self, number: int) -> int:
        return self._reader.manifest.frames[number].raw_size

    def _group(self, members: list[_Member]) -> None:
        """Read the frame of these entries, if it is needed."""
        entry = members[0].entry
        large = self._is_large(entry)
        for number in self._slices(entry) if large else [entry.frame]:
            if self._seen[number]:
                self._refuse(entry)
            self._seen[number] = 1
        if large:
            if len(members) > 1:
                self._refuse(members[1].entry)
            if members[0].wanted:
                self._large(entry, entry.path)
        elif self.whole or any(member.wanted and member.entry.type == FILE for member in members):
            self._submit(functools.partial(self._small, members), entry.frame)

    def _slices(self, entry: Entry) -> list[int]:
        """Return the numbers of the frames that a large file fills, according to their sizes."""
        left = entry.offset + entry.size + tarfmt.padding(entry.size)
        numbers: list[int] = []
        for number in range(entry.frame, len(self._seen)):
            numbers.append(number)
            left -= self._raw_size(number)
            if left <= 0:
                break
        if left:
            self._refuse(entry)
        return numbers

    def _small(self, members: list[_Member]) -> int:
        """Verify a frame and pass its files on; return the bytes of those that are selected."""
        number = members[0].entry.frame
        raw = self._reader.frame(number)
        at = size = 0
        for entry, wanted in members:
            content, at = self._member(raw, at, entry, wanted)
            if wanted and entry.type == FILE:
                self._sink.file(entry, content)
                size += entry.size
        if at != len(raw):
            self._reader.refuse_frame("manifest_false", "frame_content", number)
        return size

    def _one(self, entry: Entry, name: bytes) -> int:
        """Verify one file of a frame and pass it on under another name; return its size."""
        raw = self._reader.frame(entry.frame)
        content, _end = self._member(raw, entry.offset - entry.header_size(self._prefix), entry, True)
        self._sink.file(entry._replace(path=name), content)
        return entry.size

    def _member(self, raw: bytes, at: int, entry: Entry, wanted: bool) -> tuple[memoryview, int]:
        """Return the content and the end offset of the member at a byte offset in a frame."""
        header = entry.header(self._prefix)
        start = at + len(header)
        end = start + (entry.size if entry.type == FILE else 0)
        padded = end + tarfmt.padding(end)
        if at < 0 or raw[at:start] != header or entry.offset != start or padded > len(raw):
            self._refuse(entry)
        content = memoryview(raw)[start:end]
        if any(raw[end:padded]):
            self._refuse(entry)
        if wanted and entry.type == FILE and hashlib.sha256(content).hexdigest() != entry.sha256:
            self._refuse(entry)
        return content, padded

    def _large(self, entry: Entry, name: bytes) -> None:
        """Verify a file that fills several frames while passing it on."""
        header = entry.header(self._prefix)
        digest = hashlib.sha256()
        left = entry.size
        with self._sink.large(entry._replace(path=name)) as take:
            slices, read, cost = self._slices(entry), self._reader.frame, self._reader.cost
            for raw in ordered(self._pool, read, slices, self._ahead, cost):
                if header and (raw[: len(header)] != header or entry.offset != len(header)):
                    self._refuse(entry)
                content = memoryview(raw)[len(header) : len(header) + left]
                digest.update(content)
                take(content)
                left -= len(content)
                if any(raw[len(header) + len(content) :]):
                    self._refuse(entry)
                header = b""
                self._done(0, len(content))
            if digest.hexdigest() != entry.sha256:
                self._refuse(entry)

    def _submit(self, work: Callable[[], int], frame: int) -> None:
        cost = self._reader.cost(frame)
        while not self._window.fits(cost):
            self._done(0, self._window.take())
        self._window.add(self._pool.submit(work), cost)

    def _done(self, files: int, size: int) -> None:
        self.files += files
        self.bytes += size
        if self._progress is not None:
            self._progress(files, size)
