# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads a backup into a new database, in parallel and without client programs."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from .._archive.csvrows import csv_columns
from .._archive.names import part_member
from .._archive.parallel import Budget, ordered, threads
from .._archive.reader import ArchiveReader
from .._archive.tables import PartEntry, TableEntry
from .._errors import ArchiveError, DatabaseError, Notice
from .._worker_pool import WorkerPool
from .administration import divide
from .catalog.tolerances import Adaptation
from .deferred_checks import Check, not_validated, put_back, take_away
from .digest import RECORD, ROWS, TEXT, parse_digest, row_digest_sql
from .foreign_code import ForeignCode, path_for_copy, read_foreign_code
from .leave_out import LeaveOut
from .leaving import Leaving
from .names import qualified
from .post_data import Stages
from .properties import name_list
from .relations import Relation, Slice, relations
from .routing import Name, routed_partitions
from .row_hash import csv_hash, table_hash
from .schema_sql import Entry
from .server import Server
from .session import Session, identifier

#: Called with the number of rows and raw bytes that have just been loaded.
Progress = Callable[[int, int], None]

#: Opens a connection to a server's database for a block, such as :meth:`.session.Session.open`.
Connect = Callable[[Server], AbstractContextManager[Session]]

_SETTINGS = ("SET maintenance_work_mem = '128MB'", "SET check_function_bodies = off")
#: For several connections. A crash before the switch may lose all data anyway. Several indexes at a time use the
#: cores better than several workers for one index.
_SEVERAL_CONNECTIONS = "SET synchronous_commit = off; SET max_parallel_maintenance_workers = {workers}"
#: For a single connection, where only the server's parallel workers can share the work.
_SINGLE_CONNECTION = (
    "SET max_parallel_maintenance_workers = {jobs}; SET max_parallel_workers_per_gather = {jobs}"
)
#: Tables of extensions, which may have existed before the transaction.
_EXTENSION_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
 WHERE c.relkind = 'r'
"""
#: Number of parts that are read ahead while a single connection loads a part.
_READ_AHEAD = 3

#: Entries that may fail without loss of data, since only an extension's owner may execute them.
_TOLERATED = {"COMMENT": "COMMENT ON EXTENSION "}

#: The name of a function, always with its schema.
_FUNCTION = """
SELECT pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid))
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
 WHERE p.oid = pg_catalog.to_regprocedure(%s)
"""

#: SQLSTATEs of a function whose body uses unqualified names that the search path does not resolve:
#: undefined function, table, object, schema, column.
_UNDEFINED = ("42883", "42P01", "42704", "3F000", "42703")


@dataclass(frozen=True)
class _Load:
    table: TableEntry
    part: PartEntry


@dataclass(frozen=True)
class _Check:
    """A slice of a table to compare.

    :param columns: the columns in the order in which the client hashes them.
    """

    relation: Relation
    piece: Slice
    method: str
    columns: tuple[str, ...]


_Task = TypeVar("_Task")

#: Used for tables without a digest in the manifest: only their rows are counted.
_COUNT_ONLY = f"{TEXT}:0"


def _key(table: TableEntry) -> str:
    return f"{table.schema}.{table.name}"


class Loader:
    """Loads one backup into one empty database.

    :param server: the server with the new database.
    :param reader: the archive whose parts :meth:`data` loads.
    :param search_path: the source's search path, which functions with unqualified names need.
    :param functions_of: returns the functions (as in SQL) that an index or materialized view depends on.
    :param jobs: number of connections (with ``alone``: of threads that read ahead, and of the server's parallel workers).
    :param connect: opens connections, up to ``jobs`` + 1 at a time.
    :param alone: whether ``connect`` returns the same connection each time, which may be in a transaction: there is no
        parallel work.
    :param leave_out: objects to leave out or to add as NOT VALID.
    :param administer: opens connections of a superuser for statements that the unprivileged account of ``connect`` may
        not execute; see :mod:`.administration`. None if the account of ``connect`` executes everything.
    """

    def __init__(
        self,
        server: Server,
        reader: ArchiveReader | None,
        *,
        search_path: str,
        jobs: int,
        functions_of: Callable[[Entry], Sequence[str]],
        notices: list[Notice],
        progress: Progress,
        check: Callable[[], None],
        connect: Connect = Session.open,
        alone: bool = False,
        leave_out: LeaveOut | None = None,
        administer: Connect | None = None,
    ) -> None:
        self._server = server
        self._connect = connect
        self._administer = administer
        self.alone = alone
        self._reader = reader
        self._search_path = name_list(search_path)
        self._jobs = jobs
        self._functions_of = functions_of
        self._notices = notices
        self._progress = progress
        self._check_stop = check
        self._sessions: list[Session] = []
        self._adapting = threading.Lock()
        #: limits how much of the archive all workers together have in memory
        self._budget = Budget()
        self._roots: dict[Name, Name] = {}
        self._older: set[Name] = set()
        self._checks: list[Check] = []
        self._leaving = Leaving(leave_out or LeaveOut(), notices)

    @property
    def adaptations(self) -> list[Adaptation]:
        """The differences of the restored schema from the backup's."""
        return self._leaving.adaptations

    @contextmanager
    def session(self, workers: int = 0) -> Iterator[Session]:
        """Open a connection to the new database, set up for loading.

        :param workers: number of the server's parallel workers for an index or key. Ignored if the connection is the
            only one: then the number is ``jobs``.
        """
        with self._connect(self._server) as session:
            session.execute(f"SET search_path = {self._search_path}")
            helped = (
                _SINGLE_CONNECTION.format(jobs=self._jobs)
                if self.alone
                else _SEVERAL_CONNECTIONS.format(workers=workers)
            )
            for setting in (*_SETTINGS, helped):
                session.execute(setting)
            self._sessions.append(session)
            try:
                yield session
            finally:
                self._sessions.remove(session)

    def cancel(self) -> None:
        """Cancel the statements of all connections, from another thread."""
        for session in list(self._sessions):
            session.cancel()

    def run(self, entries: Iterable[Entry]) -> None:
        """Execute entries of pg_dump's output one after the other."""
        # In a thread, so that a long statement can be cancelled.
        self._share_out([tuple(entries)], self._build, "entries")

    def _execute(self, session: Session, entry: Entry, *, adapt: bool = True) -> None:
        name = f"{entry.type} {entry.name}"
        own, administered = divide(entry) if self._administer else (entry, "")
        # A subtransaction for each of thousands of entries would be too slow.
        retried = adapt and (entry.type in _TOLERATED or self._functions_of(entry))
        try:
            if own:
                with session.savepoint() if retried else nullcontext():
                    session.execute("\n".join([*own.settings, own.sql]), context=name)
            if administered and self._administer:
                with self._administer(self._server) as administrator:
                    administrator.execute(administered, context=name)
        except DatabaseError as error:
            if error.code == "permission_denied" and entry.sql.startswith(_TOLERATED.get(entry.type, "\0")):
                self._notices.append(
                    Notice("comment_not_restored", object=entry.name, cause=error.facts["cause"])
                )
                self.adaptations.append(Adaptation("extension_comment", entry.name.split(" ", 1)[-1]))
            elif adapt and error.facts.get("sqlstate") in _UNDEFINED and self._adapt(session, entry):
                self._execute(session, entry, adapt=False)
            else:
                raise self._explained(error, entry) from error

    def _explained(self, error: DatabaseError, entry: Entry) -> DatabaseError:
        """Return the error as one of the restore, with the object that failed."""
        if entry.type == "EXTENSION" and error.facts.get("sqlstate") in ("0A000", "58P01"):
            return DatabaseError(
                "extension_missing",
                server=error.facts["server"],
                extension=entry.name,
                cause=error.facts["cause"],
            )
        if error.code != "statement_failed":
            return error
        return refused_rows(error) or DatabaseError(
            "entry_failed", **{**error.facts, "object": error.facts["context"]}
        )

    def _adapt(self, session: Session, entry: Entry) -> bool:
        """Attach the source's search path to the functions that an entry uses; return whether there are any.

        PostgreSQL 17 and later run functions in index expressions and materialized views under a safe
        search path (release notes of version 17, "Migration"). A function with unqualified names in its
        body works there only with a search path attached to it.
        """
        functions = self._functions_of(entry)
        # Workers that build other indexes may adapt the same function.
        with self._adapting:
            for name in functions:
                change = Adaptation("function_search_path", name, self._search_path)
                if change not in self.adaptations:
                    # The name comes from the archive: only use it in a statement as the server spells it.
                    known = session.value(_FUNCTION, [name], context=f"FUNCTION {name}")
                    if known is None:
                        return False
                    sql = f"ALTER FUNCTION {known} SET search_path = {self._search_path}"
                    session.execute(sql, context=f"FUNCTION {name}")
                    self.adaptations.append(change)
                    self._notices.append(Notice("function_adapted", function=name, path=self._search_path))
        return bool(functions)

    def check_tables(self, tables: Sequence[TableEntry], without_rows: Collection[str]) -> None:
        """Compare the tables and columns in the manifest with those that the schema has created.

        :param without_rows: tables (``schema.Table``) whose rows are not in the backup.

        Raise ArchiveError (``json_invalid``) for the first difference.
        """
        with self.session() as session:
            session.use_no_search_path()
            present = {(relation.schema, relation.name): relation for relation in relations(session)}
        for table in tables:
            relation = present.pop((table.schema, table.name), None)
            if relation is None:
                raise _manifest_differs(_key(table), "it is not in the schema")
            # The columns of an extension's tables depend on its version on the target.
            if sorted(table.columns) != sorted(relation.columns) and not relation.extension:
                raise _manifest_differs(_key(table), "it has other columns in the schema")
        for relation in present.values():
            if relation.key not in without_rows and not relation.extension and not self.alone:
                raise _manifest_differs(relation.key, "it is not in the manifest")

    def data(self, tables: Sequence[TableEntry]) -> None:
        """Load all parts of the tables, the largest tables first."""
        largest = sorted(tables, key=lambda table: -table.bytes)
        with self.session() as session:
            session.use_no_search_path()
            self._roots = routed_partitions(session)
            if self.alone:
                self._older = {(str(row[0]), str(row[1])) for row in session.query(_EXTENSION_TABLES)}
        tasks = [_Load(table, part) for table in largest for part in table.parts]
        if self.alone:
            self._share_out([tasks], self._load_ahead, "load")
        else:
            self._share_out(tasks, self._load, "load")

    def _load(self, session: Session, task: _Load) -> None:
        with self._budget.taken(self._cost(task)):
            self._copy(session, task, self._read(task))

    def _load_ahead(self, session: Session, tasks: Sequence[_Load]) -> None:
        """Load parts one after the other, while the next ones are read and verified."""
        with ThreadPoolExecutor(threads(self._jobs), thread_name_prefix="read") as pool:
            for task, text in zip(tasks, ordered(pool, self._read, tasks, _READ_AHEAD, self._cost)):
                self._copy(session, task, text)

    def _cost(self, task: _Load) -> int:
        # The driver makes a copy of the part.
        return self._archive.cost(task.part.frame) + task.part.bytes

    @property
    def _archive(self) -> ArchiveReader:
        if self._reader is None:
            raise ValueError("there is no archive with parts")
        return self._reader

    def _read(self, task: _Load) -> memoryview:
        content = self._archive.part(task.table, task.part)
        # COPY uses the column order of the manifest, and ignores the names in the header line.
        if csv_columns(content) != task.table.columns:
            name = part_member(task.table.schema, task.table.name, task.part.number)
            path = self._archive.path
            raise ArchiveError("manifest_false", problem="columns", path=path, member=name)
        return content

    def _copy(self, session: Session, task: _Load, text: memoryview) -> None:
        table, part = task.table, task.part
        place = (table.schema, table.name)
        relation = Relation(*self._roots.get(place, place), table.columns)
        # FREEZE is only correct for new tables: sessions that wait for an older one may have older snapshots.
        frozen = self.alone and place not in self._older and place not in self._roots
        try:
            rows = session.copy_in(relation.copy_in(frozen=frozen), io.BytesIO(text), context=relation.key)
        except DatabaseError as error:
            raise refused_rows(error) or error from error
        if rows != part.rows:
            raise self._rows_lost(relation.key, part.rows, rows)
        self._progress(rows, part.bytes)

    def check_rows(self, tables: Sequence[TableEntry]) -> None:
        """Compare rows and digests of the loaded tables with the manifest.

        Raise DatabaseError (``digest_differs``) for the first table that is not equal.
        """
        with self.session() as session:
            session.use_no_search_path()
            code = read_foreign_code(session)
            present = {relation.key: relation for relation in relations(session, code)}
            version = session.version
        # Rows may be in another partition of the same root than in the source: all partitions of a root are compared
        # together, with the same method.
        together: dict[Name, list[TableEntry]] = {}
        tasks = []
        for table in tables:
            if _key(table) not in present:
                raise self._rows_lost(_key(table), table.rows, 0)
            place = (table.schema, table.name)
            together.setdefault(self._roots.get(place, place), []).append(table)
        methods = {place: self._method(group, present) for place, group in together.items()}
        for place, group in together.items():
            for table in group:
                relation, method = present[_key(table)], methods[place]
                pieces = [Slice()] if method == ROWS else relation.slices(version)
                tasks += [_Check(relation, piece, method, table.columns) for piece in pieces]
        found: dict[str, tuple[int, int]] = {}
        guard = threading.Lock()

        def check(session: Session, task: _Check) -> None:
            count, digest = self._digest(session, code, task)
            with guard:
                rows, total = found.get(task.relation.key, (0, 0))
                found[task.relation.key] = (rows + count, total + digest)

        self._share_out(tasks, check, "check")
        for (schema, name), group in together.items():
            expected = sum(table.rows for table in group)
            rows = sum(found[_key(table)][0] for table in group)
            if rows != expected:
                raise self._rows_lost(f"{schema}.{name}", expected, rows)
            digests = [
                self._expected(table, methods[schema, name]) for table in group if table.digest is not None
            ]
            if digests and sum(digests) != sum(found[_key(table)][1] for table in group):
                facts = {"table": f"{schema}.{name}", "database": self._server.database}
                raise DatabaseError("digest_differs", problem="digest", **facts)

    def _method(self, group: Sequence[TableEntry], present: Mapping[str, Relation]) -> str:
        """Return the digest method for tables that are compared together."""
        said = {parse_digest(table.digest or _COUNT_ONLY)[0] for table in group}
        if ROWS in said or any(present[_key(table)].plain for table in group):
            return ROWS
        return said.pop() if len(said) == 1 else RECORD

    def _digest(self, session: Session, code: ForeignCode, task: _Check) -> tuple[int, int]:
        """Return the number of rows of a slice, and their digest."""
        relation = task.relation
        if task.method == ROWS:
            with path_for_copy(session, code, self._search_path):
                return table_hash(session, relation.schema, relation.name, task.columns)
        if code.roles:
            session.use_no_search_path()
        # A backup contains only the user's rows of an extension's configuration table.
        condition = relation.where(task.piece).removeprefix(" WHERE ")
        sql = row_digest_sql(relation.schema, relation.name, relation.digest_columns, condition, task.method)
        count, digest = session.query(sql, context=relation.key)[0]
        return int(count), int(digest)

    def _expected(self, table: TableEntry, method: str) -> int:
        """Return the digest that a table's rows must have: the manifest's, or one of the archive's rows if its method differs."""
        said, total = parse_digest(table.digest or _COUNT_ONLY)
        if said == method:
            return total
        return sum(csv_hash(self._archive.part(table, part))[1] for part in table.parts)

    def _rows_lost(self, table: str, expected: int, found: int) -> DatabaseError:
        facts = {"table": table, "database": self._server.database, "expected": expected, "found": found}
        return DatabaseError("digest_differs", problem="count", **facts)

    def build_indexes(self, built: Stages) -> None:
        """Build keys, then indexes, several at a time."""
        # Adding a key locks its table exclusively. Since one table has most of the data, its key is built with parallel
        # workers: measured 1.2 s instead of 1.8 to 3.2 s for the key of 600,000 messages, on two cores.
        self._share_out(built.keys, self._build, "key", workers=self._jobs - 1)
        self._share_out([(entry,) for entry in built.indexes], self._build, "index")

    def _build(self, session: Session, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._check_stop()
            self._leaving.make(session, entry, self._execute)

    @property
    def defers(self) -> bool:
        """Whether there are CHECK constraints to add later."""
        return bool(self._checks)

    def defer_checks(self) -> None:
        """Drop the CHECK constraints that depend on more than the row, until :meth:`add_checks`."""
        with self.session() as session, session.no_search_path():
            self._checks = take_away(session, everything=bool(self._leaving.wanted))

    def add_checks(self) -> None:
        """Add the dropped CHECK constraints again, as NOT VALID if existing rows violate them."""
        # In a thread, so that it can be cancelled. Descendants come first, since a constraint of an ancestor is merged with
        # the same constraint of its descendants.
        self._share_out(
            [[check for check in reversed(self._checks) if check.local]], self._add_checks, "checks"
        )
        with self.session() as session, session.no_search_path():
            self._leaving.inherited(not_validated(session, self._checks))

    def _add_checks(self, session: Session, checks: Sequence[Check]) -> None:
        for check in checks:
            self._check_stop()
            asked = self._leaving.wanted.has("constraint", check.catalog_name)
            cause = put_back(session, check, valid=not asked)
            if asked or cause:
                self._leaving.not_validated(check.catalog_name, cause or Notice("left_out_as_asked"))

    def with_rows(self, tables: Sequence[TableEntry]) -> list[TableEntry]:
        """Return the tables whose rows are not left out, and record the others."""
        return [table for table in tables if not self._leaves_rows(qualified(table.schema, table.name))]

    def _leaves_rows(self, name: str) -> bool:
        """Return whether a table's rows are left out, and record it once."""
        left = self._leaving.wanted.has("table", name)
        if left:
            self._leaving.rows(name)
        return left

    def analyze(self, tables: Sequence[TableEntry]) -> None:
        """Run ANALYZE on all tables."""
        largest = sorted(tables, key=lambda table: -table.bytes)

        def analyze(session: Session, table: TableEntry) -> None:
            session.execute(f"ANALYZE {identifier(table.schema, table.name)}", context=_key(table))

        self._share_out(largest, analyze, "analyze")

    def _share_out(
        self, tasks: Sequence[_Task], work: Callable[[Session, _Task], None], name: str, *, workers: int = 0
    ) -> None:
        pool: WorkerPool[Session, _Task] = WorkerPool(
            1 if self.alone else self._jobs,
            partial(self.session, workers),
            work,
            self.cancel,
            check=self._check_stop,
            name=name,
        )
        pool.run(tasks)


def _manifest_differs(table: str, cause: str) -> ArchiveError:
    return ArchiveError("json_invalid", source="manifest.json", where=f"{table}: {cause}")


def refused_rows(error: DatabaseError) -> DatabaseError | None:
    """Return the error for rows that violate a constraint; None if the error is of another kind."""
    if not str(error.facts.get("sqlstate")).startswith("23"):
        return None
    return DatabaseError("rows_refused", **{**error.facts, "object": error.facts["context"]})
