# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks all tables of a live database, with retries up to a time limit, and names the sessions that block it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from .._errors import DatabaseError
from .lock_holders import AGAIN, holders, vacuum_is_in_the_way
from .session import Session
from .user_objects import UserObject

#: Lock mode that blocks writers, but not readers.
WRITERS = "EXCLUSIVE"
#: Lock mode that blocks all other sessions.
EVERYBODY = "ACCESS EXCLUSIVE"

#: Seconds that one attempt waits altogether. Normally less than the server's deadlock_timeout (1 s), so that in a
#: deadlock the attempt gives up before the other session gets an error. More if an autovacuum worker holds the lock,
#: since the server cancels it only after deadlock_timeout.
_LOCK_TIMEOUT, _VACUUM_TIMEOUT = 0.8, 1.5
_MINIMUM_TIMEOUT = 0.05
#: SQLSTATEs if an object, or its schema, was dropped since it was listed.
_DROPPED = ("42P01", "3F000")
_RELATIONS = ("table", "view", "materialized view", "foreign table", "sequence")

_NOT_LOCKABLE = """
SELECT t.oid::regclass::text FROM unnest(%s::oid[]) AS t (oid)
 WHERE NOT has_table_privilege(t.oid, 'UPDATE, DELETE, TRUNCATE')
"""

_T = TypeVar("_T")


class ConcurrentDDLError(Exception):
    """Another session created or dropped objects while they were being locked."""


def lock_tables(session: Session, tables: Sequence[UserObject], mode: str, budget: float) -> None:
    """Lock tables one after the other. The caller must drop the tables or roll back, since this may grant privileges.

    :param budget: seconds for all of them.

    Raise DatabaseError, with the table's name in ``context``.
    """
    # An owner may have revoked its own privileges that LOCK TABLE requires, and can grant them to itself again.
    for (name,) in session.query(_NOT_LOCKABLE, [[table.oid for table in tables]]):
        session.execute(f"GRANT UPDATE ON TABLE {name} TO CURRENT_USER", context=name)
    deadline = time.monotonic() + budget
    for table in tables:
        left = max(_MINIMUM_TIMEOUT, deadline - time.monotonic())
        session.execute(
            f"SET LOCAL lock_timeout = {int(left * 1000)}; LOCK TABLE ONLY {table.name} IN {mode} MODE",
            context=table.name,
        )


def retry_with_backoff(
    session: Session,
    attempt: Callable[[float], _T],
    objects: Callable[[], Sequence[UserObject]],
    *,
    seconds: float,
    check: Callable[[], None],
) -> _T:
    """Call a function that takes locks. If it times out, release all its locks and retry.

    :param session: a session in a transaction.
    :param attempt: the function; its argument is the seconds for which it may wait.
    :param objects: returns the objects to lock, to find the sessions that use them.
    :param seconds: total time limit.
    :param check: called between the attempts; may raise.

    Raise DatabaseError (``in_place_blocked``) on a timeout, and any other error of the attempt.
    """
    deadline = time.monotonic() + seconds
    timeout = _LOCK_TIMEOUT
    pause = 0.1
    while True:
        try:
            with session.savepoint():
                return attempt(timeout)
        except (DatabaseError, ConcurrentDDLError) as error:
            facts = getattr(error, "facts", {})
            if isinstance(error, DatabaseError) and facts.get("sqlstate") not in (*AGAIN, *_DROPPED):
                raise
            wanted = _oids(objects(), str(facts.get("context")))
            if time.monotonic() > deadline:
                raise DatabaseError(
                    "in_place_blocked",
                    database=session.server.database,
                    server=session.server.place,
                    seconds=round(seconds),
                    object=facts.get("context") or error,
                    sessions=holders(session, wanted, readers=True) or "-",
                ) from error
        timeout = _VACUUM_TIMEOUT if vacuum_is_in_the_way(session, wanted) else _LOCK_TIMEOUT
        check()
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)


def _oids(objects: Sequence[UserObject], name: str) -> list[int]:
    """Return the OID of the relation of that name, or else the OIDs of all relations."""
    relations = [item for item in objects if item.kind in _RELATIONS]
    return [item.oid for item in relations if item.name == name] or [item.oid for item in relations]
