# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognizes statements that pg_dump adds for ``--clean`` and ``--create``, and that a new database does not need."""

from __future__ import annotations

import re

from .schema_sql import HEADER, Entry
from .sql_scanner import spans

#: A statement before the first entry, without comments and psql's commands and with quoted names replaced: a setting, or a
#: DROP of --clean, which first replaces a view that other objects depend on by one without rows.
_BEGINNING = re.compile(
    r"\s*(?:"
    r"SET \w+ = [^;\n]*|SELECT pg_catalog\.set_config\('search_path', '[^'\n]*', false\)"
    r"|DROP [^;]+|ALTER [^;]+ DROP [^;]+|SELECT pg_catalog\.lo_unlink\('\d+'\)"
    r"|CREATE OR REPLACE VIEW [^;]+ AS\s+SELECT\s+NULL::[^;]+"
    r")?\s*"
)
_DATABASE = ("DATABASE", "DATABASE PROPERTIES")
_COMMANDS = ("\\connect ", "\\encoding ")
_NEW_PUBLIC = re.compile(r"CREATE SCHEMA (?=public;)")


def is_beginning(top: str) -> bool:
    """Return whether the text before a dump's first entry has only statements that can be skipped."""
    plain, position = "", 0
    for span in spans(top):
        hidden = {"comment": "", "backslash": "", "name": "_"}.get(span.kind)
        if hidden is not None:
            plain += top[position : span.start] + hidden
            position = span.end
    return all(_BEGINNING.fullmatch(statement) for statement in (plain + top[position:]).split(";"))


def without_commands(sql: str) -> str:
    """Return entries without the psql commands with which ``--create`` connects to the database that it creates."""
    if not any(command in sql for command in _COMMANDS):
        return sql
    kept, position, kind = "", 0, ""
    for span in spans(sql):
        words = sql[span.start : span.end]
        header = HEADER.fullmatch(words) if span.kind == "comment" else None
        kind = header["type"] if header else kind
        if span.kind == "backslash" and kind in _DATABASE and words.startswith(_COMMANDS):
            kept += sql[position : span.start]
            position = span.end
    return kept + sql[position:]


def of_database(entry: Entry) -> bool:
    """Return whether an entry applies to the database as a whole, whose name and properties a restore sets itself."""
    return entry.type in _DATABASE or (
        entry.type in ("ACL", "COMMENT") and entry.name.startswith("DATABASE ")
    )


def with_own_schema(sql: str) -> str:
    """Return statements that do not fail if the schema ``public`` exists, as in each new database."""
    return _NEW_PUBLIC.sub("CREATE SCHEMA IF NOT EXISTS ", sql, count=1)
