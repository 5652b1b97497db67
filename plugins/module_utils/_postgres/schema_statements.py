# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the SQL of a backup's schema may do: define the objects of one database, and nothing else.

This keeps rows from being changed after they were compared, and the server's other databases and roles from
being touched. It does not make a stranger's SQL harmless: a function that an index calls is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .._errors import ArchiveError
from .schema_sql import Entry
from .sql_scanner import spans

#: What a statement of pg_dump's pre-data or post-data begins with.
_DEFINES = re.compile(
    r"""
    (?:CREATE|ALTER)\s+(?!(?:DATABASE|GROUP|ROLE|SYSTEM|TABLESPACE|USER(?!\s+MAPPING))\b)\w
    | COMMENT\s+ON\s | SECURITY\s+LABEL\s
    | (?:GRANT|REVOKE)\s.*?\sON\s
    | REFRESH\s+MATERIALIZED\s+VIEW\s
    | SET\s+default_(?:tablespace|table_access_method)\s*=
    | (?:SET|RESET)\s+SESSION\s+AUTHORIZATION\b
    | SELECT\s+(?:\*\s+FROM\s+)?pg_catalog\.pg_restore_(?:relation|attribute|extended)_stats\b
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
#: Within a routine's body of SQL, which is no string.
_QUERIES = re.compile(r"(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE|RETURN)\b|\(", re.IGNORECASE)
_MARKS = re.compile(r"[;()]|\b(?:BEGIN\s+ATOMIC|CASE|END)\b", re.IGNORECASE)


def check_definitions(entries: Iterable[Entry]) -> None:
    """Make sure that entries of pg_dump's do nothing but define objects.

    Raise ArchiveError (``schema_sql_invalid``) that names the first one which does.
    """
    for entry in entries:
        for statement, inside in _statements(_plain("\n".join([*entry.settings, entry.sql]))):
            if not (_QUERIES if inside else _DEFINES).match(statement):
                words = " ".join(statement.split())[:40]
                raise ArchiveError(
                    "schema_sql_invalid",
                    cause=f"the entry {entry.type} {entry.name} has the statement {words}",
                )


def _plain(sql: str) -> str:
    """Return SQL with a name in the place of everything quoted, and without comments."""
    pieces = []
    position = 0
    for span in spans(sql):
        pieces += [sql[position : span.start], " " if span.kind in ("comment", "block") else "_"]
        position = span.end
    return "".join([*pieces, sql[position:]])


def _statements(plain: str) -> Iterator[tuple[str, bool]]:
    """Yield each statement, and whether it stands in the body of a routine (BEGIN ATOMIC … END)."""
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
            # The body's own statements begin here.
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
