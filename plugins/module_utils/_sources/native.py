# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An archive of format 1 as a source of a restore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._archive.directory_entry import DirectoryEntry
from .._archive.index_totals import disk_size
from .._archive.reader import ArchiveReader
from .._archive.unpack import unpack_directory
from .._archive.walk import Excludes
from .._components.database.content import read_content
from .._components.database.entry import DatabaseEntry
from .._components.database.load import Loaded, LoadOptions, load_database
from .._components.database.server_checks import check_extensions
from .._components.database.up_to_date import database_matches
from .._components.directories.up_to_date import directory_matches
from .._errors import Notice
from .._postgres.server import Server
from .._postgres.target import Target
from .._run.run import Run
from .._swap.places import Place
from .roles import check_roles


class Native:
    """An archive of format 1."""

    format = "1"

    def __init__(self, reader: ArchiveReader) -> None:
        self.reader = reader
        self.manifest = reader.manifest

    def holds_database(self, server: Server, entry: DatabaseEntry, mark: str, jobs: int, run: Run) -> bool:
        return database_matches(server, self.reader, entry, mark, jobs, run)

    def holds_directory(self, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
        return directory_matches(self.reader, entry, place, exclude)

    def disk_size(self, entry: DirectoryEntry, exclude: Excludes) -> int:
        return disk_size(self.reader, entry, exclude)

    def check(
        self, target: Target, entry: DatabaseEntry, options: LoadOptions, notices: list[Notice] | None
    ) -> None:
        content = read_content(self.reader, entry)
        options.leave_out.check(content.leavable())
        check_extensions(target, {found.name for found in content.pre_data if found.type == "EXTENSION"})
        check_roles(target, content.roles(), content.owners(), entry.properties, options, notices)

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
        return load_database(target, server, self.reader, entry, options, mark, notices, run)

    def unpack(
        self, wanted: Mapping[DirectoryEntry, Path], exclude: Excludes, jobs: int, force: bool, run: Run
    ) -> list[Notice]:
        notices: list[Notice] = []
        for entry, staging in wanted.items():
            unpacked = unpack_directory(
                self.reader,
                entry,
                str(staging),
                jobs=jobs,
                exclude=exclude,
                allow_unsafe_links=force,
                progress=run.count_files,
            )
            notices += unpacked.notices
        return notices
