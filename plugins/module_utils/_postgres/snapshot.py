# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a snapshot of the database, which all workers and pg_dump share."""

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

#: Timeout of one LOCK TABLE in seconds: other sessions may have to wait behind it as long.
LOCK_WAIT = 5
#: Maximum number of attempts, if tables are created, dropped or locked by others meanwhile.
_ATTEMPTS = 6
#: Maximum number of tables in one LOCK TABLE statement.
_BATCH = 500

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass
class Snapshot:
    """An exported snapshot, and locks that prevent changes to the definitions of its tables.

    :param leader: the session that holds both; only one thread may use it at a time.
    :param name: the snapshot's name for ``SET TRANSACTION SNAPSHOT`` and ``pg_dump --snapshot``.
    :param tables: the tables that contain rows themselves, the largest first.
    :param code: functions of other roles in the database.
    """

    leader: Session
    name: str
    tables: list[Relation]
    code: ForeignCode
    _sessions: list[Session] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def worker(self) -> Iterator[Session]:
        """Open another session with the same snapshot."""
        session = Session.open(self.leader.server)
        with self._guard:
            self._sessions.append(session)
        try:
            # Before the transaction, whose rollback would reset the setting.
            use_own_search_path(session, self.code)
            self.join(session)
            yield session
        finally:
            with self._guard:
                self._sessions.remove(session)
            session.close()

    def join(self, session: Session) -> None:
        """Begin a transaction with the snapshot. A previous transaction of the session is ended, which releases its locks."""
        if session.in_transaction:
            session.execute("COMMIT")
        session.execute(_BEGIN)
        session.execute(f"SET TRANSACTION SNAPSHOT {literal(self.name)}")

    def cancel(self) -> None:
        """Cancel the statements of all sessions, from another thread."""
        with self._guard:
            for session in [self.leader, *self._sessions]:
                session.cancel()


def lock_in_worker(session: Session, table: Relation) -> bool:
    """Lock a table for a worker without waiting; return whether the lock was granted.

    The leader already holds the same lock. But PostgreSQL grants locks in the order of the requests: if a
    TRUNCATE or ALTER TABLE waits for the leader, a worker would wait behind it, while the leader waits for the
    worker: a deadlock. If the lock is not granted, the leader must copy the table.
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
    """Tables were created, dropped or locked by others while they were being locked."""


def _attempt_once(leader: Session) -> Snapshot:
    tables = lockable(leader)
    leader.execute(_BEGIN)
    leader.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'")
    try:
        _lock_all(leader, tables)
    except DatabaseError as error:
        # 42P01, 3F000: a table, or its schema, was dropped since the tables were listed
        if error.code == "lock_not_available" or error.facts.get("sqlstate") in ("42P01", "3F000"):
            raise _UnsteadyError(str(error.facts["cause"])) from error
        raise
    # The transaction's first query takes the snapshot. LOCK TABLE and SET do not.
    name = str(leader.value("SELECT pg_export_snapshot()"))
    changed = sorted(set(lockable(leader)) ^ set(tables))
    if changed:
        raise _UnsteadyError("created or dropped meanwhile: " + listed(".".join(table) for table in changed))
    code = read_foreign_code(leader)
    return Snapshot(leader, name, relations(leader, code), code)


@contextmanager
def take(server: Server) -> Iterator[Snapshot]:
    """Lock all tables, export a snapshot, and keep both until the block ends.

    The tables are locked first: after a TRUNCATE or a rewriting ALTER TABLE that commits between the snapshot
    and reading the table, the query would return no rows, without an error.

    Raise DatabaseError (``tables_unsteady``) if in each attempt tables were created, dropped or locked by others.
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
