# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources of a database export: a backup, which needs no server, or a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from .._archive.csvfields import projection, records, to_text
from .._archive.names import POST_DATA, PRE_DATA, SEQUENCES
from .._archive.parallel import ordered, threads
from .._archive.reader import ArchiveReader
from .._components.database.entry import DatabaseEntry
from .._errors import ArchiveError, DatabaseError
from .._postgres import properties
from .._postgres.dump import Dumper, SchemaDump, SchemaLockedError
from .._postgres.foreign_code import path_for_copy, use_own_search_path
from .._postgres.relations import Relation, Slice, csv_header
from .._postgres.routing import routed_partitions
from .._postgres.sequence_states import SequenceState, read_sequences, states_from_json
from .._postgres.server import Server
from .._postgres.session import identifier
from .._postgres.snapshot import Snapshot, take
from .._run.run import Run

#: Receives the next piece.
Write = Callable[[bytes], None]

_PIECE = 1 << 20
#: How many parts are read and converted ahead of the one being written.
_AHEAD = 2
#: How many times a snapshot is retried because another session took a lock between it and pg_dump.
_ATTEMPTS = 4


@dataclass(frozen=True)
class SourceTable:
    """A table with rows.

    :param columns: those that can be loaded, in their order.
    :param load_as: schema and name under which its rows are loaded, which is the partition's root if the rows
        may belong to another partition in the new database.
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    load_as: tuple[str, str]

    @property
    def key(self) -> str:
        """The name as results and messages show it."""
        return f"{self.schema}.{self.name}"


class ExportSource(Protocol):
    """A database to export."""

    @property
    def tables(self) -> Sequence[SourceTable]:
        """Its tables, by schema and name."""

    @property
    def search_path(self) -> str:
        """Default settings of its sessions."""

    @property
    def sequences(self) -> Sequence[SequenceState]:
        """States of its sequences."""

    @property
    def pre_data(self) -> bytes:
        """The pre-data section of pg_dump."""

    @property
    def post_data(self) -> bytes:
        """The post-data section of pg_dump."""

    def text(self, table: SourceTable, write: Write) -> int:
        """Write a table's rows in COPY's text format; return their number."""

    def csv(self, table: SourceTable, columns: Sequence[str], write: Write) -> int:
        """Write some columns of a table's rows as CSV without a header line; return the number of rows."""


class BackupSource:
    """The database of a backup. No server is needed."""

    def __init__(self, reader: ArchiveReader, entry: DatabaseEntry, jobs: int, run: Run) -> None:
        """Read the schema. Raise ArchiveError."""
        self._reader = reader
        self._run = run
        self._jobs = jobs
        self._entries = {(table.schema, table.name): table for table in entry.tables}
        self.tables = [
            SourceTable(table.schema, table.name, table.columns, (table.schema, table.name))
            for table in entry.tables
        ]
        self.search_path = entry.search_path
        self.pre_data = self._reader.named(PRE_DATA)
        self.post_data = self._reader.named(POST_DATA)
        self.sequences = states_from_json(self._reader.named(SEQUENCES))

    def text(self, table: SourceTable, write: Write) -> int:
        """Write a table's rows in COPY's text format; return their number."""
        # Rows without any column are empty lines in both formats.
        return self._rows(table, to_text if table.columns else bytes, write)

    def csv(self, table: SourceTable, columns: Sequence[str], write: Write) -> int:
        """Write some columns of a table's rows as CSV without a header line; return the number of rows."""
        places = [table.columns.index(column) for column in columns]
        same = places == list(range(len(table.columns)))
        return self._rows(table, bytes if same else projection(places), write)

    def _rows(self, table: SourceTable, convert: Callable[[bytes], bytes], write: Write) -> int:
        entry = self._entries[(table.schema, table.name)]
        header = csv_header(entry.columns)

        def read(number: int) -> list[bytes]:
            part = entry.parts[number]
            content = self._reader.part(entry, part)
            if content[: len(header)] != header:
                raise ArchiveError(
                    "manifest_false", problem="columns", path=self._reader.path, member=table.key
                )
            rows = content[len(header) :]
            pieces = (bytes(rows[start : start + _PIECE]) for start in range(0, len(rows), _PIECE))
            return [convert(chunk) for chunk in records(pieces, _PIECE)]

        def cost(number: int) -> int:
            # Its rows are in memory twice, as in the archive and converted.
            part = entry.parts[number]
            return self._reader.cost(part.frame) + 2 * part.bytes

        with ThreadPoolExecutor(threads(self._jobs), "sidekick-convert") as pool:
            for number, chunks in enumerate(ordered(pool, read, range(len(entry.parts)), _AHEAD, cost)):
                for chunk in chunks:
                    write(chunk)
                self._run.count(entry.parts[number].rows, entry.parts[number].bytes)
        return entry.rows


class LiveSource:
    """A snapshot of a database on a server."""

    def __init__(self, snapshot: Snapshot, dumper: Dumper, run: Run) -> None:
        """Read the schema. Raise DatabaseError, SchemaLockedError."""
        self._leader = leader = snapshot.leader
        self._run = run
        with SchemaDump(dumper, snapshot, "pre-data") as dump:
            self.search_path = properties.search_path(leader)
            roots = routed_partitions(leader)
            self.pre_data = dump.result()
        with SchemaDump(dumper, snapshot, "post-data") as dump:
            # After the snapshot: a sequence may be ahead of the rows, but never behind them.
            self.sequences = read_sequences(leader)
            self.post_data = dump.result()
        self._relations = {(table.schema, table.name): table for table in snapshot.tables}
        self.tables = [
            SourceTable(*place, relation.columns, roots.get(place, place))
            for place, relation in sorted(self._relations.items())
        ]
        self._code = snapshot.code
        use_own_search_path(leader, self._code)

    def text(self, table: SourceTable, write: Write) -> int:
        """Write a table's rows in COPY's text format; return their number."""
        return self._copy(table, table.columns, "text", write)

    def csv(self, table: SourceTable, columns: Sequence[str], write: Write) -> int:
        """Write some columns of a table's rows as CSV without a header line; return the number of rows."""
        return self._copy(table, columns, "csv", write)

    def _copy(self, table: SourceTable, columns: Sequence[str], form: str, write: Write) -> int:
        relation: Relation = self._relations[(table.schema, table.name)]
        rows = _Gathered(write, self._run)
        listed = ", ".join(map(identifier, columns))
        where = relation.where(Slice())
        what = f"{relation.quoted} ({listed})"
        if relation.plain:
            if where:
                facts = {"tables": relation.key, "condition": where.strip()}
                raise DatabaseError("foreign_code", problem="read", **facts)
            what = f"{relation.quoted} ({listed})" if listed else relation.quoted
        elif where or not listed:
            what = f"(SELECT {listed} FROM ONLY {relation.quoted}{where})"
        statement = f"COPY {what} TO STDOUT (FORMAT {form})"
        # A condition, which only extensions' tables have, needs a query, with the session's own search path.
        with nullcontext() if where else path_for_copy(self._leader, self._code):
            count = self._leader.copy_out(statement, rows, context=relation.key)
        rows.flush()
        self._run.count(count, 0)
        return count


class _Gathered:
    """Collects rows into pieces, since the driver returns one at a time."""

    def __init__(self, write: Write, run: Run) -> None:
        self._write = write
        self._run = run
        self._rows: list[bytes] = []
        self._size = 0

    def write(self, data: bytes, /) -> None:
        """Take a row."""
        self._rows.append(data)
        self._size += len(data)
        if self._size >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Pass on the collected rows."""
        if self._rows:
            self._write(b"".join(self._rows))
            self._run.count_bytes(self._size)
            self._rows, self._size = [], 0


@contextmanager
def live_source(server: Server, dumper: Dumper, run: Run) -> Iterator[LiveSource]:
    """Take a snapshot of a database for the block, with its tables locked against changes of their definitions.

    Raise DatabaseError (``tables_unsteady``) if others kept asking for exclusive locks.
    """
    cause = ""
    for attempt in range(1, _ATTEMPTS + 1):
        with take(server) as snapshot:
            try:
                source = LiveSource(snapshot, dumper, run)
            except SchemaLockedError as error:
                cause = str(error)
            else:
                yield source
                return
        # Sessions that waited for our locks can continue now.
        time.sleep(0.2 * attempt)
    raise DatabaseError("tables_unsteady", database=server.database, attempts=_ATTEMPTS, cause=cause)
