# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring the archives of the old sidekick, ``ticketz-backup-YYYYmmddHHMMSS.tar.gz``.

They have no checksums and no manifest. So the whole archive is read once before anything is created. This pass
produces a manifest like that of format 1, with the fields that can be determined.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._archive.directory_entry import DirectoryEntry
from .._archive.entries import Entry as FileEntry
from .._archive.legacy.entries import LegacyArchive
from .._archive.legacy.layouts import DUMP, SIDEKICK
from .._archive.legacy.survey import recognise, survey
from .._archive.legacy.unpack import unpack
from .._archive.manifest import Manifest
from .._archive.rawfile import open_archive
from .._archive.tables import TableEntry
from .._archive.unpack import Unpacked
from .._components.database.entry import DatabaseEntry
from .._components.database.load import Loaded, LoadOptions, role_map
from .._components.database.sessions import clear_whatsapp_sessions
from .._components.directories.entry import DirectoriesEntry
from .._errors import ArchiveError, Notice, listed
from .._postgres.load import Connect
from .._postgres.plain_dump import DumpReader, Event, Rows
from .._postgres.plain_dump_load import SEARCH_PATH, DumpLoader, load_events
from .._postgres.plain_dump_summary import DumpSummary, plain, summarise
from .._postgres.post_data import stages
from .._postgres.properties import properties
from .._postgres.schema_roles import map_roles
from .._postgres.schema_sql import Entry
from .._postgres.sequences import apply_sequences, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session
from .._postgres.target import Target
from .._run.background_task import BackgroundTask
from .._run.run import Run
from .._store import naming, times


@dataclass(frozen=True)
class SidekickArchive:
    """An archive of the old sidekick that was read once and found complete and safe; a context manager.

    :param manifest: its contents. ``format`` is 0, and there are no members, frames and digests.
    :param summary: the contents of the database's dump.
    """

    path: Path
    manifest: Manifest
    summary: DumpSummary
    archive: LegacyArchive
    descriptor: int

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def __enter__(self) -> SidekickArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_legacy(path: Path, run: Run, *, allow_unsafe_links: bool = False) -> SidekickArchive | None:
    """Open an archive of the old sidekick, and read it to its end to verify it.

    :param allow_unsafe_links: accept symbolic links that point outside their directory.
    :returns: None if the file has another format.

    Raise ArchiveError if the archive is damaged, unsafe, or has no complete dump, and ``legacy_retrieved`` for an
    archive of ``retrieve``, which :mod:`.import_data` reads.
    """
    fd = open_archive(str(path))
    try:
        found = _proved(fd, path, run, allow_unsafe_links)
    except BaseException:
        os.close(fd)
        raise
    if found is None:
        os.close(fd)
    return found


def _proved(fd: int, path: Path, run: Run, allow_unsafe_links: bool) -> SidekickArchive | None:
    kind = recognise(fd, str(path))
    if kind is None:
        return None
    if kind == naming.FORMAT_RETRIEVED:
        raise ArchiveError("legacy_retrieved", path=path)
    archive = LegacyArchive(fd, str(path), SIDEKICK, allow_unsafe_links=allow_unsafe_links)
    run.phase(f"proving {path.name}")
    first = _FirstPass(str(path), run)
    totals = survey(archive, first.document, run.count_files)
    if first.summary is None:
        raise ArchiveError("legacy_dump_incomplete", problem="missing", path=_dump_name(str(path)))
    directories = tuple(
        DirectoryEntry(name, f"/backend-{name}", found.files, found.bytes, ())
        for name, found in totals.items()
    )
    manifest = _manifest(path.name.split(".")[0], first.created, first.summary, directories)
    return SidekickArchive(path, manifest, first.summary, archive, fd)


class _FirstPass:
    """Receives the documents of the first pass."""

    def __init__(self, path: str, run: Run) -> None:
        self._path = path
        self._run = run
        self.summary: DumpSummary | None = None
        self.created = ""

    def document(self, entry: FileEntry, content: Iterator[memoryview]) -> None:
        """Read the database's dump; set ``summary`` and ``created``."""
        name = _dump_name(self._path)
        if entry.size == 0:
            raise ArchiveError("legacy_dump_incomplete", problem="empty", path=name)
        # No progress here: rows are counted when they are loaded, and bytes as part of the archive.
        self.summary = summarise(DumpReader(content, name), name, lambda _rows, _bytes: self._run.check())
        self.created = times.to_text(times.from_seconds(entry.mtime_ns // 10**9))


def _dump_name(path: str) -> str:
    return f"{path}: {DUMP.decode()}"


def _manifest(
    id: str, created: str, summary: DumpSummary, directories: tuple[DirectoryEntry, ...]
) -> Manifest:
    owner = summary.owner or "pg_database_owner"
    database = DatabaseEntry(
        name="",
        server_version=summary.origin.version,
        server_version_num=summary.origin.version_num,
        size=summary.size,
        properties={"encoding": summary.origin.encoding, "owner": owner, "acl": None, "settings": {}},
        roles=tuple(sorted(summary.roles)),
        search_path=SEARCH_PATH,
        application=_application(summary),
        tables=tuple(
            TableEntry(table.schema, table.name, table.columns, table.rows, table.bytes, None, ())
            for table in summary.tables
        ),
        row_digests=False,
    )
    return Manifest(
        format=0,
        id=id,
        created=created,
        finished=created,
        producer={"name": naming.FORMAT_SIDEKICK},
        compression="gzip",
        encryption="none",
        entries={entry.key: entry for entry in (database, DirectoriesEntry(directories))},
        members=(),
        frames=(),
        notices=(),
    )


def _application(summary: DumpSummary) -> dict[str, Any]:
    names = sorted(summary.migrations)
    if not names:
        return {}
    return {"migrations": len(names), "last_migration": names[-1], "migration_names": names}


def load_legacy_database(
    target: Target,
    server: Server,
    archive: SidekickArchive,
    options: LoadOptions,
    mark: str,
    notices: list[Notice],
    run: Run,
    connect: Connect = Session.open,
) -> Loaded:
    """Create a database next to the target and load the archive's dump into it, as :func:`.load_database` does.

    A dump has no properties of the database itself. If the target exists, the new database gets its encoding, locale,
    owner, privileges, settings and comment. Otherwise it gets the dump's encoding, the locale of the maintenance
    database, and the role that owns most of the dump's objects as its owner.

    :param mark: the value to record about its origin.
    :param connect: returns connections to the new database, up to ``jobs`` + 1 at a time.

    Raise SidekickError; then the new database has been dropped.
    """
    wanted = legacy_properties(target, server, archive.summary)
    needed = {*archive.summary.roles, wanted["owner"]}
    roles = role_map(needed, target.roles(), options.role_mapping, target.user, notices)
    if archive.summary.passed_over:
        notices.append(Notice("legacy_passed_over", what=listed(archive.summary.passed_over)))
    name = target.create(wanted, notices)
    try:
        loaded = fill_legacy_database(server.on(name), archive, roles, options, notices, run, connect)
        target.finish(name, wanted, roles, mark, notices)
    except BaseException:
        target.drop(name)
        raise
    return loaded


def legacy_properties(target: Target, server: Server, summary: DumpSummary) -> dict[str, Any]:
    """Return the properties of the new database; see :func:`load_legacy_database`. Raise DatabaseError."""
    exists = target.exists()
    with Session.open(server if exists else server.on(server.maintenance_database)) as session:
        found = properties(session)
    if exists:
        return found
    return {
        **found,
        "encoding": summary.origin.encoding,
        "owner": summary.owner or target.user,
        "acl": None,
        "comment": None,
        "connection_limit": -1,
        "settings": {},
    }


def fill_legacy_database(
    server: Server,
    archive: SidekickArchive,
    roles: Mapping[str, str],
    options: LoadOptions,
    notices: list[Notice],
    run: Run,
    connect: Connect = Session.open,
    *,
    alone: bool = False,
) -> Loaded:
    """Load the archive's dump into a database without user objects. Any failed statement or missing row is an error.

    :param roles: role in the dump → role here.
    :param alone: whether ``connect`` always returns the same connection, in an open transaction.

    Raise SidekickError.
    """
    tables = archive.summary.tables
    loader = DumpLoader(
        server,
        jobs=options.jobs,
        notices=notices,
        progress=run.count,
        check=run.check,
        connect=connect,
        alone=alone,
        leave_out=options.leave_out,
    )

    def mapped(entries: list[Entry]) -> list[Entry]:
        return [map_roles(plain(entry), roles) for entry in entries]

    run.phase("schema", rows=sum(table.rows for table in tables))

    def rows(blocks: Iterator[Rows]) -> None:
        run.phase("data")
        loader.rows(blocks)

    with closing(_events(archive)) as events:
        after = mapped(load_events(events, lambda entries: loader.schema(mapped(entries)), rows))
    loader.run([entry for entry in after if entry.type == "SEQUENCE SET"])
    built = stages(
        (entry for entry in after if entry.type != "SEQUENCE SET"), lambda entry: bool(loader.called(entry))
    )
    run.phase("keys and indexes")
    loader.build_indexes(built)
    run.phase("counting rows")
    tables = loader.with_their_rows(tables)
    if alone:
        loader.check_counts(tables)
        loader.run(built.rest)
    else:
        with BackgroundTask(lambda _run: loader.run(built.rest), run) as background:
            loader.check_counts(tables)
            background.wait()
    if loader.defers or built.code:
        loader.run(built.code)
        loader.add_checks()
        loader.check_counts(tables)
    loader.run(built.security)
    loaded = Loaded(server.database, {table.key: table.rows for table in tables})
    loaded.adaptations = [asdict(change) for change in loader.adaptations]
    run.phase("sequences")
    with loader.session() as session:
        if options.fix_sequences:
            changes = plan_sequences(session, notices=notices)
            apply_sequences(session, changes)
            loaded.sequences = [asdict(change) for change in changes]
        if options.clear_sessions:
            loaded.whatsapp_sessions = clear_whatsapp_sessions(session)
    run.phase("statistics")
    loader.analyze_all(tables)
    loader.run(built.events)
    return loaded


def _events(archive: SidekickArchive) -> Generator[Event, None, None]:
    """Yield the events of the dump; the rest of the archive is not read."""
    with closing(archive.archive.items()) as items:
        for item, content in items:
            if item.path == DUMP:
                yield from DumpReader(content(), _dump_name(str(archive.path))).events()
                return


def unpack_legacy(archive: SidekickArchive, places: Mapping[str, Path], run: Run) -> dict[str, Unpacked]:
    """Unpack directories into existing empty directories of mode 0700, in one pass over the archive.

    :param places: name in the manifest → directory.

    Everything is durable on return. After an error, the caller must remove what was created.

    Raise ArchiveError, HostError.
    """
    return unpack(archive.archive, {name: str(path) for name, path in places.items()}, run.count_files)
