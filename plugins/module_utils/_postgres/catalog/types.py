# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads types, collations and conversions."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import qualified
from .model import CatalogObject, Json
from .source import USER_SCHEMA, Source, definition, effective, flag

_ENUM = """CASE t.typtype WHEN 'e' THEN
    ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END"""

_DOMAIN_BASE = "CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END"
_DOMAIN_COLLATION = """(SELECT l.oid::regcollation::text FROM pg_collation l, pg_type b
    WHERE t.typtype = 'd' AND l.oid = t.typcollation AND b.oid = t.typbasetype AND l.oid <> b.typcollation)"""
_DOMAIN_DEFAULT = """CASE t.typtype WHEN 'd' THEN
    coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), t.typdefault) END"""

_RANGE = """(SELECT json_strip_nulls(json_build_object(
    'subtype', format_type(r.rngsubtype, NULL), 'opclass', quote_ident(o.opcname),
    'collation', nullif(r.rngcollation, 0)::regcollation::text,
    'canonical', nullif(r.rngcanonical, 0)::regprocedure::text,
    'difference', nullif(r.rngsubdiff, 0)::regprocedure::text{multirange}))
   FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc WHERE r.rngtypid = t.oid)"""

_BASE = """CASE t.typtype WHEN 'b' THEN json_strip_nulls(json_build_object(
    'input', t.typinput::text, 'output', t.typoutput::text, 'receive', nullif(t.typreceive, 0)::regproc::text,
    'send', nullif(t.typsend, 0)::regproc::text, 'modifier_in', nullif(t.typmodin, 0)::regproc::text,
    'modifier_out', nullif(t.typmodout, 0)::regproc::text, 'length', t.typlen, 'by_value', t.typbyval,
    'alignment', t.typalign, 'storage', t.typstorage, 'category', t.typcategory,
    'preferred', nullif(t.typispreferred, false), 'default', t.typdefault, 'delimiter', t.typdelim,
    'element', CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END)) END"""

_ROLE = {"b": "base", "c": "composite", "d": "domain", "e": "enum", "p": "shell", "r": "range"}


def read(source: Source, columns: dict[int, list[Json]]) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds.

    :param columns: OID of a composite type's relation → its attributes.
    """
    multirange = ", 'multirange', r.rngmultitypid::regtype::text" if source.version >= 140000 else ""
    parts = definition(
        enum=_ENUM,
        base=_DOMAIN_BASE,
        collation=_DOMAIN_COLLATION,
        default=_DOMAIN_DEFAULT,
        not_null=flag("t.typtype = 'd' AND t.typnotnull"),
        range=_RANGE.format(multirange=multirange),
        implementation=_BASE,
    )
    # Without the types that the server creates for tables, arrays and ranges.
    rows = source.own(
        "pg_type",
        f"""SELECT t.oid, n.nspname, t.typname, pg_get_userbyid(t.typowner),
                   {effective("T", "t.typacl", "t.typowner")}, t.typtype::text, t.typrelid::bigint, {parts}
              FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
             WHERE {USER_SCHEMA} AND t.typtype <> 'm'
               AND (t.typrelid = 0
                    OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
               AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)""",
    )
    for oid, schema, name, owner, acl, letter, relation, made in rows:
        body: dict[str, Json] = {"type": _ROLE.get(letter, letter), **made}
        if letter == "c":
            body["attributes"] = columns.get(int(relation), [])
        yield CatalogObject(
            "type",
            qualified(schema, name),
            body,
            owner,
            tuple(sorted(acl)),
            source.comment("pg_type", int(oid)),
        )
    yield from _collations(source)
    parts = definition(
        source="pg_encoding_to_char(c.conforencoding)",
        target="pg_encoding_to_char(c.contoencoding)",
        function="c.conproc::text",
        default=flag("c.condefault"),
    )
    yield from source.objects(
        "conversion",
        "pg_conversion",
        f"""SELECT c.oid, n.nspname, c.conname, pg_get_userbyid(c.conowner), NULL, {parts}
              FROM pg_conversion c JOIN pg_namespace n ON n.oid = c.connamespace WHERE {USER_SCHEMA}""",
    )


def _collations(source: Source) -> Iterator[CatalogObject]:
    # The ICU locale is in collcollate (13, 14), colliculocale (15, 16) or colllocale (since 17).
    if source.version >= 170000:
        locale = "c.colllocale"
    elif source.version >= 150000:
        locale = "c.colliculocale"
    else:
        locale = "CASE c.collprovider WHEN 'i' THEN c.collcollate END"
    libc = "CASE WHEN c.collprovider = 'c' THEN {} END"
    parts = definition(
        provider="c.collprovider",
        deterministic="c.collisdeterministic",
        locale=locale,
        collate=libc.format("c.collcollate"),
        ctype=libc.format("c.collctype"),
        rules="c.collicurules" if source.version >= 160000 else "NULL::text",
    )
    yield from source.objects(
        "collation",
        "pg_collation",
        f"""SELECT c.oid, n.nspname, c.collname, pg_get_userbyid(c.collowner), NULL, {parts}
              FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE {USER_SCHEMA}""",
    )
