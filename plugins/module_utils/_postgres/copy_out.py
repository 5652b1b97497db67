# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads tables of a snapshot in parallel, as CSV parts that end at row boundaries."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .._archive.frames import FRAME_SIZE, member, seal
from .._archive.names import part_member
from .._archive.tables import PartEntry, TableEntry
from .._archive.writer import ArchiveWriter
from .._errors import DatabaseError
from .._worker_pool import WorkerPool
from .digest import ROWS, digest_method, row_digest_sql
from .foreign_code import path_for_copy, use_own_search_path
from .relations import Relation, Slice, csv_header
from .row_hash import RowHash
from .session import Session
from .snapshot import Snapshot, lock_in_worker

#: Called with the number of rows and raw bytes that have just been read.
Progress = Callable[[int, int], None]


#: Maximum number of tables that a worker locks at a time (with their indexes, sequences and TOAST tables).
_MAX_LOCKS = 100


@dataclass
class _Tally:
    """Parts, row count and digest of what all workers have read of one table so far."""

    relation: Relation
    parts: list[PartEntry] = field(default_factory=list)
    number: int = 0
    rows: int = 0
    digest: int = 0


@dataclass(frozen=True)
class _Task:
    tally: _Tally
    piece: Slice


class _Parts:
    """The target of COPY: collects rows, and emits a part whenever a frame is full.

    The rows of a part are known before its tar header is written, so nothing is ever rewritten, and
    memory is bounded by one frame and the largest row.
    """

    def __init__(self, reader: TableReader, tally: _Tally) -> None:
        self._reader = reader
        self._tally = tally
        self._rows: list[bytes] = []
        self._size = 0

    def write(self, row: bytes, /) -> None:
        """Add one row."""
        self._rows.append(row)
        self._size += len(row)
        if self._size >= FRAME_SIZE:
            self.flush()

    def flush(self) -> None:
        """Emit the collected rows as a part."""
        if self._rows:
            rows, self._rows, self._size = self._rows, [], 0
            self._reader.emit(self._tally, rows)


class TableReader:
    """Copies all tables of a snapshot into frames of an archive.

    :param jobs: number of parallel workers.
    :param digests: whether to also compute digests of the rows.
    :param progress: called from any thread after each part.
    :param check: raises if the run must stop.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        tables: list[Relation],
        writer: ArchiveWriter,
        *,
        jobs: int,
        digests: bool,
        progress: Progress,
        check: Callable[[], None],
    ) -> None:
        self._snapshot = snapshot
        self._writer = writer
        self._digests = digests
        self._method = digest_method(snapshot.leader.version)
        # Only shown when somebody unpacks the archive with tar.
        self._mtime = int(time.time())
        self._progress = progress
        self._guard = threading.Lock()
        self._open = threading.Event()
        self._refused: list[_Task] = []
        self._tallies = [_Tally(relation) for relation in tables]
        self._worker_pool: WorkerPool[tuple[Session, dict[str, bool]], _Task] = WorkerPool(
            jobs, self._open_session, self._work, self._interrupt, check=check, name="copy"
        )

    def start(self) -> None:
        """Start the workers in the background. Frames are buffered until :meth:`release`."""
        version = self._snapshot.leader.version
        self._worker_pool.start(
            _Task(tally, piece) for tally in self._tallies for piece in tally.relation.slices(version)
        )

    def release(self) -> None:
        """Allow frames to be written, now that the members which precede them are in the archive."""
        self._open.set()

    def abandon(self, error: BaseException) -> None:
        """Stop all workers and wait for them. Never raises."""
        self._worker_pool.abandon(error)
        try:
            self._worker_pool.join()
        except BaseException as first:  # the same error, or the one that led to it
            del first

    def finish(self) -> list[TableEntry]:
        """Wait for the workers, and return the tables' entries sorted by name.

        Tables that the workers could not lock are copied by the leader.
        """
        self._worker_pool.join()
        leader = self._snapshot.leader
        use_own_search_path(leader, self._snapshot.code)
        for task in self._refused:
            self._work((leader, {task.tally.relation.key: True}), task)
        entries = [self._entry(tally) for tally in self._tallies]
        return sorted(entries, key=lambda entry: (entry.schema, entry.name))

    def _entry(self, tally: _Tally) -> TableEntry:
        relation = tally.relation
        method = ROWS if relation.plain else self._method
        return TableEntry(
            schema=relation.schema,
            name=relation.name,
            columns=relation.columns,
            rows=tally.rows,
            bytes=sum(part.bytes for part in tally.parts),
            digest=f"{method}:{tally.digest}" if self._digests and not relation.extension else None,
            parts=tuple(sorted(tally.parts, key=lambda part: part.number)),
        )

    @contextmanager
    def _open_session(self) -> Iterator[tuple[Session, dict[str, bool]]]:
        with self._snapshot.worker() as session:
            yield session, {}

    def _interrupt(self) -> None:
        self._open.set()
        self._snapshot.cancel()

    def _work(self, tool: tuple[Session, dict[str, bool]], task: _Task) -> None:
        session, locked = tool
        tally, relation = task.tally, task.tally.relation
        if relation.key not in locked:
            if len(locked) >= _MAX_LOCKS:
                # The leader still locks those tables. The worker's locks would only fill the server's lock table.
                self._snapshot.join(session)
                locked.clear()
            locked[relation.key] = lock_in_worker(session, relation)
        if not locked[relation.key]:
            with self._guard:
                self._refused.append(task)
            return
        parts = _Parts(self, tally)
        hashed = RowHash(parts)
        digests = self._digests and not relation.extension
        statement = relation.copy_out(task.piece)
        try:
            if relation.plain:
                with path_for_copy(session, self._snapshot.code):
                    rows = session.copy_out(statement, hashed if digests else parts, context=relation.key)
            else:
                rows = session.copy_out(statement, parts, context=relation.key)
        except DatabaseError as error:
            raise _translated(error, session) from error
        parts.flush()
        digest = hashed.total
        # Queried right after the copy, while the slice's pages are still in the server's cache.
        if digests and not relation.plain:
            sql = row_digest_sql(
                relation.schema, relation.name, relation.digest_columns, task.piece.condition, self._method
            )
            counted, text = session.query(sql, context=relation.key)[0]
            if counted != rows:
                raise DatabaseError("rows_differ", table=relation.key, rows=rows, counted=counted)
            digest = int(text)
        with self._guard:
            tally.rows += rows
            tally.digest += digest

    def emit(self, tally: _Tally, rows: list[bytes]) -> None:
        """Write the rows as a part in a frame of its own. Empties the list."""
        relation = tally.relation
        with self._guard:
            tally.number += 1
            number = tally.number
        count = len(rows)
        name = part_member(relation.schema, relation.name, number)
        payload = b"".join([csv_header(relation.columns), *rows])
        rows.clear()
        size, digest = len(payload), hashlib.sha256(payload).hexdigest()
        raw = member(name, payload, mtime=self._mtime)
        del payload
        frame = seal(self._writer.codec, raw, name, stored=False)
        del raw
        self._open.wait()
        if self._worker_pool.failed.is_set():
            return
        part = PartEntry(number=number, frame=self._writer.add(frame), rows=count, bytes=size, sha256=digest)
        with self._guard:
            tally.parts.append(part)
        self._progress(count, size)


def _translated(error: DatabaseError, session: Session) -> DatabaseError:
    # With row_security = off, hidden rows cause an error, with the same SQLSTATE as a missing privilege (42501).
    if error.code == "permission_denied" and "row-level security" in str(error.facts["cause"]):
        return DatabaseError(
            "rows_hidden",
            database=session.server.database,
            user=session.server.user,
            cause=error.facts["cause"],
        )
    return error
