# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads tables, views, materialized views, foreign tables and sequences, with their columns."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import on_table, qualified
from .model import CatalogObject, Json
from .source import USER_SCHEMA, Source, definition, effective, flag, option_names, privileges, sorted_array

_KINDS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialized view",
    "f": "foreign table",
    "S": "sequence",
}

_INHERITS = """(SELECT array_agg(h.inhparent::regclass::text ORDER BY h.inhseqno)
    FROM pg_inherits h WHERE h.inhrelid = c.oid)"""

_SEQUENCE = """(SELECT json_strip_nulls(json_build_object(
    'type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
    'min', s.seqmin, 'max', s.seqmax, 'cache', s.seqcache, 'cycle', nullif(s.seqcycle, false)))
   FROM pg_sequence s WHERE s.seqrelid = c.oid)"""
# 'a' for OWNED BY (serial columns too), 'i' for identity columns.
_OWNED_BY = """(SELECT json_build_array(d.deptype, d.refobjid::regclass::text, a.attname)
   FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
  WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1)"""
_FOREIGN = f"""(SELECT json_strip_nulls(json_build_object('server', s.srvname, 'options', {option_names("f.ftoptions")}))
   FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid)"""


_COLUMN_WORDS = (
    "type",
    "collation",
    "not_null",
    "default",
    "generated",
    "identity",
    "storage",
    "compression",
    "statistics",
    "options",
    "foreign_options",
    "inherited",
    "acl",
)


def columns(source: Source) -> dict[int, list[Json]]:
    """Return OID → columns in order, for all relations and composite types."""
    compression = "nullif(a.attcompression::text, '')" if source.version >= 140000 else "NULL::text"
    rows = source.session.query(
        f"""SELECT a.attrelid::bigint, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                   CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
                   a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text,
                   CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END, {compression},
                   nullif(a.attstattarget, -1), {sorted_array("o", "FROM unnest(a.attoptions) o")},
                   {option_names("a.attfdwoptions")},
                   NOT a.attislocal, CASE WHEN a.attacl IS NOT NULL THEN {privileges("a.attacl")} END
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE {USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
               AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attrelid, a.attnum"""
    )
    not_null = _not_null_constraints(source)
    found: dict[int, list[Json]] = {}
    for relation, number, name, *values in rows:
        column: dict[str, Json] = {"name": name}
        for word, value in zip(_COLUMN_WORDS, values):
            if value is not None and value is not False and value != "":
                column[word] = sorted(value) if word == "acl" else value
        if "generated" in column:
            column["expression"] = column.pop("default", None)
        extra = not_null.get((relation, number))
        if extra:
            column["not_null_constraint"] = extra
        comment = source.comment("pg_class", relation, number)
        if comment is not None:
            column["comment"] = comment
        found.setdefault(relation, []).append(column)
    return found


def _not_null_constraints(source: Source) -> dict[tuple[int, int], Json]:
    """Return (relation, column number) → additional properties of the NOT NULL constraint.

    PostgreSQL 18 has a constraint for each NOT NULL column. Names that the server has chosen are left out, since it
    chooses new ones in a restore.
    """
    if source.version < 180000:
        return {}
    rows = source.session.query(
        f"""SELECT k.oid::bigint, k.conrelid::bigint, k.conkey[1], k.conname, c.relname || '_' || a.attname || '_not_null',
                   k.connoinherit, NOT k.convalidated
              FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
             WHERE k.contype = 'n' AND k.conislocal AND {USER_SCHEMA}"""
    )
    found: dict[tuple[int, int], Json] = {}
    for oid, relation, number, name, usual, no_inherit, not_valid in rows:
        comment = source.comment("pg_constraint", oid)
        extra: dict[str, Json] = {}
        if name != usual:
            extra["name"] = name
        if no_inherit:
            extra["no_inherit"] = True
        if not_valid:
            extra["not_valid"] = True
        if comment is not None:
            extra["comment"] = comment
        if extra:
            found[relation, number] = extra
    return found


def read(
    source: Source, all_columns: dict[int, list[Json]], depends: dict[tuple[str, int], tuple[str, ...]]
) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds.

    :param depends: (system table, OID) → functions that the server runs to build the object.
    """
    parts = definition(
        persistence="nullif(c.relpersistence, 'p')",
        access_method="(SELECT m.amname FROM pg_am m WHERE m.oid = c.relam)",
        options=sorted_array("o", "FROM unnest(c.reloptions) o"),
        toast_options=sorted_array(
            "o",
            "FROM pg_class tc, unnest(tc.reloptions) o WHERE tc.oid = c.reltoastrelid AND c.reltoastrelid <> 0",
        ),
        row_security=flag("c.relrowsecurity"),
        force_row_security=flag("c.relforcerowsecurity"),
        replica_identity="CASE WHEN c.relkind IN ('r', 'p', 'm') THEN nullif(c.relreplident, 'd') END",
        of_type="CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END",
        partition_key="CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END",
        bound="pg_get_expr(c.relpartbound, c.oid)",
        inherits=_INHERITS,
        sql="CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END",
        populated="CASE c.relkind WHEN 'm' THEN c.relispopulated END",
        sequence=_SEQUENCE,
        owned_by=_OWNED_BY,
        foreign=_FOREIGN,
    )
    rows = source.own(
        "pg_class",
        f"""SELECT c.oid, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner),
                   CASE c.relkind WHEN 'S' THEN {effective("s", "c.relacl", "c.relowner")}
                                  ELSE {effective("r", "c.relacl", "c.relowner")} END, {parts}
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE {USER_SCHEMA} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'""",
    )
    for oid, schema, name, letter, owner, acl, body in rows:
        if letter != "S":
            body["columns"] = all_columns.get(int(oid), [])
        yield CatalogObject(
            _KINDS[letter],
            qualified(schema, name),
            body,
            owner,
            tuple(sorted(acl)),
            source.comment("pg_class", int(oid)),
            depends.get(("pg_class", int(oid)), ()),
        )


def table_part(
    source: Source,
    kind: str,
    cls: str,
    sql: str,
    depends: dict[tuple[str, int], tuple[str, ...]] | None = None,
) -> Iterator[CatalogObject]:
    """Yield the objects of a kind that belong to tables, except to tables of extensions.

    :param sql: a query for OID, the table's OID, its schema and name, the object's name and definition.
    """
    for oid, table, schema, relation, name, parts in source.own(cls, sql):
        if not source.is_member("pg_class", int(table)):
            yield CatalogObject(
                kind,
                on_table(schema, relation, name),
                parts,
                comment=source.comment(cls, int(oid)),
                depends=(depends or {}).get((cls, int(oid)), ()),
            )
