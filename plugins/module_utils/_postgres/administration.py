# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of pg_dump's entries the superuser of an embedded drill server executes, so that the rest needs no rights.

A restore runs the database's own functions: where rows are checked, indexes built, views refreshed, and wherever a
constant is read, since one of an array of a domain is checked by the domain's functions. All that is done by an account
without rights. The superuser executes only what such an account may not, and only kinds of statements that hold
neither expressions nor constants. Functions of the server's own code, and those that promise or set what only a superuser
may, are the exception: a superuser made them where the backup was made.
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

#: Executed as a whole by the superuser.
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
#: Before everything else: nothing of the database's is there yet that the scripts of extensions could take for theirs.
_FIRST = ("SCHEMA", "EXTENSION")
#: After everything else: until then, who owns something may do all with it.
_LAST = ("ACL", "DEFAULT ACL")
#: Whose owner has to be a superuser at the moment at which he becomes the owner.
_OF_SUPERUSERS = ("EVENT TRIGGER", "FOREIGN DATA WRAPPER")
#: The common settings that only a superuser may give a function.
_SETTINGS = (
    r"(?:log|track)_\w+|deadlock_timeout|lc_messages|max_stack_depth|session_replication_role|temp_file_limit"
)
#: What makes a routine a superuser's. pg_dump writes its own words in capitals, and quotes names that have any.
_ROUTINE = re.compile(rf"\b(?:LANGUAGE (?:c|internal)\b|LEAKPROOF\b|SUPPORT |SET (?:{_SETTINGS}) TO )")
_AGGREGATE = re.compile(r"\bSTYPE = internal\b")


def in_order(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return entries of pre-data as they are executed before rows are loaded, and those that are executed in the end."""
    found = list(entries)
    first = [entry for entry in found if entry.type in _FIRST]
    between = [entry for entry in found if entry.type not in (*_FIRST, *_LAST)]
    return [*first, *between], [entry for entry in found if entry.type in _LAST]


def divide(entry: Entry) -> tuple[Entry | None, str]:
    """Return what of an entry the account without rights executes, if anything, and what the superuser executes then."""
    if entry.type in _WHOLE or _is_of_superuser(entry):
        return None, _as_superuser(entry)
    head, owner = _cut_owner(entry.sql)
    return (replace(entry, sql=head) if head.strip() else None), owner


def _is_of_superuser(entry: Entry) -> bool:
    """Return whether a routine or aggregate is such as only a superuser can make."""
    if entry.type in ("FUNCTION", "PROCEDURE"):
        return bool(_ROUTINE.search(outline(entry.sql)))
    return entry.type == "AGGREGATE" and bool(_AGGREGATE.search(plain(entry.sql)))


def _as_superuser(entry: Entry) -> str:
    if entry.type not in _OF_SUPERUSERS:
        return entry.sql
    # In one transaction: nobody else ever sees him as one.
    owners = [identifier(name) for name in sorted(owners_in([entry]))]
    raised = [f"ALTER ROLE {name} SUPERUSER;" for name in owners]
    lowered = [f"ALTER ROLE {name} NOSUPERUSER;" for name in owners]
    return "\n".join([*raised, entry.sql, *lowered])


def _cut_owner(sql: str) -> tuple[str, str]:
    """Return an entry's statements, and the last one by itself if it gives what they made to its owner.

    An account without rights may only give something to a role that may create such things itself.
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
