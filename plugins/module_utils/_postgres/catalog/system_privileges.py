# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads changed privileges on objects of the system or of extensions.

Only the changes are recorded, since the privileges that initdb and CREATE EXTENSION grant depend on the version.
Like pg_dump, the catalog includes such changes for pg_catalog and extensions.
"""

from __future__ import annotations

from collections.abc import Iterator

from .model import CatalogObject
from .source import Source, changed_privileges

#: Kind, system table, prefix of its columns, letter for acldefault(), SQL for the name.
_CLASSES = (
    ("TABLE", "pg_class", "rel", "r", "o.oid::regclass::text"),
    ("FUNCTION", "pg_proc", "pro", "f", "o.oid::regprocedure::text"),
    ("TYPE", "pg_type", "typ", "T", "format_type(o.oid, NULL)"),
    ("LANGUAGE", "pg_language", "lan", "l", "quote_ident(o.lanname)"),
    ("SCHEMA", "pg_namespace", "nsp", "n", "quote_ident(o.nspname)"),
    ("FOREIGN DATA WRAPPER", "pg_foreign_data_wrapper", "fdw", "F", "quote_ident(o.fdwname)"),
)


def _explode(acl: str, owner: str) -> str:
    """Return SQL for an array of privileges with OWNER instead of the owner's name, which differs between servers."""
    roles = [
        f"CASE x.{column} WHEN 0 THEN 'PUBLIC' WHEN {owner} THEN 'OWNER'"
        f" ELSE '\"' || replace(pg_get_userbyid(x.{column}), '\"', '\"\"') || '\"' END"
        for column in ("grantee", "grantor")
    ]
    return (
        f"ARRAY(SELECT {roles[0]} || ' ' || x.privilege_type"
        f" || CASE WHEN x.is_grantable THEN '* ' ELSE ' ' END || {roles[1]} FROM aclexplode({acl}) x)"
    )


def of_system(cls: str, prefix: str) -> str:
    """Return SQL for whether an object ``o`` of a system table belongs to the system.

    :param prefix: prefix of the table's columns.
    """
    return {
        "pg_language": "o.oid < 16384",
        "pg_namespace": "o.nspname = 'pg_catalog'",
        "pg_foreign_data_wrapper": "false",
    }.get(cls, f"o.{prefix}namespace = 'pg_catalog'::regnamespace")


def usual_privileges(cls: str, prefix: str, letter: str) -> str:
    """Return SQL for the default privileges of an object ``o`` of a system table.

    :param letter: letter of the object's kind for acldefault().
    """
    kind = (
        "CASE o.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END"
        if cls == "pg_class"
        else f"'{letter}'"
    )
    return f"acldefault({kind}, o.{prefix}owner)"


def _query(cls: str, prefix: str, letter: str, name: str) -> str:
    acl, owner = f"o.{prefix}acl", f"o.{prefix}owner"
    usual = usual_privileges(cls, prefix, letter)
    return f"""
        SELECT {name}, {_explode(f"coalesce({acl}, {usual})", owner)},
               {_explode(f"coalesce(i.initprivs, {usual})", owner)}
          FROM {cls} o
          LEFT JOIN pg_init_privs i ON i.classoid = '{cls}'::regclass AND i.objoid = o.oid AND i.objsubid = 0
         WHERE {acl} IS DISTINCT FROM i.initprivs
           AND ({of_system(cls, prefix)} OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{cls}'::regclass
                                       AND d.objid = o.oid AND d.deptype = 'e'))"""


def read(source: Source) -> Iterator[CatalogObject]:
    """Yield the changes of privileges, one catalog object for each object whose privileges are not the initial ones."""
    for kind, cls, prefix, letter, name in _CLASSES:
        for place, current, initial in source.session.query(_query(cls, prefix, letter, name), context=cls):
            changes = changed_privileges(current, initial)
            if changes:
                yield CatalogObject("privileges", f"{kind} {place}", changes)
