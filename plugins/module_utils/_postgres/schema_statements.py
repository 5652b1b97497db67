# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restricts the SQL of an archive of any format to defining the objects of one database.

Each kind of entry may have only the statements that pg_dump writes for it. So the SQL can't change rows, not even after
they were compared and before policies are created, nor the server's other databases and roles.
This does not make SQL of unknown origin harmless: a function that an index calls is still run.

Statements are checked after everything quoted was replaced by a placeholder name, and after the contents of parentheses
were removed: only pg_dump's own keywords remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from .._errors import ArchiveError
from .sql_scanner import spans

if TYPE_CHECKING:
    from .schema_sql import Entry

_FLAGS = re.IGNORECASE | re.ASCII | re.DOTALL
#: A name, qualified or not: a single word.
_N = r"[^\s,;()\[\]]+"
#: A name with the arguments of a function or aggregate, or with an access method.
_R = rf"{_N}(?: ?\(\))?(?: USING {_N})?"
#: An expression. A comma would begin another action of the same statement.
_E = r"[^,]+"
_RELATION = r"ALTER (?:TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|INDEX)(?: ONLY)? "
_TABLE = rf"ALTER (?:FOREIGN )?TABLE(?: ONLY)? {_N}"
_COLUMN = rf"(?:{_TABLE}|ALTER (?:VIEW|MATERIALIZED VIEW|INDEX) {_N}) ALTER COLUMN {_N}"

#: Kinds of objects that don't belong to a single database.
_NOT_OF_ONE = "(?:DATABASE|GROUP|PARAMETER|ROLE|SYSTEM|TABLESPACE|USER)"

#: Statements that several kinds of entries have.
_OWNER = rf"ALTER (?!{_NOT_OF_ONE}\b)[A-Z ]+?(?: ONLY)? {_R} OWNER TO {_N}"
_CONSTRAINT = rf"{_TABLE} ADD CONSTRAINT {_N} {_E}"
_IDENTITY = rf"{_TABLE} REPLICA IDENTITY (?:FULL|NOTHING|USING INDEX {_N})"
_CLUSTER = rf"{_RELATION}{_N} (?:CLUSTER ON {_N}|SET WITHOUT CLUSTER)"
_STORED = rf"{_COLUMN} SET (?:STORAGE {_N}|STATISTICS -?[0-9]+|COMPRESSION {_N}|\(\)|NOT NULL)"
_DEFAULT = rf"{_COLUMN} SET DEFAULT {_E}"
_TO_EXTENSION = rf"ALTER [A-Z ]+? {_R} (?:ON {_N} )?DEPENDS ON EXTENSION {_N}"
_SWITCH = rf"{_TABLE} (?:ENABLE|DISABLE)(?: REPLICA| ALWAYS)? (?:TRIGGER|RULE) {_N}"
_GRANTS = rf"(?:GRANT|REVOKE) .+? ON (?!{_NOT_OF_ONE}\b).+ (?:TO|FROM) .+"
_AS_GRANTOR = rf"(?:SET|RESET) SESSION AUTHORIZATION(?: {_N})?"


def _creates(words: str, *others: str) -> tuple[str, ...]:
    return (rf"CREATE (?:OR REPLACE )?(?:{words}) .+", _OWNER, _TO_EXTENSION, *others)


_PARTS = (_STORED, _IDENTITY, _CLUSTER)
#: Type of an entry → the forms of its statements.
_FORMS: dict[str, tuple[str, ...]] = {
    "ACCESS METHOD": _creates("ACCESS METHOD"),
    "ACL": (_GRANTS, _AS_GRANTOR),
    "AGGREGATE": _creates("AGGREGATE"),
    "CAST": _creates("CAST"),
    "CHECK CONSTRAINT": (_CONSTRAINT, rf"ALTER DOMAIN {_N} ADD CONSTRAINT {_N} {_E}"),
    "COLLATION": _creates("COLLATION"),
    "COMMENT": (rf"COMMENT ON (?!{_NOT_OF_ONE}\b).+ IS (?:E?_+|NULL)",),
    "CONSTRAINT": (_CONSTRAINT, *_PARTS),
    "CONVERSION": _creates("(?:DEFAULT )?CONVERSION"),
    "DEFAULT": (_DEFAULT,),
    "DEFAULT ACL": (
        r"ALTER DEFAULT PRIVILEGES FOR ROLE .+? (?:GRANT|REVOKE) .+ (?:TO|FROM) .+",
        _AS_GRANTOR,
    ),
    "DOMAIN": _creates("DOMAIN"),
    "EVENT TRIGGER": _creates(
        "EVENT TRIGGER", rf"ALTER EVENT TRIGGER {_N} (?:DISABLE|ENABLE(?: REPLICA| ALWAYS)?)"
    ),
    "EXTENSION": (rf"CREATE EXTENSION (?:IF NOT EXISTS )?{_N}(?: WITH)?(?: SCHEMA {_N})?",),
    "FK CONSTRAINT": (_CONSTRAINT,),
    "FOREIGN DATA WRAPPER": _creates("FOREIGN DATA WRAPPER"),
    "FOREIGN TABLE": _creates("FOREIGN TABLE", *_PARTS, _DEFAULT, rf"{_COLUMN} OPTIONS ?\(\)"),
    "FUNCTION": _creates("FUNCTION"),
    "INDEX": (r"CREATE (?:UNIQUE )?INDEX .+", *_PARTS, _TO_EXTENSION),
    "INDEX ATTACH": (rf"ALTER INDEX {_N} ATTACH PARTITION {_N}",),
    "MATERIALIZED VIEW": (r"CREATE MATERIALIZED VIEW .+ WITH NO DATA", _OWNER, _TO_EXTENSION, *_PARTS),
    "MATERIALIZED VIEW DATA": (rf"REFRESH MATERIALIZED VIEW {_N}",),
    "OPERATOR": _creates("OPERATOR", rf"ALTER OPERATOR \S+ ?\(\) OWNER TO {_N}"),
    "OPERATOR CLASS": _creates("OPERATOR CLASS"),
    "OPERATOR FAMILY": _creates("OPERATOR FAMILY", rf"ALTER OPERATOR FAMILY {_N} USING {_N} ADD .+"),
    "POLICY": (r"CREATE POLICY .+",),
    "PROCEDURAL LANGUAGE": _creates("(?:TRUSTED )?(?:PROCEDURAL )?LANGUAGE"),
    "PROCEDURE": _creates("PROCEDURE"),
    "PUBLICATION": _creates("PUBLICATION"),
    "PUBLICATION TABLE": (rf"ALTER PUBLICATION {_N} ADD TABLE .+",),
    "PUBLICATION TABLES IN SCHEMA": (rf"ALTER PUBLICATION {_N} ADD TABLES IN SCHEMA {_N}",),
    "ROW SECURITY": (rf"{_TABLE} (?:ENABLE|FORCE) ROW LEVEL SECURITY",),
    # pg_dump adds the query of a view here, if a circular dependency required the view earlier.
    "RULE": (r"CREATE (?:OR REPLACE )?(?:RULE|VIEW) .+", _SWITCH),
    "SCHEMA": (rf"CREATE SCHEMA (?:IF NOT EXISTS )?{_N}(?: AUTHORIZATION {_N})?", _OWNER),
    "SEQUENCE": _creates(
        "(?:UNLOGGED )?SEQUENCE",
        rf"{_TABLE} ALTER COLUMN {_N} ADD GENERATED (?:ALWAYS|BY DEFAULT) AS IDENTITY ?\(\)",
        rf"ALTER SEQUENCE {_N} SET (?:LOGGED|UNLOGGED)",
    ),
    "SEQUENCE OWNED BY": (rf"ALTER SEQUENCE {_N} OWNED BY {_N}",),
    "SEQUENCE SET": (r"SELECT pg_catalog\.setval\(E?_+, -?[0-9]+, (?:true|false)\)",),
    "SERVER": _creates("SERVER"),
    "SHELL TYPE": _creates("TYPE"),
    "STATISTICS": _creates("STATISTICS", rf"ALTER STATISTICS {_N} SET STATISTICS -?[0-9]+"),
    "STATISTICS DATA": (
        r"SELECT (?:\* FROM )?pg_catalog\.pg_restore_(?:relation|attribute|extended)_stats\([^()]*\)",
    ),
    "TABLE": (
        # CREATE TABLE … AS is not allowed, since the functions of its query would run.
        rf"CREATE (?:UNLOGGED )?TABLE {_N}(?: OF {_N})? ?\(\)(?!.*\bAS\b).*",
        rf"CREATE (?:UNLOGGED )?TABLE {_N} OF {_N}",
        _OWNER,
        *_PARTS,
        _DEFAULT,
        rf"{_TABLE} (?:NO )?FORCE ROW LEVEL SECURITY",
        rf"{_TABLE} (?:INHERIT|SET ACCESS METHOD) {_N}",
        rf"{_COLUMN} DROP NOT NULL",
    ),
    "TABLE ATTACH": (rf"{_TABLE} ATTACH PARTITION {_N} {_E}",),
    "TEXT SEARCH CONFIGURATION": _creates(
        "TEXT SEARCH CONFIGURATION", rf"ALTER TEXT SEARCH CONFIGURATION {_N} ADD MAPPING .+"
    ),
    "TEXT SEARCH DICTIONARY": _creates("TEXT SEARCH DICTIONARY"),
    "TEXT SEARCH PARSER": _creates("TEXT SEARCH PARSER"),
    "TEXT SEARCH TEMPLATE": _creates("TEXT SEARCH TEMPLATE"),
    "TRANSFORM": _creates("TRANSFORM"),
    "TRIGGER": (r"CREATE (?:CONSTRAINT )?TRIGGER .+", _SWITCH, _TO_EXTENSION),
    "TYPE": _creates("TYPE"),
    "USER MAPPING": (rf"CREATE USER MAPPING FOR {_N} SERVER {_N}(?: OPTIONS ?\(\))?",),
    "VIEW": _creates("(?:RECURSIVE )?VIEW", _DEFAULT, *_PARTS),
}
_GIVES = re.compile(rf"{_OWNER};", _FLAGS)
#: Types of entries that are checked with the contents of parentheses, where no function may be called.
_WHOLE = ("SEQUENCE SET", "STATISTICS DATA")
#: Settings that pg_dump writes between entries.
_SETTING = re.compile(r"SET default_(?:tablespace|table_access_method) = .+", _FLAGS)
#: Beginnings of statements in the body of an SQL routine that is not a string (BEGIN ATOMIC).
_QUERIES = re.compile(r"(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|RETURN)\b|\(", _FLAGS)
_BRACKETS = re.compile(r"([()\[\]])")
_MARKS = re.compile(r"[;()]|\b(?:BEGIN\s+ATOMIC|CASE|END)\b", _FLAGS)


def check_definitions(entries: Iterable[Entry]) -> None:
    """Check that pg_dump's entries only define objects, each of its own kind.

    Raise ArchiveError (``schema_sql_invalid``) with the first other statement.
    """
    for entry in entries:
        if entry.type not in _FORMS:
            raise ArchiveError(
                "schema_sql_invalid", cause=f"it has an entry of an unknown kind, {entry.type[:40]}"
            )
        allowed = _allowed(entry.type)
        _check(entry, allowed, entry.sql)
        for setting in entry.settings:
            _check(entry, _SETTING, setting)


@cache
def _allowed(kind: str) -> re.Pattern[str]:
    """Return the pattern for the statements of a kind of entry.

    Compiled on demand, since compiling all patterns would add 0.1 s to each import.
    """
    return re.compile("|".join(f"(?:{form})" for form in _FORMS[kind]), _FLAGS)


def _check(entry: Entry, allowed: re.Pattern[str], sql: str) -> None:
    for statement, inside in _statements(plain(sql)):
        words = " ".join((statement if entry.type in _WHOLE else _collapsed(statement)).split())
        if not (_QUERIES.match(statement) if inside else allowed.fullmatch(words)):
            raise ArchiveError(
                "schema_sql_invalid",
                cause=f"the entry {entry.type} {entry.name} has the statement {words[:40]}",
            )


def outline(sql: str) -> str:
    """Return SQL with everything quoted replaced by a placeholder name, and with empty parentheses."""
    return _collapsed(plain(sql))


def gives_owner(statement: str) -> bool:
    """Return whether a statement is an ALTER … OWNER TO."""
    return bool(_GIVES.fullmatch(" ".join(outline(statement).split())))


def _collapsed(statement: str) -> str:
    """Return a statement with the contents of parentheses and brackets removed."""
    pieces: list[str] = []
    depth = 0
    for piece in _BRACKETS.split(statement):
        if piece in ("(", "["):
            if depth == 0:
                pieces.append(piece)
            depth += 1
        elif piece in (")", "]"):
            depth -= 1
            if depth == 0:
                pieces.append(piece)
        elif depth == 0:
            pieces.append(piece)
    return "".join(pieces)


def plain(sql: str) -> str:
    """Return SQL with everything quoted replaced by a placeholder name, and without comments."""
    pieces = []
    position = 0
    for span in spans(sql):
        pieces += [sql[position : span.start], " " if span.kind in ("comment", "block") else "_"]
        position = span.end
    return "".join([*pieces, sql[position:]])


def _statements(plain: str) -> Iterator[tuple[str, bool]]:
    """Yield each statement, and whether it is in the body of a routine (BEGIN ATOMIC … END)."""
    start = depth = nested = 0
    for mark in _MARKS.finditer(plain):
        word = mark.group().upper()
        if word in "()":
            depth += 1 if word == "(" else -1
        elif word == ";":
            if depth > 0:
                continue
            yield from _statement(plain[start : mark.start()], nested > 0)
            start = mark.end()
        elif word not in ("CASE", "END"):
            # BEGIN ATOMIC: the statements of the body begin here.
            yield from _statement(plain[start : mark.start()], False)
            nested, start = 1, mark.end()
        elif nested:
            nested += 1 if word == "CASE" else -1
            if not nested:
                yield from _statement(plain[start : mark.start()], True)
                start = mark.end()
    yield from _statement(plain[start:], nested > 0)


def _statement(text: str, inside: bool) -> Iterator[tuple[str, bool]]:
    text = text.strip()
    if text:
        yield text, inside
