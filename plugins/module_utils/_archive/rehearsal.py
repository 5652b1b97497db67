# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill asks of a component next to the database: unpack → count, in a place that is thrown away."""

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

    :param private: makes a private directory of that name.
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
        """What of the component is restored, as sidecars name it."""

    @property
    def files(self) -> int:
        """Files that are unpacked."""

    @property
    def bytes(self) -> int:
        """Bytes of their contents."""

    def needed(self, reader: ArchiveReader) -> int:
        """Return the bytes that they take on a disk. Raise ArchiveError."""

    def unpack(self, reader: ArchiveReader, room: Room, run: Run) -> None:
        """Unpack the content, proving it on the way. Raise ArchiveError, HostError."""

    def count(self) -> None:
        """Make sure that the file system has as many files as the backup. Raise HostError (``drill_files_lost``)."""
