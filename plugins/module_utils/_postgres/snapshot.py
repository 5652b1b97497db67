# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of the database, shared by every worker and pg_dump."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .._errors import DatabaseError, listed
from .foreign_code import ForeignCode, read_foreign_code, use_own_search_path
from .relations import Relation, lockable, relations
from .server import Server
from .session import Session, identifier, literal

#: Seconds that one LOCK TABLE waits: those who queue behind a waiting lock are stalled as long.
LOCK_WAIT = 5
#: How often the locks are tried again when tables come, go or are held meanwhile.
_ATTEMPTS = 6
#: Tables in one LOCK TABLE statement.
_BATCH = 500

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass
class Snapshot:
    """An exported snapshot, and the locks that keep its tables as they are.

    :param leader: the session that holds both; used by one thread at a time.
    :param name: what ``SET TRANSACTION SNAPSHOT`` and ``pg_dump --snapshot`` take.
    :param tables: the tables with rows of their own, largest first.
    :param code: functions of others in the database.
    """

    leader: Session
    name: str
    tables: list[Relation]
    code: ForeignCode
    _sessions: list[Session] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def worker(self) -> Iterator[Session]:
        """Open another session on the same snapshot."""
        session = Session.open(self.leader.server)
        with self._guard:
            self._sessions.append(session)
        try:
            # Before the transaction: its end would take the setting back.
            use_own_search_path(session, self.code)
            self.join(session)
            yield session
        finally:
            with self._guard:
                self._sessions.remove(session)
            session.close()

    def join(self, session: Session) -> None:
        """Begin a transaction on the snapshot; one that a worker is in ends, and its locks with it."""
        if session.in_transaction:
            session.execute("COMMIT")
        session.execute(_BEGIN)
        session.execute(f"SET TRANSACTION SNAPSHOT {literal(self.name)}")

    def cancel(self) -> None:
        """Stop what all sessions are doing, from another thread."""
        with self._guard:
            for session in [self.leader, *self._sessions]:
                session.cancel()


def lock_in_worker(session: Session, table: Relation) -> bool:
    """Lock a table for a worker without waiting; return whether that was granted.

    The leader holds the lock already. But PostgreSQL grants locks in the order of asking: where a
    TRUNCATE or ALTER TABLE waits for the leader, a worker that asked now would wait for that one, and
    it for the leader, without an end. A refused table is copied by the leader.
    """
    session.execute("SAVEPOINT before_lock")
    try:
        session.execute(f"LOCK TABLE ONLY {table.quoted} IN ACCESS SHARE MODE NOWAIT", context=table.key)
    except DatabaseError as error:
        if error.code != "lock_not_available":
            raise
        session.execute("ROLLBACK TO SAVEPOINT before_lock")
        return False
    session.execute("RELEASE SAVEPOINT before_lock")
    return True


def _lock_all(session: Session, tables: list[tuple[str, str]]) -> None:
    for start in range(0, len(tables), _BATCH):
        names = ", ".join(f"ONLY {identifier(*table)}" for table in tables[start : start + _BATCH])
        session.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE", context="LOCK TABLE")


class _UnsteadyError(Exception):
    """The tables changed, or were locked by others, while they were being locked."""


def _attempt_once(leader: Session) -> Snapshot:
    tables = lockable(leader)
    leader.execute(_BEGIN)
    leader.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'")
    try:
        _lock_all(leader, tables)
    except DatabaseError as error:
        # 42P01, 3F000: dropped, with or without its schema, since the list was made
        if error.code == "lock_not_available" or error.facts.get("sqlstate") in ("42P01", "3F000"):
            raise _UnsteadyError(str(error.facts["cause"])) from error
        raise
    # The transaction's first query: it takes the snapshot. LOCK TABLE and SET do not.
    name = str(leader.value("SELECT pg_export_snapshot()"))
    changed = sorted(set(lockable(leader)) ^ set(tables))
    if changed:
        raise _UnsteadyError("created or dropped meanwhile: " + listed(".".join(table) for table in changed))
    code = read_foreign_code(leader)
    return Snapshot(leader, name, relations(leader, code), code)


@contextmanager
def take(server: Server) -> Iterator[Snapshot]:
    """Lock every table, export a snapshot, and hold both until the block ends.

    The locks come first: a TRUNCATE or a rewriting ALTER TABLE that commits after the snapshot was
    taken, but before the table is read, would make the read return no rows, without an error.

    Raise DatabaseError (``tables_unsteady``) if tables were created, dropped or locked by others at
    every attempt.
    """
    with Session.open(server) as leader:
        reason = ""
        for _attempt in range(_ATTEMPTS):
            try:
                snapshot = _attempt_once(leader)
            except _UnsteadyError as unsteady:
                reason = str(unsteady)
                leader.execute("ROLLBACK")
            else:
                yield snapshot
                return
        raise DatabaseError("tables_unsteady", database=server.database, attempts=_ATTEMPTS, cause=reason)
