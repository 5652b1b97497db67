# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking all components' content in a private directory on this host, while a drill loads the database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from .._archive.reader import ArchiveReader
from .._archive.rehearsal import Rehearsal, Room
from .._errors import Notice
from .._run.run import Run
from .scratch import Scratch, remove_tree
from .stopwatch import Stopwatch


class DrilledFiles:
    """The components' parts in one drill.

    :param scratch: the scratch directory; None if nothing will be unpacked.
    """

    def __init__(self, rehearsals: Sequence[Rehearsal], scratch: Scratch | None, clock: Stopwatch) -> None:
        self.rehearsals = tuple(rehearsals) if scratch else ()
        self._scratch = scratch
        self._clock = clock
        self._places: list[Path] = []

    def unpack(self, reader: ArchiveReader, jobs: int, notices: list[Notice], run: Run) -> None:
        """Unpack and verify all files. Raise ArchiveError, HostError."""
        if self._scratch is None or not self.rehearsals:
            return
        room = Room(partial(self._private, self._scratch), jobs, notices)
        with self._clock.concurrently("files"):
            for rehearsal in self.rehearsals:
                rehearsal.unpack(reader, room, run)

    def _private(self, scratch: Scratch, name: str) -> Path:
        place = scratch.private(name)
        self._places.append(place)
        return place

    def count(self) -> None:
        """Check that the file system has as many files as the backup. Raise HostError (``drill_files_lost``)."""
        for rehearsal in self.rehearsals:
            rehearsal.count()

    def remove(self) -> None:
        """Remove what was unpacked."""
        for place in self._places:
            remove_tree(place)
