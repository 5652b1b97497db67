# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads a plain dump into a new database as a stream."""

from __future__ import annotations

import io
import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .._archive.parallel import threads
from .._errors import DatabaseError, Notice
from .._worker_pool import WorkerPool
from .catalog.routines import TYPES, signature
from .foreign_code import count_rows, read_foreign_code
from .leave_out import LeaveOut
from .load import Connect, Loader, Progress, refused_rows
from .names import IDENTIFIER, qualified, unquoted
from .plain_dump import Event, Rows
from .plain_dump_summary import TableRows, wanted
from .schema_sql import Entry
from .schema_statements import check_definitions
from .server import Server
from .session import Session, identifier
from .table_import import cause_without_row

#: The server's default. pg_dump sets an empty search path, with which functions that use unqualified names fail.
SEARCH_PATH = '"$user", public'
#: types of entries for which the server may call the user's functions
_CALLING_TYPES = ("CONSTRAINT", "INDEX", "MATERIALIZED VIEW DATA", "STATISTICS")
_CALL = re.compile(rf"({IDENTIFIER})\.({IDENTIFIER})")
_WAIT = 0.5

# Functions with a body: those in C need no search path.
_FUNCTIONS = f"""
SELECT n.nspname, p.proname, {TYPES}
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND l.lanname NOT IN ('c', 'internal') AND p.prokind = 'f'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
"""

# With the root of each partition: rows may be in another partition than in the dump, since the hash of an enum differs
# between databases. Tables of extensions are left out, since a dump has only the user's rows of them.
_TABLES = """
SELECT n.nspname, c.relname, c.relkind = 'r', coalesce(rn.nspname, n.nspname), coalesce(r.relname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_class r ON r.oid = pg_partition_root(c.oid) LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

_Name = tuple[str, str]


class DumpLoader(Loader):
    """Loads one plain dump into one empty database; see :class:`.load.Loader`."""

    def __init__(
        self,
        server: Server,
        *,
        jobs: int,
        notices: list[Notice],
        progress: Progress,
        check: Callable[[], None],
        connect: Connect = Session.open,
        alone: bool = False,
        leave_out: LeaveOut | None = None,
    ) -> None:
        super().__init__(
            server,
            None,
            search_path=SEARCH_PATH,
            jobs=jobs,
            functions_of=self.called,
            notices=notices,
            progress=progress,
            check=check,
            connect=connect,
            alone=alone,
            leave_out=leave_out,
        )
        self._functions: dict[tuple[str, str], list[str]] = {}
        self._views: dict[str, str] = {}

    def schema(self, entries: Sequence[Entry]) -> None:
        """Execute the entries before the rows, and read which functions they have created."""
        self.run(entries)
        self.defer_checks()
        self._views.update(
            (entry.table, entry.sql) for entry in entries if entry.table and "VIEW" in entry.type
        )
        with self.session() as session:
            # With an empty search path, the names of types are qualified.
            session.execute("SET search_path = ''")
            for schema, name, types in session.query(_FUNCTIONS):
                self._functions.setdefault((schema, name), []).append(signature(schema, name, types))

    def rows(self, blocks: Iterator[Rows]) -> None:
        """Load blocks of rows as they are read, with one piece per connection at a time.

        Raise DatabaseError for rows that the server refuses, and any error of reading the blocks.
        """
        # At most two pieces are queued, which limits memory if loading is slower than reading.
        pieces: queue.Queue[tuple[Rows, bytes] | None] = queue.Queue(2)
        workers = 1 if self.alone else threads(self._jobs)
        pool: WorkerPool[Session, int] = WorkerPool(
            workers,
            self.session,
            lambda session, _number: self._take(session, pieces, pool.failed),
            self.cancel,
            check=self._check_stop,
            name="rows",
        )
        pool.start(range(workers))
        try:
            self._feed(blocks, pieces, pool.failed)
        except BaseException as error:
            pool.abandon(error)
        pool.join()

    def _feed(
        self,
        blocks: Iterator[Rows],
        pieces: queue.Queue[tuple[Rows, bytes] | None],
        failed: threading.Event,
    ) -> None:
        for block in blocks:
            left = self._leaves_rows(qualified(block.relation.schema, block.relation.name))
            for piece in block.pieces:
                if left:
                    continue  # read anyway, to reach the next block of the stream
                if not self._hand_over(pieces, (block, piece), failed):
                    return
        self._hand_over(pieces, None, failed)

    def _hand_over(
        self,
        pieces: queue.Queue[tuple[Rows, bytes] | None],
        item: tuple[Rows, bytes] | None,
        failed: threading.Event,
    ) -> bool:
        """Put a piece into the queue, when it has room; return False if the workers have stopped."""
        while not failed.is_set():
            self._check_stop()
            try:
                pieces.put(item, timeout=_WAIT)
                return True
            except queue.Full:
                pass
        return False

    def _take(
        self, session: Session, pieces: queue.Queue[tuple[Rows, bytes] | None], failed: threading.Event
    ) -> None:
        """Load pieces from the queue until its end."""
        while not failed.is_set():
            try:
                item = pieces.get(timeout=_WAIT)
            except queue.Empty:
                continue
            if item is None:
                pieces.put(None)  # for the next worker
                return
            block, piece = item
            expected = piece.count(b"\n")
            try:
                loaded = session.copy_in(block.copy_in, io.BytesIO(piece), context=block.relation.key)
            except DatabaseError as error:
                said = DatabaseError(error.code, **{**error.facts, "cause": cause_without_row(error)})
                raise refused_rows(said) or said from error
            if loaded != expected:
                raise self._rows_lost(block.relation.key, expected, loaded)
            self._progress(loaded, len(piece))

    def with_their_rows(self, tables: Sequence[TableRows]) -> tuple[TableRows, ...]:
        """Return the tables, with 0 rows for those whose rows are left out."""
        return tuple(
            replace(table, rows=0) if self._leaves_rows(qualified(table.schema, table.name)) else table
            for table in tables
        )

    def check_counts(self, tables: Sequence[TableRows]) -> None:
        """Count the loaded rows. Raise DatabaseError (``digest_differs``) for the first table with another number of rows."""
        with self.session() as session:
            session.use_no_search_path()
            rows, code = session.query(_TABLES), read_foreign_code(session)
        roots: dict[_Name, _Name] = {(schema, name): (top, root) for schema, name, _own, top, root in rows}
        expected: dict[_Name, int] = {}
        for table in tables:
            root = roots.get((table.schema, table.name))
            if root is not None:
                expected[root] = expected.get(root, 0) + table.rows
        found = dict.fromkeys(expected, 0)
        guard = threading.Lock()

        def count(session: Session, place: _Name) -> None:
            number = count_rows(session, code, *place)
            with guard:
                found[roots[place]] += number

        own = [(schema, name) for schema, name, has_rows, *_root in rows if has_rows]
        self._share_out([place for place in own if roots[place] in expected], count, "count")
        for root, number in expected.items():
            if found[root] != number:
                raise self._rows_lost(".".join(root), number, found[root])

    def analyze_all(self, tables: Sequence[TableRows]) -> None:
        """Run ANALYZE on all tables."""

        def analyze(session: Session, table: TableRows) -> None:
            session.execute(f"ANALYZE {identifier(table.schema, table.name)}", context=table.key)

        self._share_out(sorted(tables, key=lambda table: -table.bytes), analyze, "analyze")

    def called(self, entry: Entry) -> Sequence[str]:
        """Return the functions that an entry calls, directly or through views.

        They are searched for by name, since a dump has no list of them, but always qualifies names.
        """
        if entry.type not in _CALLING_TYPES or not self._functions:
            return ()
        found: dict[str, None] = {}
        texts, searched = [entry.sql], {entry.sql}
        while texts:
            for match in _CALL.finditer(texts.pop()):
                schema, name = unquoted(match[1]), unquoted(match[2])
                found.update(dict.fromkeys(self._functions.get((schema, name), ())))
                view = self._views.get(qualified(schema, name))
                if view is not None and view not in searched:
                    searched.add(view)
                    texts.append(view)
        return tuple(found)


def load_events(
    events: Iterator[Event],
    schema: Callable[[list[Entry]], None],
    rows: Callable[[Iterator[Rows]], None],
) -> list[Entry]:
    """Pass a dump's events to the functions that load them; return the entries after the first block of rows.

    :param schema: called once, with the entries before the first block of rows.
    :param rows: called once with all blocks of rows, if there are any.
    """
    before: list[Entry] = []
    after: list[Entry] = []
    first: Rows | None = None
    for event in events:
        if isinstance(event, Rows):
            first = event
            break
        if wanted(event):
            # Checked again, since the file may have changed since the first pass.
            check_definitions([event])
            before.append(event)
    schema(before)

    def blocks() -> Iterator[Rows]:
        if first is not None:
            yield first
        for event in events:
            if isinstance(event, Rows):
                yield event
            elif wanted(event):
                check_definitions([event])
                after.append(event)

    if first is not None:
        rows(blocks())
    return after
