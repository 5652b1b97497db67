# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Divides pg_dump's entries between the superuser of an embedded drill server and an unprivileged account.

A restore runs the database's own functions when rows are checked, indexes built and views refreshed, and even
when a constant is parsed, since an array of a domain is checked by the domain's functions. The unprivileged
account does all that. The superuser executes only what such an account may not, and only kinds of statements
without expressions and constants. The exceptions are functions in native code, and those with attributes or
settings reserved for superusers: only a superuser of the source can have created them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .schema_roles import owners_in
from .schema_sql import Entry
from .schema_statements import gives_owner, outline, plain
from .session import identifier
from .sql_scanner import spans

#: Kinds of entries that the superuser executes as a whole.
_WHOLE = frozenset(
    {
        "ACCESS METHOD",
        "ACL",
        "CAST",
        "COMMENT",
        "DEFAULT ACL",
        "EVENT TRIGGER",
        "EXTENSION",
        "FOREIGN DATA WRAPPER",
        "OPERATOR CLASS",
        "OPERATOR FAMILY",
        "PROCEDURAL LANGUAGE",
        "PUBLICATION",
        "PUBLICATION TABLES IN SCHEMA",
        "SCHEMA",
        "SHELL TYPE",
        "TEXT SEARCH PARSER",
        "TEXT SEARCH TEMPLATE",
        "TRANSFORM",
        "TYPE",
    }
)
#: Executed first, while the database has no objects that scripts of extensions could use by mistake.
_FIRST = ("SCHEMA", "EXTENSION")
#: Executed last: until then, owners have all rights on their objects.
_LAST = ("ACL", "DEFAULT ACL")
#: Kinds whose new owner must be a superuser at the time of ALTER … OWNER.
_OF_SUPERUSERS = ("EVENT TRIGGER", "FOREIGN DATA WRAPPER")
#: Common function settings that only a superuser may set.
_SETTINGS = (
    r"(?:log|track)_\w+|deadlock_timeout|lc_messages|max_stack_depth|session_replication_role|temp_file_limit"
)
#: Attributes reserved for superusers. pg_dump writes keywords in capitals, and quotes names with capitals.
_ROUTINE = re.compile(rf"\b(?:LANGUAGE (?:c|internal)\b|LEAKPROOF\b|SUPPORT |SET (?:{_SETTINGS}) TO )")
_AGGREGATE = re.compile(r"\bSTYPE = internal\b")


def in_order(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Split pre-data into entries to execute before rows are loaded, and those to execute at the end."""
    found = list(entries)
    first = [entry for entry in found if entry.type in _FIRST]
    between = [entry for entry in found if entry.type not in (*_FIRST, *_LAST)]
    return [*first, *between], [entry for entry in found if entry.type in _LAST]


def divide(entry: Entry) -> tuple[Entry | None, str]:
    """Return the part of an entry for the unprivileged account, if any, and the part for the superuser."""
    if entry.type in _WHOLE or _is_of_superuser(entry):
        return None, _as_superuser(entry)
    head, owner = _cut_owner(entry.sql)
    return (replace(entry, sql=head) if head.strip() else None), owner


def _is_of_superuser(entry: Entry) -> bool:
    """Return whether only a superuser can create a routine or aggregate."""
    if entry.type in ("FUNCTION", "PROCEDURE"):
        return bool(_ROUTINE.search(outline(entry.sql)))
    return entry.type == "AGGREGATE" and bool(_AGGREGATE.search(plain(entry.sql)))


def _as_superuser(entry: Entry) -> str:
    if entry.type not in _OF_SUPERUSERS:
        return entry.sql
    # Executed in one transaction, so that no other session sees the role as a superuser.
    owners = [identifier(name) for name in sorted(owners_in([entry]))]
    raised = [f"ALTER ROLE {name} SUPERUSER;" for name in owners]
    lowered = [f"ALTER ROLE {name} NOSUPERUSER;" for name in owners]
    return "\n".join([*raised, entry.sql, *lowered])


def _cut_owner(sql: str) -> tuple[str, str]:
    """Return an entry's statements, with the last one separate if it sets the owner.

    An unprivileged account may only transfer an object to a role that may create such objects itself.
    """
    hidden = [(span.start, span.end) for span in spans(sql)]
    ends = [
        match.end()
        for match in re.finditer(";", sql)
        if not any(start <= match.start() < end for start, end in hidden)
    ]
    begin = ends[-2] if len(ends) > 1 else 0
    last = sql[begin:]
    return (sql[:begin], last) if gives_owner(last) else (sql, "")
