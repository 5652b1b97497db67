# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locking all tables of a live database: retries so that others can continue, up to a time limit, and names the blockers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from .._errors import DatabaseError
from .lock_holders import AGAIN, holders, vacuum_is_in_the_way
from .session import Session
from .user_objects import UserObject

#: Keeps others from writing, and lets them read.
WRITERS = "EXCLUSIVE"
#: Keeps others from anything.
EVERYBODY = "ACCESS EXCLUSIVE"

#: Seconds that one attempt waits altogether: less than the server's deadlock_timeout (1 s), so that those who wait for
#: us while we wait for it gets what it wants, instead of an error; more, where it is the server's own vacuum.
_LOCK_TIMEOUT, _PAST_VACUUM = 0.8, 1.5
_LEAST = 0.05
#: SQLSTATEs: dropped since the list was made, alone or with its schema.
_GONE = ("42P01", "3F000")
_RELATIONS = ("table", "view", "materialized view", "foreign table", "sequence")

_NOT_LOCKABLE = """
SELECT t.oid::regclass::text FROM unnest(%s::oid[]) AS t (oid)
 WHERE NOT has_table_privilege(t.oid, 'UPDATE, DELETE, TRUNCATE')
"""

_T = TypeVar("_T")


class ConcurrentDDLError(Exception):
    """Something came or went while it was to be locked."""


def lock_tables(session: Session, tables: Sequence[UserObject], mode: str, budget: float) -> None:
    """Lock tables one after the other; everything that this locks must be dropped, or rolled back.

    :param budget: seconds for all of them.

    Raise DatabaseError, with the table's name in ``context``.
    """
    # An owner can have taken from itself what a lock is asked for, and can give it back to itself.
    for (name,) in session.query(_NOT_LOCKABLE, [[table.oid for table in tables]]):
        session.execute(f"GRANT UPDATE ON TABLE {name} TO CURRENT_USER", context=name)
    deadline = time.monotonic() + budget
    for table in tables:
        left = max(_LEAST, deadline - time.monotonic())
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
    """Do something that needs locks, and if they are not to be had, let go of all of them and try again.

    :param session: in a transaction.
    :param attempt: called with the seconds for which it may wait.
    :param objects: what must be locked, to say who uses it.
    :param seconds: after which this is given up.
    :param check: called between the attempts; may raise.

    Raise DatabaseError (``in_place_blocked``), and whatever the attempt raises for other reasons.
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
            if isinstance(error, DatabaseError) and facts.get("sqlstate") not in (*AGAIN, *_GONE):
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
        timeout = _PAST_VACUUM if vacuum_is_in_the_way(session, wanted) else _LOCK_TIMEOUT
        check()
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)


def _oids(objects: Sequence[UserObject], name: str) -> list[int]:
    """Return the relation of that name, or else all of them."""
    relations = [item for item in objects if item.kind in _RELATIONS]
    return [item.oid for item in relations if item.name == name] or [item.oid for item in relations]
