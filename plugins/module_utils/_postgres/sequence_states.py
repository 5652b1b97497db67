# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the states of sequences for a backup, and sets them after a restore."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from .._errors import ArchiveError
from .names import qualified
from .session import Session, literal

#: Maximum number of sequences in one statement, since each needs a lock and a node in the plan.
_BATCH = 200
_INT8 = 1 << 63

# Without sequences of extensions, except those that an extension has declared as configuration.
_LIST = """
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype = 'e'
                      AND NOT EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
 ORDER BY 1, 2
"""

_T = TypeVar("_T")


@dataclass(frozen=True)
class SequenceState:
    """The state of a sequence.

    :param is_called: whether last_value was already returned by nextval; otherwise nextval will return last_value.
    """

    schema: str
    name: str
    last_value: int
    is_called: bool


def batches(items: Sequence[_T], size: int = _BATCH) -> Iterator[Sequence[_T]]:
    """Split a list into pieces of at most ``size`` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def positions(session: Session, names: Sequence[str]) -> list[tuple[int, bool]]:
    """Return (last_value, is_called) of each sequence.

    :param names: qualified names, quoted for SQL.
    """
    found: dict[int, tuple[int, bool]] = {}
    for batch in batches(list(enumerate(names))):
        parts = [f"SELECT {number}, last_value, is_called FROM {name}" for number, name in batch]
        for number, last_value, is_called in session.query(" UNION ALL ".join(parts), context="sequences"):
            found[number] = (last_value, is_called)
    return [found[number] for number in range(len(names))]


def read_sequences(session: Session) -> list[SequenceState]:
    """Return the states of all sequences of the user, sorted by schema and name.

    Sequences are not part of a snapshot. If they are read after the snapshot was taken, they may be ahead of
    the rows, but never behind them.

    :param session: lists the sequences, in its transaction. Their states are read by another session, since
        locks on thousands of sequences until the transaction's end would fill the server's lock table.

    Raise DatabaseError if the account may not read a sequence.
    """
    names = [(str(schema), str(name)) for schema, name in session.query(_LIST)]
    with Session.open(session.server) as reader:
        stands = positions(reader, [qualified(*name) for name in names])
    return [SequenceState(*name, *stand) for name, stand in zip(names, stands)]


def write_sequences(session: Session, states: Iterable[SequenceState]) -> None:
    """Set the states of sequences. Only for a database that is not in use yet, since setval can't be rolled back.

    Raise DatabaseError if one is missing, or its limits don't allow the value.
    """
    for batch in batches(list(states)):
        rows = ", ".join(
            f"({literal(qualified(state.schema, state.name))}::pg_catalog.regclass, {int(state.last_value)}::pg_catalog.int8,"
            f" {'true' if state.is_called else 'false'})"
            for state in batch
        )
        session.query(
            f"SELECT pg_catalog.count(pg_catalog.setval(s, v, c)) FROM (VALUES {rows}) AS q (s, v, c)",
            context="sequences",
        )


def states_to_json(states: Iterable[SequenceState]) -> bytes:
    """Return the states as JSON, one per line for readability."""
    ordered = sorted(states, key=lambda state: (state.schema, state.name))
    lines = [json.dumps(asdict(state), ensure_ascii=False, sort_keys=True) for state in ordered]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def states_from_json(data: bytes) -> list[SequenceState]:
    """Parse the output of :func:`states_to_json`.

    Raise ArchiveError (``json_invalid``).
    """
    try:
        items = json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid(str(error)) from error
    if not isinstance(items, list):
        raise _invalid("it is not a list")
    states = [_state(item, number) for number, item in enumerate(items, 1)]
    if len({(state.schema, state.name) for state in states}) != len(states):
        raise _invalid("a sequence occurs twice")
    return states


def _invalid(where: str) -> ArchiveError:
    return ArchiveError("json_invalid", source="database/sequences.json", where=where)


def _state(item: object, number: int) -> SequenceState:
    if not isinstance(item, dict) or item.keys() != {"schema", "name", "last_value", "is_called"}:
        raise _invalid(f"item {number} is not a sequence's state")
    schema, name, value, called = item["schema"], item["name"], item["last_value"], item["is_called"]
    if not (isinstance(schema, str) and isinstance(name, str) and isinstance(called, bool)):
        raise _invalid(f"item {number} has a member of the wrong type")
    if not isinstance(value, int) or isinstance(value, bool) or not -_INT8 <= value < _INT8:
        raise _invalid(f"item {number} has no 64-bit value")
    try:
        f"{schema}{name}".encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"item {number}: {error}") from error
    return SequenceState(schema, name, value, called)
