# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parses an entry's statement to find which object it creates, and to which table the object belongs.

The comment above an entry would be easier to parse, but its names are not quoted, and have spaces instead of line breaks.
"""

from __future__ import annotations

import re

from .names import IDENTIFIER, on_table, qualified, quoted, split_name, unquoted

_NAME = rf"(?P<table>{IDENTIFIER}(?:\.{IDENTIFIER})?)"
# Any text, with quoted names skipped, since the name of a column or trigger may contain " ON ".
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

#: pg_dump's type of an entry → pattern of its first statement, with the table's name
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
    """Return the table (or view) that an entry belongs to, in the spelling of :func:`.names.qualified`.

    :param kind: pg_dump's type of the entry.
    :param sql: the entry's statements.
    :returns: None for other types of entries, and if the statement does not have the expected form.
    """
    pattern = _PATTERNS.get(kind)
    match = pattern.match(sql) if pattern else None
    if match is None:
        return None
    parts = split_name(match["table"])
    return qualified(parts[0] if len(parts) > 1 else None, parts[-1])


def built_object(kind: str, sql: str) -> tuple[str, str] | None:
    """Return catalog kind and name of an object for which the server calls functions while it creates the object.

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
    """Return catalog kind and name of the constraint, index or trigger that an entry creates, if any.

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
