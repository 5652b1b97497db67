# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries live tables by name, without running code of other roles."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .foreign_code import Name, read_foreign_code
from .live_tables import read_live_tables
from .session import Session, identifier


def are_queryable(session: Session, tables: Sequence[Name]) -> bool:
    """Return whether all of these are tables. A view with such a name could run anything.

    Raise DatabaseError (``foreign_code``) if a query on one of them would run functions of other roles.
    """
    if len(read_live_tables(session, tables)) < len(tables):
        return False
    read_foreign_code(session).check_queryable(session, list(tables))
    return True


def existing_ids(session: Session, table: Name, ids: Collection[int]) -> set[int]:
    """Return which of some ids are in the column ``id`` of a table that :func:`are_queryable` has checked."""
    sql = f"SELECT id FROM {identifier(*table)} WHERE id OPERATOR(pg_catalog.=) ANY (%s)"
    return {int(id) for (id,) in session.query(sql, [sorted(ids)])}
