# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packs the database: one snapshot, read over several connections."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from ..._archive.manifest import MemberEntry
from ..._archive.names import CATALOG, POST_DATA, PRE_DATA, SEQUENCES
from ..._archive.writer import ArchiveWriter
from ..._errors import DatabaseError, Notice, listed
from ..._postgres import properties
from ..._postgres.catalog.jsonl import to_jsonl
from ..._postgres.catalog.read import read_catalog
from ..._postgres.copy_out import TableReader
from ..._postgres.dump import Dumper, SchemaDump, SchemaLockedError
from ..._postgres.relations import Relation, withheld
from ..._postgres.schema_roles import roles_in
from ..._postgres.sequence_states import read_sequences, states_to_json
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._postgres.snapshot import Snapshot, take
from ..._run.run import Run
from ..._stack.migrations import Migrators
from ..._store import times
from ..point_in_time import PointInTime
from .content import parse_content
from .entry import DatabaseEntry
from .migration_check import MigrationCheck, MigrationRunningError
from .options import DatabaseOptions

#: Number of snapshots that are tried: another session may lock a table between the snapshot and pg_dump's locks.
_ATTEMPTS = 4


def large_objects(session: Session) -> int:
    """Return how many large objects a database has. Archives do not contain them."""
    return int(session.value("SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata"))


def missing_objects(session: Session) -> list[Notice]:
    """Return warnings about objects that a backup will lack. They are no errors, since any role can create such objects."""
    count = large_objects(session)
    return [Notice("large_objects_left", database=session.server.database, count=count)] if count else []


def check_readable(session: Session, exclude: Sequence[str] = ()) -> None:
    """Check, before anything is written, that all rows of the database can be read.

    :param exclude: patterns of tables whose rows are left out.

    Raise DatabaseError (``permission_denied``, ``rows_hidden``).
    """
    server = session.server
    found = withheld(session)
    if found.denied:
        cause = f"user {server.user} may not read {_names(found.denied)}"
        raise DatabaseError(
            "permission_denied", server=server.place, database=server.database, context="reading", cause=cause
        )
    filtered = [table for table in found.filtered if not _matches(table, exclude)]
    if filtered:
        cause = f"its policies apply to {_names(filtered)}"
        raise DatabaseError("rows_hidden", database=server.database, user=server.user, cause=cause)


def _names(tables: Sequence[tuple[str, str]]) -> str:
    return listed(".".join(table) for table in tables)


def _matches(table: tuple[str, str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (".".join(table), table[1]))


def excluded(table: Relation, patterns: Sequence[str]) -> bool:
    """Return whether the rows of a table are left out."""
    return _matches((table.schema, table.name), patterns)


@dataclass(frozen=True)
class PackedDatabase:
    """A database in an archive.

    :param created: time of the snapshot.
    :param entry: the manifest's entry for the database.
    :param members: entries of all members except the parts of tables.
    :param migration: migrations, or their containers, that were running during the backup; empty if none was detected.
    :param missing: warnings about what the archive lacks.
    """

    created: str
    entry: DatabaseEntry
    members: tuple[MemberEntry, ...]
    migration: str = ""
    missing: tuple[Notice, ...] = ()


def pack_database(
    server: Server,
    dumper: Dumper,
    writer: ArchiveWriter,
    options: DatabaseOptions,
    run: Run,
    moment: PointInTime,
    migrators: Migrators | None = None,
) -> PackedDatabase:
    """Write a snapshot of the database to an archive.

    Order of the members: schema and catalog, data, sequences, the rest of the schema. Tables are read from the
    start; their frames are buffered until the schema has been written.

    :param moment: notified of each snapshot; each attempt takes one.
    :param migrators: containers that may run migrations. If one is running, the snapshot is discarded and another one
        is taken. At the last attempt, it causes a warning, since a backup with a warning is better than none.

    Raise DatabaseError if anything could not be read completely. All waits are limited: ``tables_unsteady`` is raised
    if other sessions repeatedly requested exclusive locks before the schema was read.
    """
    cause = ""
    migrations = MigrationCheck(server, migrators)
    for attempt in range(1, _ATTEMPTS + 1):
        with moment.around() as taken, take(server) as snapshot:
            taken()
            run.phase("database", bytes=sum(table.bytes for table in snapshot.tables))
            try:
                return _pack(snapshot, dumper, writer, options, run, migrations, last=attempt == _ATTEMPTS)
            except SchemaLockedError as error:
                cause = str(error)
            except MigrationRunningError as error:
                cause = str(error)
                run.phase("waiting for a migration")
        # Give sessions that waited for our locks the time to continue.
        time.sleep(0.2 * attempt)
        migrations.wait(run.check)
    raise DatabaseError("tables_unsteady", database=server.database, attempts=_ATTEMPTS, cause=cause)


def _pack(
    snapshot: Snapshot,
    dumper: Dumper,
    writer: ArchiveWriter,
    options: DatabaseOptions,
    run: Run,
    migrations: MigrationCheck,
    *,
    last: bool,
) -> PackedDatabase:
    created = times.to_text(times.utc_now())
    when = int(time.time())
    leader = snapshot.leader
    tables = [table for table in snapshot.tables if not excluded(table, options.exclude_table_data)]
    reader = TableReader(
        snapshot,
        tables,
        writer,
        jobs=options.connections or options.jobs,
        digests=options.row_digests,
        progress=run.count,
        check=run.check,
    )
    try:
        reader.start()
        # Write nothing until both dumps are complete, so that another attempt remains possible.
        with SchemaDump(dumper, snapshot, "pre-data") as before:
            catalog = read_catalog(leader)
            described = _described(snapshot, options)
            # Checked in the snapshot, to include objects created since the run began.
            missing = tuple(missing_objects(leader))
            pre_data = before.result()
        with SchemaDump(dumper, snapshot, "post-data") as after:
            # After the snapshot: a sequence may be ahead of the rows, but never behind them.
            sequences = read_sequences(leader)
            post_data = after.result()
        known = described.application.get("migration_names")
        signs = migrations.signs(known)
        if signs and not last:
            raise MigrationRunningError(signs)
        content = {
            PRE_DATA: pre_data,
            CATALOG: to_jsonl(catalog),
            SEQUENCES: states_to_json(sequences),
            POST_DATA: post_data,
        }
        # Fail now if a restore would refuse this content.
        parsed = parse_content(described, content.__getitem__)
        roles = roles_in([*parsed.pre_data, *parsed.post_data])
        members = [writer.add_member(name, content[name], mtime=when) for name in (PRE_DATA, CATALOG)]
        reader.release()
        entries = reader.finish()
        # A long migration may have started before the snapshot and ended only now.
        signs = signs or migrations.signs(known)
    except BaseException as error:
        reader.abandon(error)
        raise
    members += (writer.add_member(name, content[name], mtime=when) for name in (SEQUENCES, POST_DATA))
    described = replace(described, roles=tuple(sorted(roles)), tables=tuple(entries))
    return PackedDatabase(created, described, tuple(members), signs, missing)


def _described(snapshot: Snapshot, options: DatabaseOptions) -> DatabaseEntry:
    """Return the manifest's entry for the database, without its tables and roles."""
    leader = snapshot.leader
    found = properties.properties(leader)
    size = found.pop("size")
    found["excluded_table_data"] = sorted(
        table.key for table in snapshot.tables if excluded(table, options.exclude_table_data)
    )
    return DatabaseEntry(
        name=leader.server.database,
        server_version=str(leader.parameter("server_version")).split(" ", maxsplit=1)[0],
        server_version_num=leader.version,
        size=size,
        properties=found,
        roles=(),
        search_path=properties.search_path(leader),
        application=properties.application(leader),
        tables=(),
        row_digests=options.row_digests,
    )
