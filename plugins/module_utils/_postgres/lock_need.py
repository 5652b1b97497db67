# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Estimates the locks of a transaction that drops all objects of a database and creates those of a backup.

Until its end, a transaction holds a lock for each object that it drops or creates. The locks are in a table that all
databases of the server share, and whose size is fixed when the server starts.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import DatabaseError
from .catalog.model import Catalog
from .session import Session
from .user_objects import dependents

#: Number of locks for each object of the backup's catalog, by kind, as counted in pg_locks; 1 for other kinds.
_WEIGHTS = {
    # the table, its TOAST table, and the TOAST table's index
    "table": 3,
    # filled through another table, which is dropped with its types, its TOAST table and the TOAST table's index
    "materialized view": 12,
    # covered by the lock of another object
    "constraint": 0,
    "trigger": 0,
    "rule": 0,
    "policy": 0,
    "default privileges": 0,
}
#: Locks for system tables, schemas in use and the like.
_BASE = 200
#: Share of the lock table that must stay free for other sessions.
_RESERVE = 0.1

# The factor by which the server multiplies max_locks_per_transaction (NLOCKENTS in lock.c): all processes that may
# hold locks.
_SLOTS = """
SELECT 1 + sum(setting::bigint) FROM pg_settings
 WHERE name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes', 'max_wal_senders')
    OR name = CASE WHEN EXISTS (SELECT FROM pg_settings WHERE name = 'autovacuum_worker_slots')
                   THEN 'autovacuum_worker_slots' ELSE 'autovacuum_max_workers' END
"""
_HELD = "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND granted AND NOT fastpath"


@dataclass(frozen=True)
class LockNeed:
    """The number of locks that a transaction needs, and the number that the server has left.

    :param needed: estimated locks of the transaction.
    :param available: free entries of the server's lock table.
    :param setting: the server's ``max_locks_per_transaction``.
    :param wanted: the minimum value of that setting for the transaction.
    """

    needed: int
    available: int
    setting: int
    wanted: int


def lock_need(session: Session, catalog: Catalog) -> LockNeed:
    """Estimate the locks for replacing all objects of the session's database by those of a backup's catalog."""
    needed = _BASE + dependents(session) + sum(_WEIGHTS.get(obj.kind, 1) for obj in catalog)
    setting = int(session.value("SHOW max_locks_per_transaction"))
    slots = int(session.value(_SLOTS))
    held = int(session.value(_HELD))
    available = int(slots * setting * (1 - _RESERVE)) - held
    wanted = -int(-(needed + held) // (slots * (1 - _RESERVE)))
    return LockNeed(needed, available, setting, wanted)


def check_locks(session: Session, catalog: Catalog) -> LockNeed:
    """Check that the server's lock table has enough free entries. Raise DatabaseError (``in_place_locks``)."""
    need = lock_need(session, catalog)
    if need.needed > need.available:
        raise DatabaseError(
            "in_place_locks",
            database=session.server.database,
            server=session.server.place,
            needed=need.needed,
            available=max(0, need.available),
            setting=need.setting,
            wanted=need.wanted,
        )
    return need
