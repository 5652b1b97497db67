# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds and replaces role names in pg_dump's output."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from .names import IDENTIFIER, quoted, unquoted
from .schema_sql import Entry
from .sql_scanner import spans

_ROLES = rf"(?P<roles>{IDENTIFIER}(?:, {IDENTIFIER})*)"
# pg_dump writes keywords in capitals. A lower-case "to" or "from" belongs to an expression or a
# type (interval day to second), and a role's name that is a keyword is quoted.
_OWNER = re.compile(rf"\bOWNER TO {_ROLES};")
_GRANT = re.compile(rf"\b(?:TO|FROM|FOR ROLE|SESSION AUTHORIZATION|GRANTED BY) {_ROLES}(?=[ ;])")
_POLICY = re.compile(
    rf"^CREATE POLICY {IDENTIFIER} ON {IDENTIFIER}(?:\.{IDENTIFIER})?(?: AS [A-Z]+)?(?: FOR [A-Z]+)? TO {_ROLES}",
)
_MAPPING = re.compile(rf"^CREATE USER MAPPING FOR {_ROLES} SERVER ")
_ONE = re.compile(IDENTIFIER)

#: pg_dump's type of an entry → the form of role names in it, apart from OWNER TO
_FORMS = {"ACL": _GRANT, "DEFAULT ACL": _GRANT, "POLICY": _POLICY, "USER MAPPING": _MAPPING}
#: Words that are not names of roles, and are never quoted. In SQL, "public" can't be a role's name.
_PSEUDO = ("PUBLIC", "public")


def _places(sql: str, form: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each list of roles that the pattern finds outside quotes, bodies and comments."""
    hidden = spans(sql)
    position = 0
    span = next(hidden, None)
    while True:
        match = form.search(sql, position)
        if match is None:
            return
        while span is not None and span.end <= match.start():
            span = next(hidden, None)
        if span is not None and span.start < match.start():
            position = span.end  # the match begins inside quotes: continue after them
            continue
        yield match.span("roles")
        position = match.end()


def _owners(entry: Entry) -> list[tuple[int, int]]:
    return list(_places(entry.sql, _OWNER)) if "OWNER TO " in entry.sql else []


def _all_places(entry: Entry) -> list[tuple[int, int]]:
    found = _owners(entry)
    form = _FORMS.get(entry.type)
    if form is not None:
        found += _places(entry.sql, form)
    return sorted(found)


def roles_in(entries: Iterable[Entry]) -> set[str]:
    """Return the names of all roles that must exist to execute the entries."""
    return _named(entries, _all_places)


def owners_in(entries: Iterable[Entry]) -> set[str]:
    """Return the names of all roles that the entries make owners of objects."""
    return _named(entries, _owners)


def _named(entries: Iterable[Entry], places: Callable[[Entry], list[tuple[int, int]]]) -> set[str]:
    found: set[str] = set()
    for entry in entries:
        for start, end in places(entry):
            found.update(
                unquoted(word) for word in _ONE.findall(entry.sql, start, end) if word not in _PSEUDO
            )
    return found


def map_roles(entry: Entry, role_map: Mapping[str, str]) -> Entry:
    """Return the entry with role names replaced according to the map. Other roles keep their names.

    Only pg_dump's own statements are changed (owners, grants, default privileges, policies and user
    mappings): a function's body, a string or a comment is the user's text.
    """

    def mapped(match: re.Match[str]) -> str:
        word = match.group()
        name = unquoted(word)
        return quoted(role_map[name]) if word not in _PSEUDO and name in role_map else word

    pieces = []
    position = 0
    for start, end in _all_places(entry):
        pieces += [entry.sql[position:start], _ONE.sub(mapped, entry.sql[start:end])]
        position = end
    pieces.append(entry.sql[position:])
    owner = role_map.get(entry.owner, entry.owner) if entry.owner else entry.owner
    return replace(entry, sql="".join(pieces), owner=owner)
