# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds obstacles to inserting a copied row: triggers, rules, forced row security, other unique keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .names import qualified
from .session import Session, identifier

# The tables with their partitions and children.
_DESCENDANTS = """
WITH RECURSIVE below (root, relation) AS (
    SELECT oid, oid FROM unnest(%(relations)s::oid[]) AS given (oid)
    UNION
    SELECT b.root, i.inhrelid FROM below b JOIN pg_inherits i ON i.inhparent = b.relation
)
"""

_COLUMNS = """
SELECT a.attrelid::bigint, a.attname,
       a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval(%%', false)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = ANY (%(relations)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 ORDER BY a.attrelid, a.attnum
"""

_TRIGGERS = (
    _DESCENDANTS
    + """
SELECT DISTINCT b.root::bigint, n.nspname, c.relname
  FROM below b JOIN pg_class c ON c.oid = b.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
"""
)

_RULES = (
    _DESCENDANTS
    + """
SELECT b.root::bigint, n.nspname, c.relname, r.rulename
  FROM below b JOIN pg_class c ON c.oid = b.relation JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_rewrite r ON r.ev_class = c.oid AND r.ev_type = '3' AND r.ev_enabled <> 'D'
 WHERE c.relkind IN ('r', 'p')
"""
)

_FORCED = (
    _DESCENDANTS
    + """
SELECT b.root::bigint, n.nspname, c.relname
  FROM below b JOIN pg_class c ON c.oid = b.relation JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relrowsecurity AND c.relforcerowsecurity
"""
)

_REMOTE = (
    _DESCENDANTS
    + "SELECT DISTINCT b.root::bigint FROM below b JOIN pg_class c ON c.oid = b.relation WHERE c.relkind = 'f'"
)

_UNIQUE = """
SELECT i.indrelid::bigint, n.nspname, t.relname, x.relname, k.conname,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey))
  FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
 WHERE i.indrelid = ANY (%(relations)s::oid[]) AND (i.indisunique OR i.indisexclusion)
"""

_EVENT_TRIGGERS = "SELECT evtname FROM pg_event_trigger WHERE evtenabled <> 'D'"


@dataclass(frozen=True)
class Obstacles:
    """Columns of a table, and statements to execute before a copied row is inserted and rolled back.

    :param others: columns whose values are copied: all except generated ones and those that a sequence fills.
    :param by_sequence: columns that a sequence fills by default, including identity columns.
    :param quiet: statements that disable everything except the table's own constraints.
    :param unique: statements that drop the unique keys without a column that a sequence fills.
    :param remote: whether some of the table's rows are on another server.
    """

    others: tuple[str, ...]
    by_sequence: frozenset[str]
    quiet: tuple[str, ...]
    unique: tuple[str, ...]
    remote: bool


def read_obstacles(session: Session, relations: Sequence[int]) -> dict[int, Obstacles]:
    """Return the obstacles of tables, by OID."""
    given = {"relations": list(relations)}
    columns: dict[int, list[tuple[str, bool]]] = {}
    for relation, name, filled in session.query(_COLUMNS, given):
        columns.setdefault(relation, []).append((name, filled))
    hooks_off: dict[int, list[str]] = {}
    for relation, schema, table in session.query(_TRIGGERS, given):
        hooks_off.setdefault(relation, []).append(
            f"ALTER TABLE {qualified(schema, table)} DISABLE TRIGGER USER"
        )
    for relation, schema, table, rule in session.query(_RULES, given):
        statement = f"ALTER TABLE {qualified(schema, table)} DISABLE RULE {identifier(rule)}"
        hooks_off.setdefault(relation, []).append(statement)
    for relation, schema, table in session.query(_FORCED, given):
        statement = f"ALTER TABLE {qualified(schema, table)} NO FORCE ROW LEVEL SECURITY"
        hooks_off.setdefault(relation, []).append(statement)
    remote = {row[0] for row in session.query(_REMOTE, given)}
    filled_by = {
        relation: frozenset(name for name, by_sequence in columns.get(relation, ()) if by_sequence)
        for relation in relations
    }
    unique = _other_keys(session, given, filled_by)
    first = _disable_event_triggers(session)
    return {
        relation: Obstacles(
            others=tuple(name for name, by_sequence in columns.get(relation, ()) if not by_sequence),
            by_sequence=filled_by[relation],
            quiet=(*first, *hooks_off.get(relation, ()), "SET CONSTRAINTS ALL IMMEDIATE"),
            unique=tuple(unique.get(relation, ())),
            remote=relation in remote,
        )
        for relation in relations
    }


def _other_keys(
    session: Session, given: dict[str, list[int]], filled_by: dict[int, frozenset[str]]
) -> dict[int, list[str]]:
    statements: dict[int, list[str]] = {}
    for relation, schema, table, index, constraint, names in session.query(_UNIQUE, given):
        if filled_by[relation] & set(names):
            continue
        if constraint is None:
            statement = f"DROP INDEX {qualified(schema, index)} CASCADE"
        else:
            place = qualified(schema, table)
            statement = f"ALTER TABLE {place} DROP CONSTRAINT {identifier(constraint)} CASCADE"
        statements.setdefault(relation, []).append(statement)
    return statements


def _disable_event_triggers(session: Session) -> list[str]:
    """Return the statements that disable event triggers.

    Event triggers belong to superusers, so a restore that created them may also disable them. Setting
    session_replication_role would be shorter, but would also disable foreign keys and deferrable unique keys.
    """
    return [f"ALTER EVENT TRIGGER {identifier(name)} DISABLE" for (name,) in session.query(_EVENT_TRIGGERS)]
