# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The spelling of object names in this collection, which is the same for every server version."""

from __future__ import annotations

import re

from .._errors import ArchiveError

# Words that PostgreSQL 13 to 18 want quoted as a name (pg_get_keywords() where catcode <> 'U' in 18;
# the list only grew). The servers' own quote_ident depends on their version, so it can't be compared.
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

#: Characters that an identifier may begin with: letters, the underscore, and everything beyond ASCII. Said by what they are not,
#: since a regular expression with a range to the end of Unicode takes some milliseconds to compile, with each import.
LETTER = r"[^\x00-@\[-^`{-\x7f]"
#: Characters that it may go on with: digits and ``$`` as well.
WORD_CHARACTER = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
#: One identifier in SQL text: quoted, or written plainly. Source: PostgreSQL's documentation, "Lexical Structure".
IDENTIFIER = rf'(?:"(?:[^"]|"")+"|{LETTER}{WORD_CHARACTER}*)'
_PART = re.compile(IDENTIFIER)


def quoted(name: str) -> str:
    """Return a name as SQL wants it: quoted only where that is needed, on any server version."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str | None, name: str) -> str:
    """Return a schema-qualified name as SQL wants it (the schema is None for objects without one)."""
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"


def on_table(schema: str, table: str, name: str) -> str:
    """Return the name of something that belongs to a table, as COMMENT ON … would write it."""
    return f"{quoted(name)} ON {qualified(schema, table)}"


def unquoted(identifier: str) -> str:
    """Return the name that an identifier in SQL text stands for."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    # Letters outside ASCII are not folded by servers with a multi-byte encoding.
    return "".join(letter.lower() if letter.isascii() else letter for letter in identifier)


def split_name(text: str) -> tuple[str, ...]:
    """Return the parts of a qualified name in SQL text: ``public."Messages"`` → ``("public", "Messages")``.

    Raise ArchiveError (``schema_sql_invalid``) if it is none.
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
