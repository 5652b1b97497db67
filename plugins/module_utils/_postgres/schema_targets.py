# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parses from an entry's statement which object it creates, and to which table the object belongs.

The comment above an entry would be easier to read, but it has no quotes, and spaces for line breaks.
"""

from __future__ import annotations

import re

from .names import IDENTIFIER, on_table, qualified, quoted, split_name, unquoted

_NAME = rf"(?P<table>{IDENTIFIER}(?:\.{IDENTIFIER})?)"
# Anything without quotes that hide an " ON " of a column's or trigger's name.
_WORDS = r'(?:[^"\']|"(?:[^"]|"")*")*?'

_ALTER_TABLE = re.compile(rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?{_NAME}\s")
_CONSTRAINT = re.compile(
    rf"ALTER (?:FOREIGN )?TABLE (?:ONLY )?{_NAME}\s+ADD CONSTRAINT (?P<name>{IDENTIFIER}) "
)
_INDEX = re.compile(rf"CREATE (?:UNIQUE )?INDEX (?P<name>{IDENTIFIER}) ON (?:ONLY )?{_NAME}\s")
_ON_TABLE = re.compile(
    rf"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?(?:TRIGGER|POLICY|RULE) {_WORDS} ON {_NAME}\s"
)
_RULE = re.compile(rf"CREATE (?:OR REPLACE )?RULE {IDENTIFIER} AS\s+ON \w+ TO {_NAME}\s")
_CREATE = re.compile(rf"CREATE (?:UNLOGGED |FOREIGN )*TABLE {_NAME}\s")
_REFRESH = re.compile(rf"REFRESH MATERIALIZED VIEW {_NAME};")
_VIEW = re.compile(rf"CREATE (?:OR REPLACE )?(?:MATERIALIZED )?VIEW {_NAME}\s")
_DOMAIN_CONSTRAINT = re.compile(
    rf"ALTER DOMAIN (?P<domain>{IDENTIFIER}(?:\.{IDENTIFIER})?)\s+ADD CONSTRAINT (?P<name>{IDENTIFIER}) "
)
_TRIGGER = re.compile(
    rf"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER (?P<name>{IDENTIFIER}) {_WORDS} ON {_NAME}\s"
)
_STATISTICS = re.compile(rf"CREATE STATISTICS {_NAME}\s")
_SEQUENCE_OWNER = re.compile(rf"ALTER SEQUENCE {IDENTIFIER}(?:\.{IDENTIFIER})? OWNED BY {_NAME}\.")

#: pg_dump's type of an entry → how its (first) statement names the table
_PATTERNS = {
    "CHECK CONSTRAINT": _ALTER_TABLE,
    "CONSTRAINT": _ALTER_TABLE,
    "DEFAULT": _ALTER_TABLE,
    "FK CONSTRAINT": _ALTER_TABLE,
    "FOREIGN TABLE": _CREATE,
    "INDEX": _INDEX,
    "MATERIALIZED VIEW": _VIEW,
    "MATERIALIZED VIEW DATA": _REFRESH,
    "POLICY": _ON_TABLE,
    "ROW SECURITY": _ALTER_TABLE,
    "RULE": _RULE,
    "SEQUENCE OWNED BY": _SEQUENCE_OWNER,
    "TABLE": _CREATE,
    "TABLE ATTACH": _ALTER_TABLE,
    "TRIGGER": _ON_TABLE,
    "VIEW": _VIEW,
}


def target_table(kind: str, sql: str) -> str | None:
    """Return the table (or view) that an entry belongs to, as :func:`.names.qualified` writes it.

    :param kind: pg_dump's type of the entry.
    :param sql: the entry's statements.
    :returns: None for entries of other kinds, and where the statement is not of the expected form.
    """
    pattern = _PATTERNS.get(kind)
    match = pattern.match(sql) if pattern else None
    if match is None:
        return None
    parts = split_name(match["table"])
    return qualified(parts[0] if len(parts) > 1 else None, parts[-1])


def built_object(kind: str, sql: str) -> tuple[str, str] | None:
    """Return kind and name, as in the catalog, of what the server calls functions for while it is made.

    :param kind: pg_dump's type of the entry.
    :param sql: the entry's statements.
    """
    pattern = {
        "CONSTRAINT": _CONSTRAINT,
        "INDEX": _INDEX,
        "MATERIALIZED VIEW DATA": _REFRESH,
        "STATISTICS": _STATISTICS,
    }.get(kind)
    match = pattern.match(sql) if pattern else None
    if match is None:
        return None
    schema, name = split_name(match["table"])
    if kind == "INDEX":
        return "index", qualified(schema, split_name(match["name"])[0])
    if kind == "CONSTRAINT":
        return "constraint", on_table(schema, name, split_name(match["name"])[0])
    return ("statistics" if kind == "STATISTICS" else "materialized view"), qualified(schema, name)


def leavable_object(kind: str, sql: str) -> tuple[str, str] | None:
    """Return kind and name, as in the catalog, of a constraint, index or trigger that an entry makes.

    :param kind: pg_dump's type of the entry.
    :param sql: the entry's statements.
    """
    if kind in ("CONSTRAINT", "INDEX"):
        return built_object(kind, sql)
    if kind == "CHECK CONSTRAINT" and (match := _DOMAIN_CONSTRAINT.match(sql)):
        schema, domain = split_name(match["domain"])
        return "constraint", f"{quoted(unquoted(match['name']))} ON DOMAIN {qualified(schema, domain)}"
    pattern = _TRIGGER if kind == "TRIGGER" else _CONSTRAINT
    match = pattern.match(sql) if kind in ("TRIGGER", "FK CONSTRAINT", "CHECK CONSTRAINT") else None
    if match is None:
        return None
    schema, table = split_name(match["table"])
    return ("trigger" if kind == "TRIGGER" else "constraint"), on_table(
        schema, table, unquoted(match["name"])
    )
