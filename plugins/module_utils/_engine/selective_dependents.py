# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What depends on the rows of single tables: sequences and materialized views."""

from __future__ import annotations

from collections.abc import Sequence

from .._postgres.names import qualified
from .._postgres.sequence_uses import read_uses
from .._postgres.session import Session

# A sequence or a view may be that of the partitioned table, or of the parent.
_ANCESTORS = """
WITH RECURSIVE up (oid) AS (
    SELECT unnest(%s::oid[]) UNION SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.oid)
SELECT oid::bigint FROM up
"""

_VIEWS = """
WITH RECURSIVE dependent (oid) AS (
    SELECT unnest(%s::oid[])
    UNION
    SELECT r.ev_class FROM dependent p
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = p.oid AND d.classid = 'pg_rewrite'::regclass
      JOIN pg_rewrite r ON r.oid = d.objid)
SELECT n.nspname, c.relname
  FROM dependent JOIN pg_class c ON c.oid = dependent.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm' ORDER BY 1, 2
"""


def _with_ancestors(session: Session, oids: Sequence[int]) -> list[int]:
    return [int(oid) for (oid,) in session.query(_ANCESTORS, [list(oids)])]


def sequences_of(session: Session, oids: Sequence[int]) -> list[str]:
    """Return the sequences that give values to columns of some tables, as SQL wants their names."""
    relations = set(_with_ancestors(session, oids))
    return [
        info.quoted
        for info in read_uses(session, [])
        if any(column.relation in relations for column in info.columns)
    ]


def materialized_views(session: Session, oids: Sequence[int]) -> list[str]:
    """Return the materialized views that are computed from some tables, directly or through other views."""
    rows = session.query(_VIEWS, [_with_ancestors(session, oids)])
    return [qualified(schema, name) for schema, name in rows]
