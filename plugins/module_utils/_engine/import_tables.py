# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Importing tables that ``retrieve`` exported from another system into a migrated database.

They are filled in one transaction, which is committed once everything else is in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any

from .._archive.csvfields import projection, records
from .._archive.legacy.entries import LegacyArchive
from .._archive.legacy.tables import CsvTable
from .._components.component import Change, Need, Staged
from .._components.database.entry import DATABASE
from .._components.database.options import IN_PLACE
from .._components.database.sessions import clear_whatsapp_sessions
from .._components.database.staged_transaction import StagedTransaction
from .._errors import DatabaseError, Notice, listed
from .._postgres.foreign_code import use_own_search_path
from .._postgres.sequences import move_sequences, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session
from .._postgres.table_import import (
    ExistingTable,
    Pieces,
    copy_csv,
    count_rows,
    drop_foreign_keys,
    existing_tables,
    lock,
    mark_seeds,
    recreate_foreign_keys,
)
from .._postgres.transaction import ask_whether_committed, transaction_number
from .._run.run import Run


@dataclass(frozen=True)
class TableOptions:
    """How tables are imported.

    :param clear_sessions: disconnect WhatsApp and forget its keys.
    :param fix_sequences: move sequences on that are behind their tables.
    :param ignore_unknown: leave out tables and columns that the database does not have.
    :param seeds: names of the application's seeds that count as done afterwards.
    """

    clear_sessions: bool = True
    fix_sequences: bool = True
    ignore_unknown: bool = False
    seeds: tuple[str, ...] = ()


class ImportedTables(Change):
    """The tables of an archive.

    :param found: what is in it.
    """

    component = DATABASE
    decides = True
    _session: Session

    def __init__(
        self,
        server: Server,
        archive: LegacyArchive,
        found: Sequence[CsvTable],
        options: TableOptions,
        notices: list[Notice],
    ) -> None:
        super().__init__()
        self._server = server
        self._archive = archive
        self._tables = list(found)
        self._targets: dict[str, ExistingTable] = {}
        self._options = options
        self._notices = notices
        self._sequences: list[dict[str, Any]] = []
        self._whatsapp_sessions: dict[str, int] = {}
        self.seeds: list[str] = []

    def plan(self, run: Run, needs: list[Need]) -> None:
        self._session = self._open.enter_context(Session.open(self._server))
        run.phase("looking at the tables")
        self._tables, self._targets = self._match(self._session, self._tables)

    @property
    def pending(self) -> bool:
        return True

    def stage(self) -> AbstractContextManager[Staged]:
        return _Staged(self, self._server).opened()

    def transaction(self) -> AbstractContextManager[None]:
        """Return the transaction in which :meth:`load` works; its end commits it."""
        return self._session.transaction()

    def report(self) -> dict[str, Any]:
        tables = {self._targets[table.name].key: table.rows for table in self._tables}
        return {
            DATABASE: {
                "name": self._server.database,
                "strategy": IN_PLACE,
                "tables": tables,
                "adaptations": [],
            },
            "sequences": self._sequences,
            "whatsapp_sessions": self._whatsapp_sessions,
        }

    def analyze(self, run: Run) -> None:
        """Compute the statistics of what was imported. Raise DatabaseError."""
        run.phase("statistics")
        # Another session, since the transaction's own may have been lost at the commit.
        with Session.open(self._server) as other:
            use_own_search_path(other)
            for table in self._tables:
                target = self._targets[table.name]
                other.execute(f"ANALYZE {target.quoted}", context=target.key)

    def load(self, run: Run) -> str:
        """Fill and verify the tables in the session's transaction; return the transaction's number."""
        session, tables, targets = self._session, self._tables, self._targets
        ordered = [targets[table.name] for table in tables]
        lock(session, ordered)
        _check_empty(session, ordered)  # checked again now that nobody else can write
        keys = drop_foreign_keys(session, ordered)
        run.phase(
            "data", rows=sum(table.rows for table in tables), bytes=sum(table.bytes for table in tables)
        )
        wanted = {table.path: table for table in tables}
        for item, content in self._archive.items():
            table = wanted.get(item.path)
            if table is not None:
                self._copy(targets[table.name], table, content(), run)
        run.phase("counting rows")
        found = count_rows(session, ordered)
        for table in tables:
            target = targets[table.name]
            if found[target.key] != table.rows:
                raise _rows_lost(target, table, found[target.key])
        run.phase("foreign keys")
        for _key in recreate_foreign_keys(session, keys):
            run.check()
        run.phase("sequences")
        if self._options.fix_sequences:
            changes = plan_sequences(session, notices=self._notices)
            move_sequences(session, changes)
            self._sequences = [asdict(change) for change in changes]
        if self._options.clear_sessions:
            self._whatsapp_sessions = clear_whatsapp_sessions(session)
        self.seeds = mark_seeds(session, self._options.seeds)
        # Check deferred constraints now, when an error can still be told from a lost connection.
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return transaction_number(session)

    def _match(
        self, session: Session, tables: Sequence[CsvTable]
    ) -> tuple[list[CsvTable], dict[str, ExistingTable]]:
        """Return the tables to import, and their target tables in the database.

        Raise DatabaseError: ``import_unknown``, ``import_columns_missing``,
        ``objects_not_owned``, ``import_not_empty``.
        """
        found = existing_tables(session, [table.name for table in tables])
        facts = {"database": session.server.database, "server": session.server.place}
        ignored: list[Notice] = []

        def refuse(code: str, names: Iterable[str]) -> None:
            shown = listed(names)
            if shown:
                raise DatabaseError(code, names=shown, **facts)

        def unknown(names: Sequence[str]) -> None:
            if not self._options.ignore_unknown:
                refuse("import_unknown", names)
            elif names:
                ignored.append(Notice("import_ignored", names=listed(names)))

        unknown([table.name for table in tables if table.name not in found])
        known = [table for table in tables if table.name in found]
        unknown(
            [
                f"{table.name}.{name}"
                for table in known
                for name in table.columns
                if not found[table.name].takes(name)
            ]
        )
        refuse("import_unknown", [] if known else [table.name for table in tables])
        refuse(
            "import_columns_missing",
            (
                f"{table.name}.{column}"
                for table in known
                for column in found[table.name].required
                if table.rows and column not in table.columns
            ),
        )
        others = listed(target.key for target in found.values() if not target.owned)
        if others:
            raise DatabaseError("objects_not_owned", objects=others, user=session.server.user, **facts)
        _check_empty(session, [found[table.name] for table in known])
        self._notices += ignored
        return known, found

    def _copy(self, target: ExistingTable, table: CsvTable, content: Iterator[memoryview], run: Run) -> None:
        def counted() -> Iterator[memoryview]:
            for piece in content:
                run.count_bytes(len(piece))
                yield piece

        places = [number for number, column in enumerate(table.columns) if target.takes(column)]
        pieces: Iterator[bytes | memoryview] = counted()
        if len(places) < len(table.columns):
            pieces = map(projection(places), records(bytes(piece) for piece in counted()))
        columns = [table.columns[place] for place in places]
        loaded = copy_csv(self._session, target, columns, Pieces(pieces), table.file)
        if loaded != table.rows:
            raise _rows_lost(target, table, loaded)
        run.count(loaded, 0)


class _Staged(StagedTransaction):
    def __init__(self, tables: ImportedTables, database: Server) -> None:
        super().__init__(database)
        self._tables = tables
        self._where = database
        self._run = Run()

    def fill(self, run: Run) -> None:
        self._run = run
        self.transaction.enter_context(self._tables.transaction())
        self.number = self._tables.load(run)

    def decide(self) -> None:
        self._run.phase("committing")
        try:
            super().decide()
        except DatabaseError as error:
            if not _committed(self._where, self.number, error):
                raise


def _rows_lost(target: ExistingTable, table: CsvTable, found: int) -> DatabaseError:
    return DatabaseError(
        "import_rows_lost", table=target.key, file=table.file, expected=table.rows, found=found
    )


def _check_empty(session: Session, tables: Sequence[ExistingTable]) -> None:
    full = {name: rows for name, rows in count_rows(session, tables).items() if rows}
    if full:
        raise DatabaseError(
            "import_not_empty",
            database=session.server.database,
            server=session.server.place,
            tables=listed(f"{name} ({rows} rows)" for name, rows in full.items()),
        )


def _committed(server: Server, transaction: str, error: BaseException) -> bool:
    """Return whether a transaction was committed although its answer was lost.

    Raise DatabaseError (``import_undecided``) if the server can't be asked.
    """
    if not (transaction and isinstance(error, DatabaseError) and error.code == "connection_lost"):
        return False
    return ask_whether_committed(server, transaction, "import_undecided")
