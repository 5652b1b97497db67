# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archives that a restore takes, each of its format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._archive.index_totals import disk_size
from .._archive.keys import Key
from .._archive.manifest import DatabaseEntry, DirectoryEntry
from .._archive.reader import ArchiveReader
from .._archive.unpack import unpack_directory
from .._archive.walk import Excludes
from .._components.database.load import Loaded, LoadOptions, load_database, read_content, role_map
from .._components.database.server_checks import check_extensions, check_owners
from .._components.database.up_to_date import database_matches
from .._components.directories.up_to_date import directory_matches
from .._components.source import Source
from .._errors import EncryptionError, HostError, Notice
from .._postgres.server import Server
from .._postgres.target import Target
from .._run.run import Run
from .._store import naming
from .._swap.places import Place
from .legacy_restore import (
    SidekickArchive,
    legacy_properties,
    load_legacy_database,
    open_legacy,
    unpack_legacy,
)
from .locate import Located
from .opening import demand, open_backup


class _Own:
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
        _check_roles(target, content.roles(), content.owners(), entry.properties, options, notices)

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


class _Legacy:
    """An archive of the old sidekick: without checksums, so nothing can be compared with it later."""

    format = "sidekick"
    reader = None

    def __init__(self, archive: SidekickArchive) -> None:
        self._archive = archive
        self.manifest = archive.manifest

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
        _check_roles(target, summary.roles | {wanted["owner"]}, summary.owners, wanted, options, notices)

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


def _check_roles(
    target: Target,
    needed: Set[str],
    owners: Set[str],
    wanted: Mapping[str, Any],
    options: LoadOptions,
    notices: list[Notice] | None,
) -> None:
    """Make sure that the account may give everything to its owner.

    Raise DatabaseError (``role_unknown``, ``role_not_member``).
    """
    said: list[Notice] = [] if notices is None else notices
    roles = role_map(set(needed), target.roles(), options.role_mapping, target.user, said)
    check_owners(target, owners, roles)
    if notices is not None:
        target.predict_finish(wanted, roles, notices)


@contextmanager
def open_source(
    located: Located, key: Key | None, run: Run, *, force: bool, allow_plain: bool, format: str | None
) -> Iterator[Source]:
    """Open an archive.

    :param force: take symbolic links that lead out of their directory.
    :param allow_plain: take an archive without encryption although one is demanded.
    :param format: the only one that is taken; None lets the content tell it, where nothing says that it must be our own.

    Raise ArchiveError, EncryptionError, HostError.
    """
    path = located.path
    run.phase(f"opening {path.name}")
    demanded = demand(located, key, allow_plain)
    # Archives of earlier tools prove nothing of themselves, and are never encrypted.
    if format != _Own.format and demanded.takes_plain:
        foreign = open_legacy(path, run, allow_unsafe_links=force)
        if foreign is not None:
            with foreign:
                if format is None and (demanded.reasons or _is_our_own(located)):
                    raise EncryptionError("format_needed", path=path, format=_Legacy.format)
                yield _Legacy(foreign)
            return
        if format is not None:
            raise HostError("format_differs", path=path, format=format)
    with open_backup(located, key, allow_plain) as reader:
        yield _Own(reader)


def _is_our_own(located: Located) -> bool:
    """Return whether a file's name, or a sidecar, says that this collection made it."""
    name = naming.parse(located.path.name)
    known = located.backup.sidecar if located.backup else None
    return known is not None or (name is not None and name.format == naming.FORMAT_1)
