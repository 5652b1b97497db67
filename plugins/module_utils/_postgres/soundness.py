# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds invalid indexes and unvalidated constraints, according to the catalog."""

from __future__ import annotations

from .._errors import Notice, listed
from .names import on_table, qualified, quoted
from .session import Session

_USER = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
# Without indexes of partitioned tables, which are invalid until all partitions have one.
_INDEXES = f"""
SELECT n.nspname, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT i.indisvalid AND c.relkind = 'i' AND {_USER} ORDER BY 1, 2
"""
_CONSTRAINTS = f"""
SELECT n.nspname, c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT k.convalidated AND {_USER} ORDER BY 1, 2, 3
"""
_DOMAINS = f"""
SELECT n.nspname, t.typname, k.conname FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid
  JOIN pg_namespace n ON n.oid = t.typnamespace WHERE NOT k.convalidated AND {_USER} ORDER BY 1, 2, 3
"""


def doubts(session: Session) -> list[Notice]:
    """Return warnings about invalid indexes, and about constraints that may not hold for all rows. Raise DatabaseError."""
    indexes = [qualified(*row) for row in session.query(_INDEXES)]
    constraints = [on_table(*row) for row in session.query(_CONSTRAINTS)]
    constraints += [
        f"{quoted(name)} ON DOMAIN {qualified(schema, domain)}"
        for schema, domain, name in session.query(_DOMAINS)
    ]
    found = (("indexes_invalid", indexes), ("constraints_unvalidated", constraints))
    return [
        Notice(code, count=len(names), database=session.server.database, objects=listed(names))
        for code, names in found
        if names
    ]
