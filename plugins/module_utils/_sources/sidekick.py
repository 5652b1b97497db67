# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive of the old sidekick as a source of a restore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._archive.directory_entry import DirectoryEntry
from .._archive.walk import Excludes
from .._components.database.entry import DatabaseEntry
from .._components.database.load import Loaded, LoadOptions
from .._components.database.server_checks import check_extensions
from .._errors import Notice
from .._postgres.server import Server
from .._postgres.target import Target
from .._run.run import Run
from .._swap.places import Place
from .roles import check_roles
from .sidekick_archive import SidekickArchive, legacy_properties, load_legacy_database, unpack_legacy


class Sidekick:
    """An archive of the old sidekick. It has no checksums, so no existing data can be compared with it."""

    format = "sidekick"
    reader = None

    def __init__(self, archive: SidekickArchive) -> None:
        self._archive = archive
        self.manifest = archive.manifest

    def __enter__(self) -> Sidekick:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def holds_database(self, server: Server, entry: DatabaseEntry, mark: str, jobs: int, run: Run) -> bool:
        return False

    def holds_directory(self, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
        return False

    def disk_size(self, entry: DirectoryEntry, exclude: Excludes) -> int:
        return entry.bytes

    def check(
        self, target: Target, entry: DatabaseEntry, options: LoadOptions, notices: list[Notice] | None
    ) -> None:
        summary = self._archive.summary
        options.leave_out.check(summary.leavable)
        check_extensions(target, summary.extensions)
        wanted = legacy_properties(target, target.server, summary)
        check_roles(target, summary.roles | {wanted["owner"]}, summary.owners, wanted, options, notices)

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
        return load_legacy_database(target, server, self._archive, options, mark, notices, run)

    def unpack(
        self, wanted: Mapping[DirectoryEntry, Path], exclude: Excludes, jobs: int, force: bool, run: Run
    ) -> list[Notice]:
        places = {entry.name: path for entry, path in wanted.items()}
        unpacked = unpack_legacy(self._archive, places, run)
        return [notice for found in unpacked.values() for notice in found.notices]
