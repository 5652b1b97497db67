# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines the order in which the entries of post-data are executed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .schema_sql import Entry

_SECURITY = ("POLICY", "ROW SECURITY")
_EVENT_TRIGGER = "EVENT TRIGGER"


@dataclass(frozen=True)
class Stages:
    """The entries of pg_dump's post-data, by the stage at which they are executed.

    :param keys: primary, unique and exclusion constraints, by table, since two of the same table block each other.
    :param indexes: indexes, which may all be built at the same time.
    :param rest: everything else, in the order of the dump.
    :param code: entries that run the user's functions, which might change rows.
    :param security: policies; late, since they would hide rows from the comparison.
    :param events: event triggers; last, since they would run the user's functions for all later statements.
    """

    keys: tuple[tuple[Entry, ...], ...]
    indexes: tuple[Entry, ...]
    rest: tuple[Entry, ...]
    code: tuple[Entry, ...]
    security: tuple[Entry, ...]
    events: tuple[Entry, ...]


def stages(entries: Iterable[Entry], runs_code: Callable[[Entry], bool]) -> Stages:
    """Sort the entries of post-data into stages.

    :param runs_code: returns whether filling a materialized view runs the user's functions.
    """
    keys: dict[str, list[Entry]] = {}
    indexes: list[Entry] = []
    rest: list[Entry] = []
    code: list[Entry] = []
    security: list[Entry] = []
    events: list[Entry] = []
    for entry in entries:
        if entry.type == "CONSTRAINT" and entry.table:
            keys.setdefault(entry.table, []).append(entry)
        elif entry.type == "INDEX" and "\nALTER " not in entry.sql:
            # An additional statement (CLUSTER ON, …) needs a stronger lock than the one that parallel builds
            # on the same table share: two of them would deadlock.
            indexes.append(entry)
        elif entry.type in _SECURITY or entry.sql.startswith("COMMENT ON POLICY "):
            security.append(entry)
        elif entry.type == _EVENT_TRIGGER or entry.sql.startswith(f"COMMENT ON {_EVENT_TRIGGER} "):
            events.append(entry)
        elif entry.type == "CHECK CONSTRAINT":
            code.append(entry)
        elif entry.type == "MATERIALIZED VIEW DATA" and (code or runs_code(entry)):
            # A later materialized view may read this one.
            code.append(entry)
        else:
            rest.append(entry)
    return Stages(_tuples(keys.values()), *map(tuple, (indexes, rest, code, security, events)))


def _tuples(groups: Iterable[Sequence[Entry]]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(group) for group in groups)
