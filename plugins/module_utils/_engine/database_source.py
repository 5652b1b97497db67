# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database's way into an archive: one snapshot, read by many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .._archive.manifest import DatabaseEntry, MemberEntry
from .._archive.names import CATALOG, POST_DATA, PRE_DATA, SEQUENCES
from .._archive.writer import ArchiveWriter
from .._errors import DatabaseError
from .._postgres import properties
from .._postgres.catalog.jsonl import to_jsonl
from .._postgres.catalog.read import read_catalog
from .._postgres.copy_out import TableReader
from .._postgres.dump import PgDump, SchemaDump
from .._postgres.relations import Relation
from .._postgres.schema_roles import roles_in
from .._postgres.schema_sql import split
from .._postgres.sequence_states import read_sequences, states_to_json
from .._postgres.session import Session
from .._postgres.snapshot import Snapshot
from .watch import Watch


@dataclass(frozen=True)
class DatabaseOptions:
    """How a database is read.

    :param jobs: number of connections that read tables.
    :param row_digests: whether the server computes a digest of each table's rows.
    :param exclude_table_data: patterns of ``schema.Table`` or ``Table`` whose rows are left out.
    """

    jobs: int
    row_digests: bool = True
    exclude_table_data: tuple[str, ...] = ()


def check_readable(session: Session) -> None:
    """Make sure, before anything is written, that the database holds nothing that can't be carried.

    Raise DatabaseError (``large_objects``).
    """
    count = session.value("SELECT count(*) FROM pg_largeobject_metadata")
    if count:
        raise DatabaseError("large_objects", database=session.server.database, count=count)


def excluded(table: Relation, patterns: Sequence[str]) -> bool:
    """Return whether a table's rows are to be left out."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (table.key, table.name))


def pack_database(
    snapshot: Snapshot,
    pg_dump: PgDump,
    writer: ArchiveWriter,
    options: DatabaseOptions,
    watch: Watch,
) -> tuple[DatabaseEntry, list[MemberEntry]]:
    """Write the database into an archive.

    Order of the members: schema and catalog, data, sequences, the rest of the schema. Tables are read
    from the first moment; their frames are held back until the schema has been written.

    :returns: the manifest's entry for the database, and for the members that are no table's part.

    Raise DatabaseError whenever anything could not be read completely.
    """
    leader = snapshot.leader
    members: list[MemberEntry] = []
    tables = [table for table in snapshot.tables if not excluded(table, options.exclude_table_data)]
    left_out = sorted(table.key for table in snapshot.tables if excluded(table, options.exclude_table_data))

    def write(name: str, payload: bytes) -> None:
        members.append(writer.add_member(name, payload))

    reader = TableReader(
        snapshot, tables, writer, jobs=options.jobs, digests=options.row_digests, progress=watch.count, check=watch.check
    )
    with _dump(pg_dump, snapshot, "pre-data") as before:
        reader.start()
        try:
            catalog = read_catalog(leader)
            described = properties.properties(leader)
            search_path = properties.search_path(leader)
            application = properties.application(leader)
            pre_data = before.result()
            write(PRE_DATA, pre_data)
            write(CATALOG, to_jsonl(catalog))
            reader.release()
            with _dump(pg_dump, snapshot, "post-data") as after:
                # After the snapshot: a sequence may be ahead of the rows, but never behind them.
                sequences = read_sequences(leader)
                entries = reader.finish()
                write(SEQUENCES, states_to_json(sequences))
                post_data = after.result()
                write(POST_DATA, post_data)
        except BaseException as error:
            reader.abandon(error)
            raise
    described["excluded_table_data"] = left_out
    return (
        DatabaseEntry(
            name=leader.server.database,
            server_version=str(leader.parameter("server_version")).split(" ")[0],
            server_version_num=leader.version,
            size=described.pop("size"),
            properties=described,
            roles=tuple(sorted(roles_in([*split(pre_data), *split(post_data)]))),
            search_path=search_path,
            application=application,
            tables=tuple(entries),
            row_digests=options.row_digests,
        ),
        members,
    )


@contextmanager
def _dump(pg_dump: PgDump, snapshot: Snapshot, section: str) -> Iterator[SchemaDump]:
    encoding = snapshot.leader.parameter("client_encoding") or "UTF8"
    dump = SchemaDump(pg_dump, snapshot.leader.server, snapshot.name, section, encoding)
    try:
        yield dump
    finally:
        dump.kill()
