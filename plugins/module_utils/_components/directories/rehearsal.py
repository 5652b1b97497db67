# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacks directories in a drill into private directories, and counts their files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..._archive.directory_entry import DirectoryEntry
from ..._archive.index_totals import disk_size
from ..._archive.reader import ArchiveReader
from ..._archive.rehearsal import Room
from ..._archive.unpack import unpack_directory
from ..._errors import ArchiveError, HostError, Notice
from ..._run.run import Run

#: Bytes that a file may need on disk in addition to its size.
_BLOCK = 4096


class DirectoriesRehearsal:
    """The unpacking of all directories in a drill."""

    def __init__(self, names: tuple[str, ...], directories: Sequence[DirectoryEntry]) -> None:
        """
        :param names: names of the directories in sidecars.
        """
        self.names = names
        self.files = sum(entry.files for entry in directories)
        self.bytes = sum(entry.bytes for entry in directories)
        self._directories = directories
        self._places: list[Path] = []

    def needed(self, reader: ArchiveReader) -> int:
        return sum(disk_size(reader, entry) + _BLOCK * entry.files for entry in self._directories)

    def unpack(self, reader: ArchiveReader, room: Room, run: Run) -> None:
        for number, entry in enumerate(self._directories):
            place = room.private(f"files-{number}")
            try:
                _unpack(reader, entry, place, room, run, unsafe=False)
            except ArchiveError as error:
                if error.code != "unsafe_link":
                    raise
                # A restore requires force: true for such links. In a drill, nothing follows them.
                room.notices.append(Notice("drill_unsafe_link", name=entry.name, cause=error))
                place = room.private(f"files-{number}-again")
                _unpack(reader, entry, place, room, run, unsafe=True)
            self._places.append(place)

    def count(self) -> None:
        found = sum(
            sum(1 for entry in _entries(place) if not entry.is_dir(follow_symlinks=False))
            for place in self._places
        )
        if found != self.files:
            raise HostError("drill_files_lost", found=found, expected=self.files)


def _unpack(
    reader: ArchiveReader, entry: DirectoryEntry, place: Path, room: Room, run: Run, *, unsafe: bool
) -> None:
    done = unpack_directory(
        reader, entry, str(place), jobs=room.jobs, allow_unsafe_links=unsafe, progress=run.count_files
    )
    room.notices.extend(done.notices)


def _entries(place: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [str(place)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                yield entry
