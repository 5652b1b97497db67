# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring single tables into a database in use.

The backup's rows are loaded into temporary tables and proved there. Then, in one transaction, they are compared with
what is there, everything that would break is named, and they are brought in, proved again and committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from .._archive.names import CATALOG
from .._archive.parallel import ordered
from .._archive.reader import ArchiveReader
from .._archive.tables import TableEntry
from .._components.absence import absent
from .._components.component import FAIL, SKIP
from .._components.database.entry import DATABASE, DatabaseEntry
from .._components.database.server_checks import check_server_space, check_version
from .._components.database.sessions import is_key_store
from .._errors import ArchiveError, DatabaseError, HostError, Notice, listed
from .._postgres.catalog.jsonl import from_jsonl
from .._postgres.catalog.model import Catalog
from .._postgres.foreign_code import use_own_search_path
from .._postgres.live_tables import misfits, read_live_tables
from .._postgres.lock_holders import (
    LOCK_TIMEOUT,
)
from .._postgres.merge import TableMerge
from .._postgres.names import qualified, quoted, split_name
from .._postgres.session import Session
from .._postgres.target import Target
from .._run.run import Run
from .._worker_pool import WorkerPool
from .selective_names import Name, selected_tables, spellings, table_objects
from .selective_request import SelectedRequest
from .selective_transaction import SelectiveTransaction, TablesDone, cleared_of, refuse_full, refused
from .undelete import Choices, Undelete

#: Parts that are read while one is loaded.
_PARTS_AHEAD = 2
#: Bytes of a backup's rows from which on it matters whether the server has space for them.
_SPACE_MATTERS = 256 * 1024 * 1024


class TableRestore:
    """The ``tables`` of a request."""

    def __init__(
        self,
        request: SelectedRequest,
        reader: ArchiveReader,
        notices: list[Notice],
        run: Run,
        undelete: Undelete | None = None,
    ) -> None:
        self._request = request
        self._reader = reader
        self._notices = notices
        self._run = run
        self._undelete = undelete
        self._deciding = threading.Event()
        self._session: Session | None = None
        self.done = TablesDone()

    @property
    def _merging(self) -> bool:
        return self._request.merge

    def run(self, install: Callable[[], None]) -> None:
        """Bring the tables back, by one transaction.

        :param install: called when everything is written and proved, right before the commit. In a dry run it is not
            called, and nothing is written.

        Raise SidekickError; then the database is as it was.
        """
        entry, catalog = self._database()
        chosen = selected_tables(self._request.tables, entry, catalog, self._reader.manifest.id)
        rows = self._undelete.rows if self._undelete else self._filters(chosen)
        with Target.open(self._request.server) as target:
            self._check_server(target, entry, chosen.values())

            def work(session: Session, _task: int) -> None:
                self._restore(session, entry, catalog, chosen, rows, install)

            # In a thread of its own, so that a run that is asked to stop doesn't wait for a statement's end.
            pool: WorkerPool[Session, int] = WorkerPool(
                1, self._opened, work, self._cancel, check=self._check, name="tables"
            )
            pool.run([0])

    @contextmanager
    def _opened(self) -> Iterator[Session]:
        with Session.open(self._request.server) as session:
            self._session = session
            yield session

    def _cancel(self) -> None:
        if self._session is not None:
            self._session.cancel()

    def _check(self) -> None:
        # From there on the run can't be stopped without leaving open how it ended.
        if not self._deciding.is_set():
            self._run.check()

    def _database(self) -> tuple[DatabaseEntry, Catalog]:
        manifest = self._reader.manifest
        entry = DatabaseEntry.of(manifest)
        if entry is None:
            raise absent(DATABASE, manifest)
        return entry, from_jsonl(self._reader.named(CATALOG))

    def _filters(self, chosen: Mapping[Name, TableEntry]) -> dict[Name, Choices]:
        """Return which rows of the chosen tables are wanted. Raise HostError (``option_invalid``)."""
        found: dict[Name, dict[str, list[str]]] = {}
        for text, columns in self._request.rows.items():
            names = [name for name in chosen if text in spellings(name)]
            if len(names) != 1:
                raise _bad_rows(text, "it is not the name of exactly one of the tables in tables")
            if not columns:
                raise _bad_rows(text, "columns and their values have to follow")
            for column, values in columns.items():
                if column not in chosen[names[0]].columns:
                    raise _bad_rows(f"{text}: {column}", "the table has no such column in the backup")
                if not values or not all(isinstance(value, (str, int, float)) for value in values):
                    raise _bad_rows(f"{text}: {column}", "it needs a value, or a list of values")
                found.setdefault(names[0], {})[column] = [str(value) for value in values]
        return {name: [columns] for name, columns in found.items()}

    def _check_server(self, target: Target, entry: DatabaseEntry, tables: Iterable[TableEntry]) -> None:
        check_version(target, entry)
        # Once in the temporary table, once in its own.
        needed = 2 * sum(table.bytes for table in tables)
        check_server_space(target, needed, self._notices if needed > _SPACE_MATTERS else [])

    # -- before the transaction -----------------------------------------------

    def _restore(
        self,
        session: Session,
        entry: DatabaseEntry,
        catalog: Catalog,
        chosen: Mapping[Name, TableEntry],
        rows: Mapping[Name, Choices],
        install: Callable[[], None],
    ) -> None:
        code = use_own_search_path(session)
        code.check_writable(session, list(chosen))
        session.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        self._run.phase("comparing tables")
        merges = self._fitting(session, entry, catalog, chosen)
        merges = self._needed(merges)
        self._run.phase("reading tables", rows=sum(merge.entry.rows for merge in merges))
        for merge in merges:
            merge.prepare()
            self._load(merge)
            merge.prove_loaded()
            if merge.live.name in rows:
                self._keep_only(merge, rows[merge.live.name])
        self._run.phase("comparing rows")
        transaction = SelectiveTransaction(
            self._request, session, code, merges, self.done, self._notices, self._run, self._deciding
        )
        transaction.run(install)

    def _fitting(
        self, session: Session, entry: DatabaseEntry, catalog: Catalog, chosen: Mapping[Name, TableEntry]
    ) -> list[TableMerge]:
        """Return the tables in use, which have the columns of the backup's."""
        with session.no_search_path():
            found = read_live_tables(session, chosen)
        missing = [qualified(*name) for name in chosen if name not in found]
        if missing:
            raise self._error("selected_tables_missing", tables=listed(missing))
        objects = table_objects(catalog)
        schemas = {split_name(obj.name)[0] for obj in catalog.of("schema")} | {"pg_catalog"}
        same_version = session.version // 10000 == entry.server_version_num // 10000
        merges = []
        for number, (name, table) in enumerate(chosen.items(), 1):
            obj, live = objects.get(name), found[name]
            if obj is None:
                raise ArchiveError(
                    "json_invalid",
                    source="database/catalog.jsonl",
                    where=f"it has no table {qualified(*name)}",
                )
            reasons = misfits(obj, live, schemas, same_version=same_version)
            if reasons:
                raise self._error(
                    "selected_table_differs", table=qualified(*name), differences="; ".join(reasons)
                )
            extra = tuple(live.extra_columns(obj))
            if set(extra) & set(live.key):
                live = replace(live, key=())
            merge = TableMerge(session, number, table, live, extra, replace=not self._merging)
            if self._undelete:
                merge.overwritten = tuple(self._undelete.overwritten.get(name, ()))
            merges.append(merge)
        return merges

    def _needed(self, merges: Sequence[TableMerge]) -> list[TableMerge]:
        """Return the tables that have to be looked at row by row, or are empty."""
        needed, full, kept = [], [], []
        for merge in merges:
            self._run.check()
            if self._request.clear_sessions and is_key_store(*merge.live.name):
                self._notices.append(Notice("sessions_left_out", table=merge.key))
                self.done.whatsapp_sessions[merge.live.name[1]] = 0
                continue
            equal = None if self._merging else merge.is_equal()
            self.done.record(merge)
            if equal:
                continue
            # Rows whose sessions were cleared are as they should be, and not the backup's.
            certain = equal is False and not cleared_of(self._request, merge)
            if merge.counts.existing and self._request.if_not_empty == SKIP and not self._merging:
                kept.append(f"{merge.key} ({merge.counts.existing})")
            elif merge.counts.existing and certain and self._request.if_not_empty == FAIL:
                full.append(merge)
            else:
                self._check_columns(merge)
                needed.append(merge)
        refuse_full(self._request.server, full)
        if kept:
            self._notices.append(Notice("content_kept", count=len(kept), names=listed(kept)))
        return needed

    def _check_columns(self, merge: TableMerge) -> None:
        new = [column for column in merge.extra if not merge.live.is_generated(column)]
        if not new:
            return
        named = listed(map(quoted, new))
        if merge.counts.existing and not self._merging:
            raise self._error(
                "selected_table_differs",
                table=qualified(*merge.live.name),
                differences=f"column {named} is new, and its values would be lost",
            )
        self._notices.append(Notice("selected_columns_new", table=merge.key, columns=named))

    def _load(self, merge: TableMerge) -> None:
        """Load the backup's rows into the temporary table; while one part is loaded, the next ones are read."""
        table = merge.entry
        # One thread: the server is slower, and neighbouring frames of an encrypted archive share segments.
        with ThreadPoolExecutor(1, "sidekick-parts") as pool:
            parts = ordered(
                pool,
                lambda part: (part, self._reader.part(table, part)),
                table.parts,
                _PARTS_AHEAD,
                lambda part: self._reader.cost(part.frame),
            )
            for part, csv in parts:
                if refused(partial(merge.load, csv)) != part.rows:
                    raise merge.differs()
                self._run.count(part.rows, part.bytes)

    def _keep_only(self, merge: TableMerge, wanted: Choices) -> None:
        try:
            merge.keep_only(wanted)
        except DatabaseError as error:
            if str(error.facts.get("sqlstate")).startswith("22"):
                raise _bad_rows(merge.key, str(error.facts["cause"])) from error
            raise

    def _error(self, code: str, **facts: object) -> DatabaseError:
        server = self._request.server
        return DatabaseError(code, database=server.database, server=server.place, **facts)


def _bad_rows(value: str, cause: str) -> HostError:
    return HostError("option_invalid", option="rows", value=value, cause=cause)
