# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of a drill: unpacked into a private place, counted, removed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from .._archive.manifest import DirectoryEntry
from .._archive.reader import ArchiveReader
from .._archive.unpack import unpack_directory
from .._errors import ArchiveError, HostError, Notice
from .._run.run import Run
from .scratch import Scratch, remove_tree
from .stopwatch import Stopwatch


class DrilledFiles:
    """Some directories of a backup on their way to nowhere.

    :param directories: none, if they are not to be unpacked.
    :param room: where; None if they are not to be unpacked.
    """

    def __init__(
        self,
        reader: ArchiveReader,
        directories: Sequence[DirectoryEntry],
        room: Scratch | None,
        jobs: int,
        notices: list[Notice],
        clock: Stopwatch,
    ) -> None:
        self.directories = tuple(directories)
        self._reader = reader
        self._room = room
        self._jobs = jobs
        self._notices = notices
        self._clock = clock
        self._places: list[Path] = []
        #: what was unpacked so far: all but directories, and bytes of regular files
        self.files = 0
        self.bytes = 0

    def unpack(self, run: Run) -> None:
        """Unpack all of them, proving each file on the way. Raise ArchiveError, HostError."""
        if self._room is None or not self.directories:
            return
        with self._clock.beside("files"):
            for number, entry in enumerate(self.directories):
                try:
                    self._unpack(entry, self._new_place(f"files-{number}"), run, unsafe=False)
                except ArchiveError as error:
                    if error.code != "unsafe_link":
                        raise
                    # A restore wants force: true for it. Here nobody will ever follow the link.
                    self._notices.append(Notice("drill_unsafe_link", name=entry.name, cause=error))
                    self._unpack(entry, self._new_place(f"files-{number}-again"), run, unsafe=True)

    def _new_place(self, name: str) -> Path:
        if self._room is None:
            raise ValueError("there is no room for files")
        place = self._room.private(name)
        self._places.append(place)
        return place

    def _unpack(self, entry: DirectoryEntry, place: Path, run: Run, *, unsafe: bool) -> None:
        done = unpack_directory(
            self._reader,
            entry,
            str(place),
            jobs=self._jobs,
            allow_unsafe_links=unsafe,
            progress=run.count_files,
        )
        self._notices += done.notices
        self.files += done.files
        self.bytes += done.bytes

    def count(self) -> None:
        """Make sure that the file system has as many files as the backup. Raise HostError (``drill_files_lost``)."""
        found = sum(
            sum(1 for entry in _entries(place) if not entry.is_dir(follow_symlinks=False))
            for place in self._finished()
        )
        if found != self.files:
            raise HostError("drill_files_lost", found=found, expected=self.files)

    def _finished(self) -> list[Path]:
        names = {place.name for place in self._places}
        return [place for place in self._places if f"{place.name}-again" not in names]

    def remove(self) -> None:
        """Remove what was unpacked."""
        for place in self._places:
            remove_tree(place)


def _entries(place: Path) -> Iterator[os.DirEntry[str]]:
    waiting = [str(place)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                yield entry
