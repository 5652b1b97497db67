# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of an archive as the source of a restore, for all formats."""

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
    """An archive as the source of directories."""

    def holds_directory(self, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
        """Return whether a directory is equal to the archive, apart from excluded paths."""

    def disk_size(self, entry: DirectoryEntry, exclude: Excludes) -> int:
        """Return the bytes that a directory needs on disk; holes of sparse files need none."""

    def unpack(
        self, wanted: Mapping[DirectoryEntry, Path], exclude: Excludes, jobs: int, force: bool, run: Run
    ) -> list[Notice]:
        """Unpack directories into empty private directories, and verify the contents; return warnings."""


class Source(DirectorySource, Protocol):
    """An open archive, verified as far as its format allows before anything is created."""

    @property
    def manifest(self) -> Manifest:
        """The archive's manifest."""

    @property
    def format(self) -> str:
        """The name of the format in results."""

    @property
    def reader(self) -> ArchiveReader | None:
        """The reader of an archive of format 1, which can read single parts; None for other formats."""

    def holds_database(self, server: Server, entry: DatabaseEntry, mark: str, jobs: int, run: Run) -> bool:
        """Return whether a database is equal to the archive."""

    def check(
        self, target: Target, entry: DatabaseEntry, options: LoadOptions, notices: list[Notice] | None
    ) -> None:
        """Check that the server has the roles and extensions that the database needs, and that the objects to leave out exist.

        :param notices: receives the warnings that the run would give; None if this is the run.
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
        """Create a database next to the target, load and verify it; see :func:`.load_database`."""
