# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks live tables for a short time, and names the sessions that block it."""

from __future__ import annotations

from collections.abc import Sequence

from .session import Session, identifier

#: Short, since all later requests wait behind a lock request. Less than the server's deadlock_timeout (1 s), so that
#: in a deadlock this session gives up, and not the application.
LOCK_TIMEOUT = "800ms"
#: More than deadlock_timeout, after which the server cancels an autovacuum that blocks the lock.
PAST_VACUUM = "1500ms"

#: SQLSTATEs after which a transaction can be retried: lock not available, deadlock.
AGAIN = ("55P03", "40P01")

_HOLDERS = """
SELECT DISTINCT a.pid, coalesce(a.usename, '?'), coalesce(nullif(a.application_name, ''), '?'),
       coalesce(a.state, '?'), coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::bigint
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.relation = ANY (%s)
   AND (%s OR l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                         'ExclusiveLock', 'AccessExclusiveLock'))
 ORDER BY 5 DESC
 LIMIT 10
"""

_VACUUM = """
SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'relation' AND l.granted AND l.relation = ANY (%s)
                  AND a.datname = current_database()
                  -- not every account sees what others do, but a worker of the server's logs in as nobody
                  AND (a.backend_type = 'autovacuum worker' OR a.usesysid IS NULL))
"""


def lock_tables(session: Session, tables: Sequence[tuple[str, str]], mode: str) -> None:
    """Lock tables, without their descendants, within the session's lock timeout.

    Raise DatabaseError (``lock_not_available``, ``permission_denied``).
    """
    if tables:
        names = ", ".join(f"ONLY {identifier(*table)}" for table in sorted(tables))
        session.execute(f"LOCK TABLE {names} IN {mode} MODE", context=", ".join(map(".".join, tables)))


def vacuum_is_in_the_way(session: Session, oids: Sequence[int]) -> bool:
    """Return whether an autovacuum worker holds a lock on one of the tables."""
    return bool(session.value(_VACUUM, [list(oids)]))


def holders(session: Session, oids: Sequence[int], *, readers: bool = False) -> str:
    """Return the sessions whose locks on the tables block other locks, as text.

    :param readers: include sessions that only read.
    """
    return "; ".join(
        f"pid {pid} ({user}, {application}, {state}, {seconds} s)"
        for pid, user, application, state, seconds in session.query(_HOLDERS, [list(oids), readers])
    )
