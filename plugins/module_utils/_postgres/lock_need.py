# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Estimates the locks of a transaction that drops all objects of a database and creates those of a backup.

A transaction holds a lock for each object that it drops or makes until its end, in a table that all databases of
the server share and whose size is fixed when the server starts.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import DatabaseError
from .catalog.model import Catalog
from .session import Session
from .user_objects import dependents

#: Locks for each object of the backup's catalog, by its kind, as counted in pg_locks; one for all others.
_WEIGHTS = {
    # itself, the TOAST table and its index
    "table": 3,
    # filled by way of another table, which is dropped with its types, its TOAST table and that one's index
    "materialized view": 12,
    # belong to what is locked for them
    "constraint": 0,
    "trigger": 0,
    "rule": 0,
    "policy": 0,
    "default privileges": 0,
}
#: For system tables, the schemas in use and the like.
_BASE = 200
#: Of what the lock table holds, this must stay free for everybody else.
_RESERVE = 0.1

# What the server multiplies by max_locks_per_transaction (NLOCKENTS in lock.c): every process that may hold locks.
_SLOTS = """
SELECT 1 + sum(setting::bigint) FROM pg_settings
 WHERE name IN ('max_connections', 'max_prepared_transactions', 'max_worker_processes', 'max_wal_senders')
    OR name = CASE WHEN EXISTS (SELECT FROM pg_settings WHERE name = 'autovacuum_worker_slots')
                   THEN 'autovacuum_worker_slots' ELSE 'autovacuum_max_workers' END
"""
_HELD = "SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND granted AND NOT fastpath"


@dataclass(frozen=True)
class LockNeed:
    """What is needed, and what there is.

    :param needed: locks of the transaction.
    :param available: room for them.
    :param setting: ``max_locks_per_transaction``.
    :param wanted: what that must be at least.
    """

    needed: int
    available: int
    setting: int
    wanted: int


def lock_need(session: Session, catalog: Catalog) -> LockNeed:
    """Estimate the locks of a replacement of everything in the session's database by a backup's catalog."""
    needed = _BASE + dependents(session) + sum(_WEIGHTS.get(obj.kind, 1) for obj in catalog)
    setting = int(session.value("SHOW max_locks_per_transaction"))
    slots = int(session.value(_SLOTS))
    held = int(session.value(_HELD))
    available = int(slots * setting * (1 - _RESERVE)) - held
    wanted = -int(-(needed + held) // (slots * (1 - _RESERVE)))
    return LockNeed(needed, available, setting, wanted)


def check_locks(session: Session, catalog: Catalog) -> LockNeed:
    """Make sure that the server's lock table has the room. Raise DatabaseError (``in_place_locks``)."""
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
