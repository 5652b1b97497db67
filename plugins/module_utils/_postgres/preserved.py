# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resets the objects that remain in an emptied database to their state in a new database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from .._errors import DatabaseError
from .catalog import system_privileges
from .catalog.model import Catalog
from .catalog.source import Source
from .drop_objects import DropPlan
from .names import IDENTIFIER, quoted, split_name, unquoted
from .schema_sql import Entry
from .session import Session, literal

_ACL = """(SELECT coalesce(json_agg(json_build_array(CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee) END,
    x.privilege_type, x.is_grantable)), '[]') FROM aclexplode({}) x)"""

_SCHEMA = f"""
SELECT pg_get_userbyid(n.nspowner), pg_has_role(n.nspowner, 'USAGE'), obj_description(n.oid, 'pg_namespace'),
       {_ACL.format("coalesce(n.nspacl, acldefault('n', n.nspowner))")}
  FROM pg_namespace n WHERE n.nspname = %s
"""
_PUBLIC = "public"
_PUBLIC_COMMENT = "standard public schema"
#: Since version 15, the schema public belongs to the database's owner, and only the owner may create objects in it.
_CLOSED_SINCE = 150000

#: System table, prefix of its columns, keyword of GRANT, letter of acldefault(), SQL for the name in GRANT.
_SYSTEM = (
    ("pg_class", "rel", "TABLE", "r", "o.oid::regclass::text"),
    ("pg_proc", "pro", "ROUTINE", "f", "o.oid::regprocedure::text"),
    ("pg_type", "typ", "TYPE", "T", "quote_ident(n.nspname) || '.' || quote_ident(o.typname)"),
    ("pg_language", "lan", "LANGUAGE", "l", "quote_ident(o.lanname)"),
    ("pg_namespace", "nsp", "SCHEMA", "n", "quote_ident(o.nspname)"),
    ("pg_foreign_data_wrapper", "fdw", "FOREIGN DATA WRAPPER", "F", "quote_ident(o.fdwname)"),
)

_CONFIGURATION = """
SELECT c.oid::regclass::text, e.extcondition[u.number]
  FROM pg_extension e, unnest(e.extconfig) WITH ORDINALITY AS u (oid, number) JOIN pg_class c ON c.oid = u.oid
 WHERE c.relkind = 'r' AND e.extname = ANY (%s)
"""

_OF_SCHEMA = re.compile(
    rf"(?:(?:CREATE|ALTER|COMMENT ON) SCHEMA |(?:GRANT|REVOKE) [A-Z, ]+ ON SCHEMA )({IDENTIFIER})[ ;]"
)
_CREATE = re.compile(rf"CREATE SCHEMA {IDENTIFIER};\s*")


def reset_schemas(session: Session, schemas: Iterable[str]) -> list[str]:
    """Give schemas the owner, privileges and comment that they would have in a new database.

    :returns: names of the schemas that the account may not change.
    """
    stuck = []
    for name in schemas:
        statements = list(_schema_statements(session, name))
        allowed = session.query(_SCHEMA, [name])[0][1]
        try:
            with session.savepoint():
                for statement in statements if allowed else ():
                    session.execute(statement, context=f"schema {name}")
        except DatabaseError as error:
            if error.code != "permission_denied":
                raise
            allowed = False
        if not allowed:
            stuck.append(name)
    return stuck


def _schema_statements(session: Session, name: str) -> Iterator[str]:
    owner, _allowed, comment, acl = session.query(_SCHEMA, [name])[0]
    schema = f"SCHEMA {quoted(name)}"
    closed = session.version >= _CLOSED_SINCE
    if name == _PUBLIC:
        initial = session.value(f"SELECT pg_get_userbyid({6171 if closed else 10})")
        if owner != initial:
            yield f"ALTER {schema} OWNER TO {quoted(initial)}"
            acl = session.query(_SCHEMA, [name])[0][3]
            owner = initial
    usual = [[owner, "USAGE", False], [owner, "CREATE", False]]
    if name == _PUBLIC:
        usual += [["", word, False] for word in (("USAGE",) if closed else ("USAGE", "CREATE"))]
    yield from _privileges(schema, acl, usual)
    wanted = _PUBLIC_COMMENT if name == _PUBLIC else None
    if comment != wanted:
        yield f"COMMENT ON {schema} IS {'NULL' if wanted is None else literal(wanted)}"


def _privileges(place: str, acl: Sequence[Any], wanted: Sequence[Any]) -> Iterator[str]:
    """Yield the statements that replace the current privileges on an object by the wanted ones."""
    if sorted(acl) == sorted(wanted):
        return
    for grantee in sorted({item[0] for item in acl}):
        yield f"REVOKE ALL ON {place} FROM {_role(grantee)} CASCADE"
    for grantee, word, grantable in wanted:
        option = " WITH GRANT OPTION" if grantable else ""
        yield f"GRANT {word} ON {place} TO {_role(grantee)}{option}"


def _role(name: str) -> str:
    return quoted(name) if name else "PUBLIC"


def reset_system_privileges(session: Session, removal: DropPlan) -> set[tuple[str, str]]:
    """Reset the privileges on objects of the system and of extensions to the initial ones.

    :returns: catalog kinds and names of the objects whose privileges remain different: the account may not change them,
        or they belong to an extension that the backup does not have.
    """
    session.execute("SET search_path = ''")
    extra = [item.name for item in removal.extra]
    for cls, prefix, words, letter, name in _SYSTEM:
        for place, current, initial in session.query(_system_query(cls, prefix, letter, name), [extra]):
            try:
                with session.savepoint():
                    for statement in _privileges(f"{words} {place}", current, initial):
                        session.execute(statement, context=place)
            except DatabaseError as error:
                if error.code != "permission_denied":
                    raise
    return {obj.key for obj in system_privileges.read(Source(session))}


def _system_query(cls: str, prefix: str, letter: str, name: str) -> str:
    acl, owner = f"o.{prefix}acl", f"o.{prefix}owner"
    schema = {"pg_class": "o.relnamespace", "pg_proc": "o.pronamespace", "pg_type": "o.typnamespace"}.get(
        cls, "NULL"
    )
    system = system_privileges.of_system(cls, prefix)
    usual = system_privileges.usual_privileges(cls, prefix, letter)
    return f"""
        SELECT {name}, {_ACL.format(f"coalesce({acl}, {usual})")}, {_ACL.format(f"coalesce(i.initprivs, {usual})")}
          FROM {cls} o LEFT JOIN pg_namespace n ON n.oid = {schema}
          LEFT JOIN pg_init_privs i ON i.classoid = '{cls}'::regclass AND i.objoid = o.oid AND i.objsubid = 0
          LEFT JOIN pg_depend d ON d.classid = '{cls}'::regclass AND d.objid = o.oid AND d.deptype = 'e'
          LEFT JOIN pg_extension e ON e.oid = d.refobjid
         WHERE {acl} IS DISTINCT FROM i.initprivs AND ({system} OR d.objid IS NOT NULL)
           AND pg_has_role({owner}, 'USAGE') AND NOT coalesce(e.extname = ANY (%s), false)"""


def empty_configuration(session: Session, catalog: Catalog) -> None:
    """Delete the user's rows from the configuration tables of extensions, since the backup contains such rows too.

    A database that was in use may have such rows, and creating an extension may insert some.

    :param catalog: the backup's catalog.
    """
    names = [split_name(item.name)[0] for item in catalog.of("extension")]
    for table, condition in session.query(_CONFIGURATION, [names]):
        session.execute(f"DELETE FROM ONLY {table} {condition or ''}", context=table)


def skip_preserved(entries: Iterable[Entry], schemas: Collection[str], stuck: Collection[str]) -> list[Entry]:
    """Return pg_dump's entries without those that create existing schemas, or change schemas that can't be changed.

    :param schemas: names of the existing schemas.
    :param stuck: names of the schemas that can't be changed.
    """
    found = []
    for entry in entries:
        match = _OF_SCHEMA.search(entry.sql) if entry.type in ("SCHEMA", "COMMENT", "ACL") else None
        name = unquoted(match[1]) if match and match.start() == 0 else None
        if name in stuck:
            continue
        if entry.type == "SCHEMA" and name in schemas:
            entry = replace(entry, sql=_CREATE.sub("", entry.sql, count=1))
            if not entry.sql:
                continue
        found.append(entry)
    return found
