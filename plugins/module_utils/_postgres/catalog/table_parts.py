# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads objects that belong to tables: constraints, indexes, triggers, rules, policies, extended statistics."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import qualified, quoted
from .model import CatalogObject
from .relations import table_part
from .source import USER_SCHEMA, Source, definition, flag, sorted_array

_TABLE = "JOIN pg_class c ON c.oid = {} JOIN pg_namespace n ON n.oid = c.relnamespace"


def read(source: Source, depends: dict[tuple[str, int], tuple[str, ...]]) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds.

    :param depends: (system table, OID) → functions that the server runs to build the object.
    """
    # Without the copies of a foreign key for partitions, which the server creates and names itself, without
    # constraint triggers, which are triggers, and without NOT NULL, which is recorded with the columns.
    parts = definition(type="k.contype", sql="pg_get_constraintdef(k.oid)")
    yield from table_part(
        source,
        "constraint",
        "pg_constraint",
        f"""SELECT k.oid, c.oid::bigint, n.nspname, c.relname, k.conname, {parts}
              FROM pg_constraint k {_TABLE.format("k.conrelid")}
             WHERE {USER_SCHEMA} AND k.contype IN ('c', 'f', 'p', 'u', 'x')
               AND NOT (k.contype = 'f' AND k.conparentid <> 0)""",
        depends,
    )
    yield from _domain_constraints(source)
    yield from _indexes(source, depends)
    # Copies of a partitioned table's triggers are only included if they were enabled or disabled separately.
    parts = definition(
        sql="CASE t.tgparentid WHEN 0 THEN pg_get_triggerdef(t.oid) END", enabled="t.tgenabled"
    )
    yield from table_part(
        source,
        "trigger",
        "pg_trigger",
        f"""SELECT t.oid, c.oid::bigint, n.nspname, c.relname, t.tgname, {parts}
              FROM pg_trigger t {_TABLE.format("t.tgrelid")}
              LEFT JOIN pg_trigger parent ON parent.oid = t.tgparentid AND t.tgparentid <> 0
             WHERE {USER_SCHEMA} AND c.relpersistence <> 't'
               AND CASE t.tgparentid WHEN 0 THEN NOT t.tgisinternal
                   ELSE parent.tgenabled <> t.tgenabled AND NOT parent.tgisinternal END""",
    )
    parts = definition(sql="pg_get_ruledef(r.oid)", enabled="r.ev_enabled")
    yield from table_part(
        source,
        "rule",
        "pg_rewrite",
        f"""SELECT r.oid, c.oid::bigint, n.nspname, c.relname, r.rulename, {parts}
              FROM pg_rewrite r {_TABLE.format("r.ev_class")}
             WHERE {USER_SCHEMA} AND r.rulename <> '_RETURN'""",
    )
    roles = sorted_array("CASE o WHEN 0 THEN '' ELSE pg_get_userbyid(o) END", "FROM unnest(p.polroles) o")
    parts = definition(
        command="p.polcmd",
        permissive="p.polpermissive",
        roles=roles,
        using="pg_get_expr(p.polqual, p.polrelid)",
        check="pg_get_expr(p.polwithcheck, p.polrelid)",
    )
    yield from table_part(
        source,
        "policy",
        "pg_policy",
        f"""SELECT p.oid, c.oid::bigint, n.nspname, c.relname, p.polname, {parts}
              FROM pg_policy p {_TABLE.format("p.polrelid")} WHERE {USER_SCHEMA}""",
    )
    yield from _statistics(source, depends)


def _domain_constraints(source: Source) -> Iterator[CatalogObject]:
    parts = definition(sql="pg_get_constraintdef(k.oid)")
    rows = source.own(
        "pg_constraint",
        f"""SELECT k.oid, t.oid::bigint, n.nspname, t.typname, k.conname, {parts}
              FROM pg_constraint k
              JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
             WHERE {USER_SCHEMA} AND k.contype = 'c'""",
    )
    for oid, domain, schema, type_name, name, body in rows:
        if not source.is_member("pg_type", int(domain)):
            full = f"{quoted(name)} ON DOMAIN {qualified(schema, type_name)}"
            yield CatalogObject("constraint", full, body, comment=source.comment("pg_constraint", int(oid)))


def _indexes(source: Source, depends: dict[tuple[str, int], tuple[str, ...]]) -> Iterator[CatalogObject]:
    parts = definition(
        sql="pg_get_indexdef(i.indexrelid)",
        clustered=flag("i.indisclustered"),
        replica_identity=flag("i.indisreplident"),
        invalid=flag("NOT i.indisvalid"),
        parent="(SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)",
        statistics="""(SELECT json_object_agg(a.attnum, a.attstattarget) FROM pg_attribute a
                        WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0 HAVING count(*) > 0)""",
    )
    # Without indexes whose build has failed, like pg_dump. The index of a partitioned table is included, since it is
    # only invalid as long as a partition has none.
    rows = source.own(
        "pg_class",
        f"""SELECT i.indexrelid, c.oid::bigint, n.nspname, x.relname, {parts}
              FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid {_TABLE.format("i.indrelid")}
             WHERE {USER_SCHEMA} AND c.relkind IN ('r', 'p', 'm') AND (i.indisvalid OR c.relkind = 'p')
               AND i.indisready AND c.relpersistence <> 't'""",
    )
    for oid, table, schema, name, body in rows:
        if not source.is_member("pg_class", int(table)):
            yield CatalogObject(
                "index",
                qualified(schema, name),
                body,
                comment=source.comment("pg_class", int(oid)),
                depends=depends.get(("pg_class", int(oid)), ()),
            )


def _statistics(source: Source, depends: dict[tuple[str, int], tuple[str, ...]]) -> Iterator[CatalogObject]:
    parts = definition(sql="pg_get_statisticsobjdef(s.oid)", target="nullif(s.stxstattarget, -1)")
    rows = source.own(
        "pg_statistic_ext",
        f"""SELECT s.oid, s.stxrelid::bigint, n.nspname, s.stxname, pg_get_userbyid(s.stxowner), {parts}
              FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {USER_SCHEMA}""",
    )
    for oid, table, schema, name, owner, body in rows:
        if not source.is_member("pg_class", int(table)):
            yield CatalogObject(
                "statistics",
                qualified(schema, name),
                body,
                owner,
                comment=source.comment("pg_statistic_ext", int(oid)),
                depends=depends.get(("pg_statistic_ext", int(oid)), ()),
            )
