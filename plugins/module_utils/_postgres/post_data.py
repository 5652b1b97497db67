# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which post-data entries are created."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .schema_sql import Entry

_SECURITY = ("POLICY", "ROW SECURITY")
_EVENT_TRIGGER = "EVENT TRIGGER"


@dataclass(frozen=True)
class Stages:
    """The entries of pg_dump's post-data, by the stage at which they are executed.

    :param keys: primary, unique and exclusion constraints, by table: those of one table exclude each other.
    :param indexes: may all be built at the same time.
    :param rest: everything else, in file order.
    :param code: what runs the user's functions, and may do anything to the rows.
    :param security: policies; late, because they would keep the rows from being read for comparison.
    :param events: event triggers; last, because they run the user's functions for whatever follows.
    """

    keys: tuple[tuple[Entry, ...], ...]
    indexes: tuple[Entry, ...]
    rest: tuple[Entry, ...]
    code: tuple[Entry, ...]
    security: tuple[Entry, ...]
    events: tuple[Entry, ...]


def stages(entries: Iterable[Entry], runs_code: Callable[[Entry], bool]) -> Stages:
    """Sort the entries of post-data into stages.

    :param runs_code: whether the server runs functions of the user's while it builds a materialized view.
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
            # A further statement (CLUSTER ON, …) wants a stronger lock than the one that parallel builds
            # on the same table share: two of them would wait for each other.
            indexes.append(entry)
        elif entry.type in _SECURITY or entry.sql.startswith("COMMENT ON POLICY "):
            security.append(entry)
        elif entry.type == _EVENT_TRIGGER or entry.sql.startswith(f"COMMENT ON {_EVENT_TRIGGER} "):
            events.append(entry)
        elif entry.type == "CHECK CONSTRAINT":
            code.append(entry)
        elif entry.type == "MATERIALIZED VIEW DATA" and (code or runs_code(entry)):
            # One that follows may read it.
            code.append(entry)
        else:
            rest.append(entry)
    return Stages(_tuples(keys.values()), *map(tuple, (indexes, rest, code, security, events)))


def _tuples(groups: Iterable[Sequence[Entry]]) -> tuple[tuple[Entry, ...], ...]:
    return tuple(tuple(group) for group in groups)
