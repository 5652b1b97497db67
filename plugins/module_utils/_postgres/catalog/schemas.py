# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads schemas, extensions, languages, casts, transforms, default privileges and event triggers."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import quoted
from .model import CatalogObject, Json
from .source import (
    FIRST_USER_OID,
    USER_SCHEMA,
    Source,
    changed_privileges,
    definition,
    effective,
    flag,
    privileges,
    sorted_array,
)

#: OID of the initial owner of the schema public: pg_database_owner, before 15 the bootstrap superuser.
_PUBLIC_OWNER = "CASE WHEN current_setting('server_version_num')::int >= 150000 THEN 6171 ELSE 10 END"


#: Letter in pg_default_acl → keyword of ALTER DEFAULT PRIVILEGES.
DEFAULT_OBJECTS = {
    "r": "TABLES",
    "S": "SEQUENCES",
    "f": "FUNCTIONS",
    "T": "TYPES",
    "n": "SCHEMAS",
    "L": "LARGE OBJECTS",
}


def read(source: Source) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds."""
    acl = effective("n", "n.nspacl", "n.nspowner")
    parts = definition(initial_owner=flag(f"n.nspname = 'public' AND n.nspowner = {_PUBLIC_OWNER}"))
    yield from source.objects(
        "schema",
        "pg_namespace",
        f"""SELECT n.oid, NULL, n.nspname, pg_get_userbyid(n.nspowner), {acl}, {parts}
              FROM pg_namespace n WHERE {USER_SCHEMA}""",
    )
    # Without the owner of an extension, which pg_dump does not dump: it is the account that restores.
    parts = definition(schema="n.nspname", version="e.extversion")
    yield from source.objects(
        "extension",
        "pg_extension",
        f"""SELECT e.oid, NULL, e.extname, NULL, NULL, {parts}
              FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace""",
    )
    acl = effective("l", "l.lanacl", "l.lanowner")
    parts = definition(
        trusted=flag("l.lanpltrusted"),
        handler="nullif(l.lanplcallfoid, 0)::regproc::text",
        inline="nullif(l.laninline, 0)::regproc::text",
        validator="nullif(l.lanvalidator, 0)::regproc::text",
    )
    yield from source.objects(
        "language",
        "pg_language",
        f"""SELECT l.oid, NULL, l.lanname, pg_get_userbyid(l.lanowner), {acl}, {parts}
              FROM pg_language l WHERE l.oid >= {FIRST_USER_OID}""",
    )
    yield from event_triggers(source)
    yield from _casts(source)
    yield from _default_privileges(source)


def event_triggers(source: Source) -> Iterator[CatalogObject]:
    """Yield the event triggers."""
    parts = definition(
        event="e.evtevent",
        function="e.evtfoid::regproc::text",
        enabled="e.evtenabled",
        tags=sorted_array("t", "FROM unnest(e.evttags) t"),
    )
    yield from source.objects(
        "event trigger",
        "pg_event_trigger",
        f"""SELECT e.oid, NULL, e.evtname, pg_get_userbyid(e.evtowner), NULL, {parts}
              FROM pg_event_trigger e""",
    )


def _casts(source: Source) -> Iterator[CatalogObject]:
    parts = definition(
        function="nullif(c.castfunc, 0)::regprocedure::text", context="c.castcontext", method="c.castmethod"
    )
    for oid, origin, target, cast in source.own(
        "pg_cast",
        f"""SELECT c.oid, format_type(c.castsource, NULL), format_type(c.casttarget, NULL), {parts}
              FROM pg_cast c WHERE c.oid >= {FIRST_USER_OID}""",
    ):
        yield CatalogObject(
            "cast", f"({origin} AS {target})", cast, comment=source.comment("pg_cast", int(oid))
        )
    parts = definition(
        from_sql="nullif(t.trffromsql, 0)::regprocedure::text",
        to_sql="nullif(t.trftosql, 0)::regprocedure::text",
    )
    for oid, kind, language, transform in source.own(
        "pg_transform",
        f"""SELECT t.oid, format_type(t.trftype, NULL), l.lanname, {parts}
              FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE t.oid >= {FIRST_USER_OID}""",
    ):
        yield CatalogObject(
            "transform",
            f"FOR {kind} LANGUAGE {quoted(language)}",
            transform,
            comment=source.comment("pg_transform", int(oid)),
        )


def default_privileges_name(role: str, schema: str | None, objects: str) -> str:
    """Return the name of default privileges, which includes the role."""
    place = "" if schema is None else f" IN SCHEMA {quoted(schema)}"
    return f"FOR ROLE {quoted(role)}{place} ON {objects}"


def _default_privileges(source: Source) -> Iterator[CatalogObject]:
    # Default privileges for the whole database replace the server's default; those for a schema are granted in
    # addition. In both cases, only the changes are recorded.
    letter = "CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END"
    usual = f"CASE d.defaclnamespace WHEN 0 THEN acldefault({letter}, d.defaclrole) END"
    acls = f"{privileges('d.defaclacl')}, {privileges(usual)}"
    rows = source.session.query(
        f"""SELECT pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype::text, {acls}
              FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace"""
    )
    for owner, schema, letter, current, initial in rows:
        objects = DEFAULT_OBJECTS.get(letter, letter)
        body: dict[str, Json] = {"objects": objects, **changed_privileges(current, initial)}
        if schema is not None:
            body["schema"] = schema
        yield CatalogObject(
            "default privileges", default_privileges_name(owner, schema, objects), body, owner
        )
