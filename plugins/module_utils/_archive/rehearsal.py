# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of components other than the database for drills: unpack → count, in a scratch directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .._errors import Notice
from .._run.run import Run
from .reader import ArchiveReader


@dataclass(frozen=True)
class Room:
    """Where and how a drill unpacks.

    :param private: creates a private directory with a given name.
    :param jobs: threads.
    :param notices: gets what the user should know.
    """

    private: Callable[[str], Path]
    jobs: int
    notices: list[Notice]


class Rehearsal(Protocol):
    """A component's part in one drill."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the restored parts, as in sidecars."""

    @property
    def files(self) -> int:
        """Number of files to unpack."""

    @property
    def bytes(self) -> int:
        """Bytes of their contents."""

    def needed(self, reader: ArchiveReader) -> int:
        """Return the bytes that the files take on a disk. Raise ArchiveError."""

    def unpack(self, reader: ArchiveReader, room: Room, run: Run) -> None:
        """Unpack and verify the content. Raise ArchiveError, HostError."""

    def count(self) -> None:
        """Check that the file system has as many files as the backup. Raise HostError (``drill_files_lost``)."""
