# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the index members of a directory, each right after the frames that it lists.

Writing them all at the end would need either a line in memory for every file or a spool of file names on the
disk; this way memory is bounded by one member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from . import tarfmt
from .directory_entry import IndexEntry
from .entries import Entry, parse_entry, wrong_entry
from .frames import member, seal
from .names import index_member
from .sequence import Sequence as EntrySequence
from .writer import ArchiveWriter

#: number of entries, and of bytes, after which an index member ends
MOST_ENTRIES = 20_000
_MOST_BYTES = 4 * 1024 * 1024


class IndexWriter:
    """Collects the entries of appended frames and appends index members."""

    def __init__(self, writer: ArchiveWriter, directory: str) -> None:
        self._writer = writer
        self._directory = directory
        self._lines: list[bytes] = []
        self._bytes = 0
        self._written: list[IndexEntry] = []
        self._sequence = EntrySequence()

    def add(self, entries: Sequence[Entry]) -> None:
        """Take the entries of one or more whole frames; together they are in one index member."""
        if len(self._lines) + len(entries) > MOST_ENTRIES or self._bytes > _MOST_BYTES:
            self._flush()
        lines = [entry.to_json() for entry in entries]
        if self._writer.closed_to_us:
            for line, entry in zip(lines, entries):
                self._prove(line, entry)
        self._lines += lines
        self._bytes += sum(map(len, lines))

    def finish(self) -> tuple[IndexEntry, ...]:
        """Write the remaining entries and return the index members for the manifest."""
        self._flush()
        return tuple(self._written)

    def _prove(self, line: bytes, entry: Entry) -> None:
        """Check that a line is parsed to the entry from which it was made."""
        source = index_member(self._directory, len(self._written) + 1)
        if parse_entry(line[:-1], source) != entry or self._sequence.accept(entry) is None:
            raise wrong_entry(self._writer.path, self._directory, entry.path)

    def _flush(self) -> None:
        if not self._lines:
            return
        name = index_member(self._directory, len(self._written) + 1)
        payload = b"".join(self._lines)
        raw = member(name, payload)
        frame = self._writer.add(seal(self._writer.codec, raw, name))
        offset = len(raw) - len(payload) - tarfmt.padding(len(payload))
        digest = hashlib.sha256(payload).hexdigest()
        self._written.append(IndexEntry(frame, offset, len(self._lines), len(payload), digest))
        self._lines, self._bytes = [], 0
