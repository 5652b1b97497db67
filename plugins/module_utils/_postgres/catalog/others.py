# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads foreign data wrappers, servers, user mappings, publications, text search objects and access methods."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import quoted
from .model import CatalogObject
from .source import (
    FIRST_USER_OID,
    USER_SCHEMA,
    Source,
    definition,
    effective,
    flag,
    option_names,
    sorted_array,
)


def read(source: Source) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds."""
    yield from _foreign(source)
    yield from _publications(source)
    yield from _text_search(source)
    parts = definition(type="a.amtype", handler="a.amhandler::text")
    yield from source.objects(
        "access method",
        "pg_am",
        f"SELECT a.oid, NULL, a.amname, NULL, NULL, {parts} FROM pg_am a WHERE a.oid >= {FIRST_USER_OID}",
    )


def user_mapping_name(server: str, role: str | None) -> str:
    """Return the name of a user mapping, which includes the role (None for PUBLIC)."""
    return f"FOR {'PUBLIC' if role is None else quoted(role)} SERVER {quoted(server)}"


def _foreign(source: Source) -> Iterator[CatalogObject]:
    acl = effective("F", "w.fdwacl", "w.fdwowner")
    parts = definition(
        handler="nullif(w.fdwhandler, 0)::regproc::text",
        validator="nullif(w.fdwvalidator, 0)::regproc::text",
        options=option_names("w.fdwoptions"),
    )
    yield from source.objects(
        "foreign data wrapper",
        "pg_foreign_data_wrapper",
        f"""SELECT w.oid, NULL, w.fdwname, pg_get_userbyid(w.fdwowner), {acl}, {parts}
              FROM pg_foreign_data_wrapper w""",
    )
    acl = effective("S", "s.srvacl", "s.srvowner")
    parts = definition(
        wrapper="w.fdwname", type="s.srvtype", version="s.srvversion", options=option_names("s.srvoptions")
    )
    yield from source.objects(
        "server",
        "pg_foreign_server",
        f"""SELECT s.oid, NULL, s.srvname, pg_get_userbyid(s.srvowner), {acl}, {parts}
              FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw""",
    )
    # The view, because only superusers may read the table; the view hides the options from accounts that may not see them.
    mappings = source.session.query(
        f"""SELECT m.srvname, CASE WHEN m.umuser <> 0 THEN m.usename END, {option_names("m.umoptions")}
              FROM pg_user_mappings m"""
    )
    for server, role, options in mappings:
        yield CatalogObject(
            "user mapping",
            user_mapping_name(server, role),
            {"server": server, "role": role, "options": options},
        )


def _publications(source: Source) -> Iterator[CatalogObject]:
    if source.version >= 150000:
        tables = (
            "pr.prrelid::regclass::text || coalesce((SELECT ' (' || string_agg(quote_ident(a.attname), ', '"
            " ORDER BY a.attnum) || ')' FROM pg_attribute a WHERE a.attrelid = pr.prrelid"
            " AND a.attnum = ANY (pr.prattrs)), '')"
            " || coalesce(' WHERE ' || pg_get_expr(pr.prqual, pr.prrelid), '')"
        )
        schemas = sorted_array(
            "quote_ident(n.nspname)",
            "FROM pg_publication_namespace pn JOIN pg_namespace n ON n.oid = pn.pnnspid"
            " WHERE pn.pnpubid = p.oid",
        )
    else:
        tables, schemas = "pr.prrelid::regclass::text", "NULL::text"
    parts = definition(
        all_tables=flag("p.puballtables"),
        insert="p.pubinsert",
        update="p.pubupdate",
        delete="p.pubdelete",
        truncate="p.pubtruncate",
        via_root=flag("p.pubviaroot"),
        generated="nullif(p.pubgencols::text, 'n')" if source.version >= 180000 else "NULL::text",
        tables=sorted_array(tables, "FROM pg_publication_rel pr WHERE pr.prpubid = p.oid"),
        schemas=schemas,
    )
    yield from source.objects(
        "publication",
        "pg_publication",
        f"""SELECT p.oid, NULL, p.pubname, pg_get_userbyid(p.pubowner), NULL, {parts}
              FROM pg_publication p""",
    )


def _text_search(source: Source) -> Iterator[CatalogObject]:
    name = "(SELECT quote_ident({n}.nspname) || '.' || quote_ident({x}) FROM pg_namespace {n} WHERE {n}.oid = {ns})"
    mapping = sorted_array(
        "lpad(tt.tokid::text, 6, '0') || ' ' || tt.alias || ': '"
        " || (SELECT string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)"
        " FROM pg_ts_config_map m WHERE m.mapcfg = t.oid AND m.maptokentype = tt.tokid)",
        "FROM ts_token_type(t.cfgparser) tt WHERE EXISTS (SELECT FROM pg_ts_config_map m"
        " WHERE m.mapcfg = t.oid AND m.maptokentype = tt.tokid)",
    )
    parser = name.format(n="pn", x="r.prsname", ns="r.prsnamespace")
    template = name.format(n="pn", x="r.tmplname", ns="r.tmplnamespace")
    queries = (
        (
            "text search configuration",
            "pg_ts_config",
            "cfg",
            "pg_get_userbyid(t.cfgowner)",
            definition(
                parser=f"(SELECT {parser} FROM pg_ts_parser r WHERE r.oid = t.cfgparser)", mapping=mapping
            ),
        ),
        (
            "text search dictionary",
            "pg_ts_dict",
            "dict",
            "pg_get_userbyid(t.dictowner)",
            definition(
                template=f"(SELECT {template} FROM pg_ts_template r WHERE r.oid = t.dicttemplate)",
                options="t.dictinitoption",
            ),
        ),
        (
            "text search parser",
            "pg_ts_parser",
            "prs",
            "NULL",
            definition(
                start="t.prsstart::text",
                next="t.prstoken::text",
                end="t.prsend::text",
                types="t.prslextype::text",
                headline="nullif(t.prsheadline, 0)::regproc::text",
            ),
        ),
        (
            "text search template",
            "pg_ts_template",
            "tmpl",
            "NULL",
            definition(init="nullif(t.tmplinit, 0)::regproc::text", lexize="t.tmpllexize::text"),
        ),
    )
    for kind, table, prefix, owner, parts in queries:
        yield from source.objects(
            kind,
            table,
            f"""SELECT t.oid, n.nspname, t.{prefix}name, {owner}, NULL, {parts}
                  FROM {table} t JOIN pg_namespace n ON n.oid = t.{prefix}namespace WHERE {USER_SCHEMA}""",
        )
