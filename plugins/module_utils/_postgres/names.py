# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotes and parses names of objects, in the same way for every server version."""

from __future__ import annotations

import re

from .._errors import ArchiveError

# Keywords that must be quoted as names in PostgreSQL 13 to 18 (pg_get_keywords() where catcode <> 'U' in 18;
# the list has only grown). The result of the server's quote_ident depends on its version, so it can't be compared.
_WORDS = """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean
    both case cast char character check coalesce collate collation column concurrently constraint create
    cross current_catalog current_date current_role current_schema current_time current_timestamp
    current_user dec decimal default deferrable desc distinct do else end except exists extract false
    fetch float for foreign freeze from full grant greatest group grouping having ilike in initially
    inner inout int integer intersect interval into is isnull join json json_array json_arrayagg
    json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
    lateral leading least left like limit localtime localtimestamp merge_action national natural nchar
    none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
    placing position precision primary real references returning right row select session_user setof
    similar smallint some substring symmetric system_user table tablesample then time timestamp to
    trailing treat trim true union unique user using values varchar variadic verbose when where window
    with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable
"""
_KEYWORDS = frozenset(_WORDS.split())
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")

#: Characters that an identifier may begin with: letters, the underscore, and all non-ASCII characters. A negated set, since
#: a regular expression with a range to the end of Unicode takes some milliseconds to compile, with each import.
LETTER = r"[^\x00-@\[-^`{-\x7f]"
#: Characters that may follow: also digits and ``$``.
WORD_CHARACTER = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
#: An identifier in SQL, quoted or unquoted. Source: PostgreSQL's documentation, "Lexical Structure".
IDENTIFIER = rf'(?:"(?:[^"]|"")+"|{LETTER}{WORD_CHARACTER}*)'
_PART = re.compile(IDENTIFIER)


def quoted(name: str) -> str:
    """Return a name as an SQL identifier, quoted only if some server version requires it."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """Return a schema-qualified name for SQL (the schema is None for objects without one)."""
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"


def on_table(schema: str, table: str, name: str) -> str:
    """Return the name of an object that belongs to a table, in the form of COMMENT ON …: ``name ON schema.table``."""
    return f"{quoted(name)} ON {qualified(schema, table)}"


def unquoted(identifier: str) -> str:
    """Return the name that an SQL identifier denotes."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    # Letters outside ASCII are not folded by servers with a multi-byte encoding.
    return "".join(letter.lower() if letter.isascii() else letter for letter in identifier)


def split_name(text: str) -> tuple[str, ...]:
    """Split a qualified name in SQL: ``public."Messages"`` → ``("public", "Messages")``.

    Raise ArchiveError (``schema_sql_invalid``) if the text is not a name.
    """
    parts = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            break
        parts.append(unquoted(match.group()))
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            break
        position += 1
    raise ArchiveError("schema_sql_invalid", cause=f"not a name: {text[:80]}")
