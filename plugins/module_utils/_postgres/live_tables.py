# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the properties of live tables that matter for restoring rows, and checks whether a backup's rows fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .catalog.model import CatalogObject, Json
from .catalog.normal_form import equivalent
from .names import quoted
from .relations import Relation, relations
from .session import Session

_NULLS_NOT_DISTINCT_SINCE = 150000

_TABLES = """
SELECT n.nspname, c.relname, c.oid::bigint,
       (SELECT json_agg(json_build_object(
               'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated,
               'expression', pg_get_expr(d.adbin, d.adrelid), 'not_null', a.attnotnull,
               'default', d.adbin IS NOT NULL OR a.attidentity <> '', 'identity', a.attidentity) ORDER BY a.attnum)
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT json_agg(json_build_array(t.tgname, t.tgenabled) ORDER BY t.tgname)
          FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')),
       (SELECT json_agg(r.rulename ORDER BY r.rulename) FROM pg_rewrite r
         WHERE r.ev_class = c.oid AND r.ev_enabled IN ('O', 'A'))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname = ANY (%s)
"""

_INDEXES = """
SELECT i.indrelid::bigint, x.relname, i.indisprimary,
       (i.indisprimary OR i.indimmediate) AND i.indpred IS NULL AND i.indexprs IS NULL
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid AND NOT a.attnotnull
                          AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) FROM generate_series(1, i.indnkeyatts) k),
       ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) k
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k] ORDER BY k),
       pg_get_expr(i.indpred, i.indrelid), {nulls}
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
 WHERE i.indrelid = ANY (%s) AND i.indisunique AND i.indislive AND i.indisready
 ORDER BY i.indisprimary DESC, i.indnkeyatts, x.relname
"""


@dataclass(frozen=True)
class UniqueIndex:
    """A unique index.

    :param expressions: its expressions and columns, as SQL.
    :param columns: those of them that are plain columns, by name.
    :param predicate: its WHERE clause, as SQL; None if it has none.
    :param nulls_equal: whether it is NULLS NOT DISTINCT.
    """

    name: str
    expressions: tuple[str, ...]
    columns: tuple[str, ...]
    predicate: str | None
    nulls_equal: bool


@dataclass(frozen=True)
class LiveTable:
    """A live table.

    :param relation: the table as a backup would read it.
    :param columns: properties of all columns in the server's catalog.
    :param key: columns that identify a row: the primary key, or else a unique key without NULLs; empty if
        there is none.
    :param uniques: the other unique indexes.
    :param triggers: enabled triggers of the user: name and ``tgenabled`` letter.
    :param rules: names of the enabled rules.
    """

    oid: int
    relation: Relation
    columns: tuple[Mapping[str, Json], ...]
    key: tuple[str, ...]
    uniques: tuple[UniqueIndex, ...]
    triggers: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]

    @property
    def name(self) -> tuple[str, str]:
        """Schema and name of the table."""
        return self.relation.schema, self.relation.name

    def extra_columns(self, backup: CatalogObject) -> list[str]:
        """Return the columns that the backup's table does not have. Generated ones, which may depend on others, come first."""
        known = {str(column["name"]) for column in _columns(backup)}
        extra = [column for column in self.columns if column["name"] not in known]
        extra.sort(key=lambda column: not column["generated"])
        return [str(column["name"]) for column in extra]

    def is_always_identity(self, column: str) -> bool:
        """Return whether a column is GENERATED ALWAYS AS IDENTITY, so that its values can't be updated."""
        return any(found["name"] == column and found["identity"] == "a" for found in self.columns)

    def is_generated(self, column: str) -> bool:
        """Return whether a column is generated from others."""
        return any(found["name"] == column and found["generated"] for found in self.columns)


def read_live_tables(session: Session, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], LiveTable]:
    """Return those of the named tables that exist. May wait for locks, since it queries the tables' sizes."""
    wanted = set(names)
    present = {(relation.schema, relation.name): relation for relation in relations(session)}
    rows = [
        row
        for row in session.query(_TABLES, [sorted({schema for schema, _name in wanted})])
        if (row[0], row[1]) in wanted and (row[0], row[1]) in present
    ]
    indexes = _indexes(session, [int(row[2]) for row in rows])
    found = {}
    for schema, name, oid, columns, triggers, rules in rows:
        key, uniques = _key_and_uniques(indexes.get(int(oid), []))
        found[schema, name] = LiveTable(
            int(oid),
            present[schema, name],
            tuple(columns or ()),
            key,
            uniques,
            tuple((str(trigger), str(state)) for trigger, state in triggers or ()),
            tuple(rules or ()),
        )
    return found


def _indexes(session: Session, oids: Sequence[int]) -> dict[int, list[tuple[bool, UniqueIndex]]]:
    since = session.version >= _NULLS_NOT_DISTINCT_SINCE
    sql = _INDEXES.format(nulls="i.indnullsnotdistinct" if since else "false")
    found: dict[int, list[tuple[bool, UniqueIndex]]] = {}
    for table, name, _primary, may_be_key, expressions, columns, predicate, nulls in session.query(
        sql, [list(oids)]
    ):
        index = UniqueIndex(name, tuple(expressions), tuple(columns), predicate, bool(nulls))
        found.setdefault(int(table), []).append((bool(may_be_key), index))
    return found


def _key_and_uniques(
    indexes: Sequence[tuple[bool, UniqueIndex]],
) -> tuple[tuple[str, ...], tuple[UniqueIndex, ...]]:
    # The list begins with the primary key, then the keys with the fewest columns.
    chosen = next((index for may_be_key, index in indexes if may_be_key), None)
    rest = tuple(index for _may_be_key, index in indexes if index is not chosen)
    return (chosen.columns if chosen else ()), rest


def _columns(table: CatalogObject) -> list[dict[str, Json]]:
    columns = table.definition.get("columns")
    return [column for column in columns if isinstance(column, dict)] if isinstance(columns, list) else []


def misfits(
    backup: CatalogObject, live: LiveTable, schemas: Collection[str], *, same_version: bool
) -> list[str]:
    """Return the reasons why rows of a backup's table can't be restored into a live table, as text; empty if there are none.

    :param schemas: names of all schemas, to recognize qualified names in expressions.
    :param same_version: whether both servers have the same version, and so the same spelling of expressions.
    """
    found = []
    there = {str(column["name"]): column for column in live.columns}
    for column in _columns(backup):
        name = str(column["name"])
        now = there.pop(name, None)
        if now is None:
            found.append(f"column {quoted(name)} is not there any more")
        elif now["type"] != column.get("type"):
            found.append(f"column {quoted(name)} is {now['type']}, and was {column.get('type')}")
        elif bool(now["generated"]) != ("generated" in column) or not _same_expression(
            column, now, schemas, same_version
        ):
            found.append(f"column {quoted(name)} is generated in another way")
    for name, now in there.items():
        if now["not_null"] and not now["default"] and not now["generated"]:
            found.append(f"column {quoted(name)} is new, and has no default value")
    if live.rules:
        found.append(f"rule {quoted(live.rules[0])} would rewrite what is inserted")
    if live.relation.extension:
        found.append("it belongs to an extension")
    return found


def _same_expression(
    column: Mapping[str, Json], now: Mapping[str, Json], schemas: Collection[str], same_version: bool
) -> bool:
    if "generated" not in column:
        return True
    before, after = str(column.get("expression")), str(now["expression"])
    return before == after if same_version else equivalent(before, after, schemas)
