# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore takes from an archive, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .._archive.directory_entry import DirectoryEntry
from .._archive.manifest import Manifest
from .._archive.reader import ArchiveReader
from .._archive.walk import Excludes
from .._errors import Notice
from .._postgres.server import Server
from .._postgres.target import Target
from .._run.run import Run
from .._swap.places import Place
from .database.entry import DatabaseEntry
from .database.load import Loaded, LoadOptions


class DirectorySource(Protocol):
    """What is needed of an archive for its directories."""

    def holds_directory(self, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
        """Return whether a directory still is what the archive holds of it, but for what is excluded."""

    def disk_size(self, entry: DirectoryEntry, exclude: Excludes) -> int:
        """Return the bytes that a directory takes on a disk; holes of sparse files take none."""

    def unpack(
        self, wanted: Mapping[DirectoryEntry, Path], exclude: Excludes, jobs: int, force: bool, run: Run
    ) -> list[Notice]:
        """Unpack directories into empty private ones, and prove what is in them."""


class Source(DirectorySource, Protocol):
    """An open archive, proved as far as its format allows it before anything is created."""

    @property
    def manifest(self) -> Manifest:
        """What is in it."""

    @property
    def format(self) -> str:
        """The format's name, as results show it."""

    @property
    def reader(self) -> ArchiveReader | None:
        """The archive itself, if it is one of our own format: parts of it can be read by themselves."""

    def holds_database(self, server: Server, entry: DatabaseEntry, mark: str, jobs: int, run: Run) -> bool:
        """Return whether a database still is what this archive holds of it."""

    def check(
        self, target: Target, entry: DatabaseEntry, options: LoadOptions, notices: list[Notice] | None
    ) -> None:
        """Make sure that the server has what the database needs, and the archive what must be left out.

        :param notices: told what the run would warn of; None if it runs.
        """

    def load(
        self,
        target: Target,
        server: Server,
        entry: DatabaseEntry,
        options: LoadOptions,
        mark: str,
        notices: list[Notice],
        run: Run,
    ) -> Loaded:
        """Create a database next to the target, load it and prove it; see :func:`.load_database`."""
