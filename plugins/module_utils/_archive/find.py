# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding paths in a directory's index without reading all of it.

Entries are in ascending order over all index members, so a path is found by bisection: of a million files' index
(50 members) 6 are read, and of each only the lines that are compared are parsed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from .._errors import ArchiveError
from .directory_entry import DirectoryEntry
from .entries import Entry, parse_entry
from .manifest import MemberEntry
from .names import index_member, printable
from .pathcodec import check_path
from .reader import ArchiveReader

#: A path as its components; ``()`` is the directory itself.
Components = tuple[bytes, ...]

#: index members that are kept in memory; one measured 7 MB
_KEPT = 2
#: entries on either side of where a path should be that are compared with it
_NEIGHBOURS = 2500
_SIMILAR = 3


def index_lines(reader: ArchiveReader, directory: DirectoryEntry, number: int) -> list[bytes]:
    """Return the lines of an index member (numbers count from 0), which is verified first.

    Raise ArchiveError ``manifest_false``, and what reading raises.
    """
    index = directory.index[number]
    name = index_member(directory.name, number + 1)
    member = MemberEntry(name, index.frame, index.offset, index.bytes, index.sha256)
    lines = reader.member(member).split(b"\n")
    if lines.pop() or len(lines) != index.entries or not lines:
        raise ArchiveError("manifest_false", problem="member", path=reader.path, member=name)
    return lines


class DirectoryIndex:
    """The index of one directory of an archive; for one thread."""

    def __init__(self, reader: ArchiveReader, directory: DirectoryEntry) -> None:
        self.reader = reader
        self.directory = directory
        self._kept: dict[int, list[bytes]] = {}
        self._firsts: dict[int, Components] = {}
        self._end = (len(directory.index), 0)

    def get(self, path: Components) -> Entry | None:
        """Return the entry of a path, or None if there is none. Raise ArchiveError for a damaged index."""
        place = self._place(path)
        if place == self._end:
            return None
        entry = self._entry(*place)
        return entry if check_path(entry.path) == path else None

    def below(self, path: Components) -> Iterator[Entry]:
        """Yield the entry of a path, and those of everything in it, in their order."""
        number, position = self._place(path)
        depth = len(path)
        while number < len(self.directory.index):
            for place in range(position, len(self._lines(number))):
                entry = self._entry(number, place)
                if check_path(entry.path)[:depth] != path:
                    return
                yield entry
            number, position = number + 1, 0

    def members(self, path: Components) -> range:
        """Return the numbers of the index members that list a path and everything in it."""
        first, _position = self._place(path)
        # The least path after all of these: the next name that could stand next to it.
        last, position = self._place((*path[:-1], path[-1] + b"\0")) if path else self._end
        return range(first, last + 1 if position else last)

    def similar(self, path: Components) -> list[str]:
        """Return paths like one that is not there: names in the same place that look alike, in the text form of messages."""
        above = len(path) - 1
        while above > 0 and self.get(path[:above]) is None:
            above -= 1
        wanted = printable(path[above])
        number, position = self._place(path[: above + 1])
        number = min(number, len(self.directory.index) - 1)
        names: dict[str, None] = {}
        first = max(0, position - _NEIGHBOURS)
        for place in range(first, min(len(self._lines(number)), position + _NEIGHBOURS)):
            components = check_path(self._entry(number, place).path)
            if len(components) == above + 1 and components[:above] == path[:above]:
                names[printable(components[above])] = None
        same = [name for name in names if name.lower() == wanted.lower()]
        close = same + difflib.get_close_matches(wanted, names, _SIMILAR)
        parent = printable(b"/".join(path[:above]))
        return [f"{parent}/{name}" if parent else name for name in dict.fromkeys(close)][:_SIMILAR]

    def _lines(self, number: int) -> list[bytes]:
        lines = self._kept.pop(number, None)
        if lines is None:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            lines = index_lines(self.reader, self.directory, number)
        self._kept[number] = lines
        return lines

    def _entry(self, number: int, position: int) -> Entry:
        name = index_member(self.directory.name, number + 1)
        return parse_entry(self._lines(number)[position], f"{self.reader.path}: {name}")

    def _first(self, number: int) -> Components:
        if number not in self._firsts:
            self._firsts[number] = check_path(self._entry(number, 0).path)
        return self._firsts[number]

    def _place(self, path: Components) -> tuple[int, int]:
        """Return the index member and position of the first entry that is not before a path."""
        if not path:
            return 0, 0
        number, end = 0, len(self.directory.index)
        while end - number > 1:
            middle = (number + end) // 2
            if self._first(middle) <= path:
                number = middle
            else:
                end = middle
        low, high = 0, len(self._lines(number))
        while low < high:
            middle = (low + high) // 2
            if check_path(self._entry(number, middle).path) < path:
                low = middle + 1
            else:
                high = middle
        return (number, low) if low < len(self._lines(number)) else (number + 1, 0)
