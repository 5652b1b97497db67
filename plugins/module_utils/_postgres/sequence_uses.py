# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads from the server's catalog which columns use which sequence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._errors import ArchiveError, Notice
from .names import qualified, quoted, split_name
from .session import Session

_SEQUENCES = """
SELECT c.oid::bigint, n.nspname, c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
  FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype = 'e')
 ORDER BY n.nspname, c.relname
"""

# A sequence is owned by a serial column or by OWNED BY ('a'), or by an identity column ('i'). Or a column's default uses
# it; the default depends on the sequence, unless it has its name as text, which is resolved at run time.
_USES = """
WITH uses (sequence, relation, number, expression) AS (
    SELECT d.objid, d.refobjid, d.refobjsubid, NULL
      FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
     WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
       AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    UNION ALL
    SELECT d.refobjid, f.adrelid, f.adnum, pg_get_expr(f.adbin, f.adrelid)
      FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid
      JOIN pg_class q ON q.oid = d.refobjid AND q.relkind = 'S'
     WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
    UNION ALL
    SELECT NULL, f.adrelid, f.adnum, pg_get_expr(f.adbin, f.adrelid)
      FROM pg_attrdef f
     WHERE pg_get_expr(f.adbin, f.adrelid) LIKE '%nextval((''%''::text)::regclass)%'
)
SELECT u.sequence::bigint, u.relation::bigint, n.nspname, c.relname, a.attname, u.expression,
       coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text
  FROM uses u JOIN pg_class c ON c.oid = u.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.number JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
 ORDER BY n.nspname, c.relname, a.attnum, u.expression NULLS FIRST
"""

_PLAIN = re.compile(r"nextval\('(?:[^']|'')+'::regclass\)")
_LATE = re.compile(r"nextval\(\('((?:[^']|'')+)'::text\)::regclass\)")
_INTEGERS = ("smallint", "integer", "bigint")


@dataclass(frozen=True)
class Column:
    """A column that gets its values from a sequence."""

    relation: int
    schema: str
    table: str
    name: str

    @property
    def place(self) -> str:
        """The table's qualified name, quoted for SQL."""
        return qualified(self.schema, self.table)


@dataclass(frozen=True)
class SequenceInfo:
    """A sequence's parameters, and the columns that use it."""

    schema: str
    name: str
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    columns: tuple[Column, ...]

    @property
    def quoted(self) -> str:
        """The sequence's qualified name, quoted for SQL."""
        return qualified(self.schema, self.name)


def read_uses(session: Session, notices: list[Notice]) -> list[SequenceInfo]:
    """Return all sequences of the user, with the integer columns that use them.

    :param notices: receives a warning for columns whose values can't be compared with the sequence: those of other
        types, and those computed from its value.
    """
    rows = session.query(_SEQUENCES)
    oids = {qualified(row[1], row[2]): int(row[0]) for row in rows}
    parents = _parents(session)
    columns: dict[int, dict[tuple[int, str], Column]] = {}
    reported: set[tuple[str, str, str]] = set()
    for sequence, relation, schema, table, name, expression, kind in session.query(_USES):
        column = Column(relation, schema, table, name)
        oid: int | None = sequence if sequence is not None else _late_bound(expression, oids)
        problem = None
        if oid is None:
            problem = "late_bound"
        elif kind not in _INTEGERS:
            problem = "type"
        elif expression is not None and not (_PLAIN.fullmatch(expression) or _LATE.fullmatch(expression)):
            problem = "expression"
        if oid is not None and problem is None:
            columns.setdefault(oid, {})[relation, name] = column
        elif problem is not None and (column.place, name, problem) not in reported:
            reported.add((column.place, name, problem))
            facts = {
                "table": column.place,
                "column": quoted(name),
                "type": kind,
                "expression": expression or "",
            }
            notices.append(Notice("sequence_unclear", problem=problem, **facts))
    return [
        SequenceInfo(schema, name, start, step, low, high, cycle, _outermost(columns.get(oid, {}), parents))
        for oid, schema, name, start, step, low, high, cycle in rows
    ]


def _late_bound(expression: str, oids: Mapping[str, int]) -> int | None:
    """Return the OID of the sequence that a default names as text, if the name is qualified.

    An unqualified name may mean different sequences in sessions with different search paths.
    """
    match = _LATE.search(expression)
    try:
        parts = split_name(match[1].replace("''", "'")) if match else ()
    except ArchiveError:  # the text is not a name
        return None
    return oids.get(qualified(*parts)) if len(parts) == 2 else None


def _parents(session: Session) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for child, parent in session.query("SELECT inhrelid::bigint, inhparent::bigint FROM pg_inherits"):
        found.setdefault(child, []).append(parent)
    return found


def _ancestors(relation: int, parents: Mapping[int, list[int]]) -> Iterable[int]:
    waiting = list(parents.get(relation, ()))
    while waiting:
        parent = waiting.pop()
        yield parent
        waiting += parents.get(parent, ())


def _outermost(
    columns: Mapping[tuple[int, str], Column], parents: Mapping[int, list[int]]
) -> tuple[Column, ...]:
    """Return the columns without those of partitions and children, which are read together with the parent's."""
    return tuple(
        column
        for (relation, name), column in columns.items()
        if not any((ancestor, name) in columns for ancestor in _ancestors(relation, parents))
    )
