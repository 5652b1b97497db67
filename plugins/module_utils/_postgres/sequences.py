# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Setting sequences to the end of their columns' values, without ever assigning a value twice.

A sequence stands right if its next value lies beyond every value of the columns that it serves. A
sequence that is behind is moved on to the first value that it would itself come to beyond them, so that an
increment of 2, say, keeps to odd numbers. Where the columns are empty, that is its start value. A
sequence that is ahead stays there unless asked otherwise: the values in between may have been given out,
to transactions that still run, or to rows that others remember. One that starts over at its end (CYCLE)
is left alone: it is meant to be behind the highest value some day.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .._errors import DatabaseError, Notice, listed
from .sequence_states import (
    SequenceState,
    batches,
    positions,
    read_sequences,
    states_from_json,
    states_to_json,
    write_sequences,
)
from .sequence_uses import Column, SequenceInfo, read_uses
from .sequence_values import extremes
from .session import Session

__all__ = [
    "SequenceChange",
    "SequenceState",
    "apply_sequences",
    "plan_sequences",
    "read_sequences",
    "states_from_json",
    "states_to_json",
    "write_sequences",
]

#: Less than the server's deadlock_timeout (1 s), so that in a deadlock this session yields.
_LOCK_TIMEOUT = "800ms"
_ATTEMPTS = 10


@dataclass(frozen=True)
class SequenceChange:
    """What must be done with a sequence, maybe nothing.

    :param sequence: its name, qualified and quoted.
    :param table: of the column whose values decide, qualified and quoted; None if there is none.
    :param column: that column.
    :param old: the value that it would have given next; None if it has come to its end.
    :param new: the value that it will give next.
    :param changed: whether they differ.
    """

    sequence: str
    table: str | None
    column: str | None
    old: int | None
    new: int | None
    changed: bool


@dataclass(frozen=True)
class _Extreme:
    """The value of a sequence's columns that it must go beyond."""

    column: Column | None
    value: int | None


def next_value(info: SequenceInfo, last_value: int, is_called: bool) -> int | None:
    """Return what nextval would give, or None if it would fail because the sequence is at its end."""
    if not is_called:
        return last_value
    value = last_value + info.increment
    if info.minimum <= value <= info.maximum:
        return value
    if not info.cycle:
        return None
    return info.minimum if info.increment > 0 else info.maximum


def target_value(
    info: SequenceInfo, current: int, extreme: int | None, *, allow_backwards: bool = False
) -> int | None:
    """Return what a sequence must give next, or None if that lies beyond its end.

    :param current: what it would give next now.
    :param extreme: the highest value of its columns (the lowest, where it counts down); None if there is none.
    :param allow_backwards: go back to the first value that is free, if it is ahead of that.
    """
    step = info.increment
    sign = 1 if step > 0 else -1
    # Not before its start, and beyond the extreme.
    least = info.start if extreme is None else sign * max(sign * info.start, sign * extreme + 1)
    if sign * current >= sign * least and not allow_backwards:
        return current
    # The first such value among those that it comes to from where it is.
    value = least + (current - least) % step
    return value if info.minimum <= value <= info.maximum else None


def _extremes(session: Session, infos: Sequence[SequenceInfo], path: str) -> list[_Extreme]:
    """Return the highest value of each sequence's columns (the lowest, where it counts down)."""
    tasks = [(info, column) for info in infos for column in info.columns]
    found = {info: _Extreme(info.columns[0] if info.columns else None, None) for info in infos}
    for (info, column), value in zip(tasks, extremes(session, tasks, path)):
        known = found[info].value
        sign = 1 if info.increment > 0 else -1
        if value is not None and (known is None or sign * value > sign * known):
            found[info] = _Extreme(column, value)
    return [found[info] for info in infos]


def _selected(
    infos: Sequence[SequenceInfo],
    schemas: Collection[str] | None,
    names: Collection[str] | None,
    database: str,
) -> list[SequenceInfo]:
    """Return the sequences that are asked for; a name may have its schema, and quotes, or not."""
    if schemas is not None:
        infos = [info for info in infos if info.schema in schemas]
    if names is None:
        return list(infos)
    chosen = []
    for name in names:
        matching = [info for info in infos if name in (info.quoted, info.name, f"{info.schema}.{info.name}")]
        if not matching:
            raise DatabaseError("sequence_unknown", name=name, database=database)
        chosen += matching
    return list(dict.fromkeys(chosen))


def _beyond(info: SequenceInfo, value: int | None) -> bool:
    """Return whether a value can't have come from the sequence, as it ends before."""
    if value is None:
        return False
    return value > info.maximum if info.increment > 0 else value < info.minimum


def _target(
    session: Session,
    info: SequenceInfo,
    current: int | None,
    extreme: _Extreme,
    allow_backwards: bool,
    notices: list[Notice],
    path: str,
) -> int | None:
    """Return what a sequence must give next (None: nothing), telling about those that can't be set right."""
    facts = {
        "sequence": info.quoted,
        "table": extreme.column.place if extreme.column else None,
        "column": extreme.column.name if extreme.column else None,
        "value": extreme.value,
        "limit": info.maximum if info.increment > 0 else info.minimum,
    }
    if current is None and not allow_backwards:
        notices.append(Notice("sequence_exhausted", **facts))
        return None
    anchor = info.start if current is None else current
    wanted = target_value(info, anchor, extreme.value, allow_backwards=allow_backwards)
    if info.cycle and wanted != current and not _beyond(info, extreme.value):
        notices.append(Notice("sequence_cycles", **facts))
        return current
    if wanted is not None:
        return wanted
    # Values beyond its end were not made by the sequence; those before it must still be kept clear of.
    notices.append(Notice("sequence_range", **facts))
    tasks = [(info, column) for column in info.columns]
    values = [value for value in extremes(session, tasks, path, within=True) if value is not None]
    within = (max(values) if info.increment > 0 else min(values)) if values else None
    if info.cycle:
        return current
    return target_value(info, anchor, within, allow_backwards=allow_backwards) or current


def plan_sequences(
    session: Session,
    schemas: Collection[str] | None = None,
    names: Collection[str] | None = None,
    *,
    allow_backwards: bool = False,
    notices: list[Notice] | None = None,
) -> list[SequenceChange]:
    """Return, for every sequence, where it stands and where it must stand. Changes nothing.

    The columns come from the server's catalog: serial and identity columns, OWNED BY, and defaults that
    call nextval, by an object's identity or by a text with the schema's name. What a trigger or the
    application does with a sequence can't be seen there. Foreign tables and views are not looked at.

    :param schemas: only sequences of these; None for all of the user.
    :param names: only these; with or without schema.
    :param allow_backwards: also move sequences back that are ahead.
    :param notices: told about what can't be set right, and why.

    Raise DatabaseError (``sequence_unknown``) for a name without a sequence.
    """
    told: list[Notice] = [] if notices is None else notices
    with session.no_search_path() as path:
        return _plan(session, schemas, names, allow_backwards, told, path)


def _plan(
    session: Session,
    schemas: Collection[str] | None,
    names: Collection[str] | None,
    allow_backwards: bool,
    told: list[Notice],
    path: str,
) -> list[SequenceChange]:
    infos = _selected(read_uses(session, told), schemas, names, session.server.database)
    # The sequences first: those who insert meanwhile move them further than is seen here, not less.
    stands = positions(session, [info.quoted for info in infos])
    found = _extremes(session, infos, path)
    changes = []
    for info, stand, extreme in zip(infos, stands, found):
        old = next_value(info, *stand)
        new = old
        if info.columns:
            new = _target(session, info, old, extreme, allow_backwards, told, path)
        changes.append(
            SequenceChange(
                sequence=info.quoted,
                table=extreme.column.place if extreme.column else None,
                column=extreme.column.name if extreme.column else None,
                old=old,
                new=new,
                changed=new != old,
            )
        )
    return changes


def apply_sequences(session: Session, changes: Sequence[SequenceChange]) -> None:
    """Move the sequences of which that is planned, all of them or none. The session must not be in a transaction.

    ALTER SEQUENCE … RESTART is part of the transaction, unlike setval, and for its time nobody draws a
    value. The lock is taken before the sequence is looked at again, so none that was drawn since the
    planning is given out twice. It is not granted before transactions have ended that drew a value:
    waiting for them is bounded, because those who want the next one wait behind.

    Raise DatabaseError (``lock_not_available``) if they don't end in time, or (``permission_denied``)
    if the sequence belongs to another role.
    """
    if not any(change.changed and change.new is not None for change in changes):
        return
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                move_sequences(session, changes)
            return
        except DatabaseError as error:
            if error.code != "lock_not_available" or attempt == _ATTEMPTS:
                raise
            time.sleep(0.2 * attempt)


def check_owned(session: Session, changes: Sequence[SequenceChange]) -> None:
    """Make sure that the account may move the sequences of which that is planned. Raise DatabaseError (``permission_denied``)."""
    wanted = [change.sequence for change in changes if change.changed and change.new is not None]
    found = session.query(
        "SELECT q.name FROM unnest(%s::text[]) q (name) JOIN pg_class c ON c.oid = q.name::regclass"
        " WHERE NOT pg_has_role(c.relowner, 'USAGE') ORDER BY 1",
        [wanted],
    )
    if found:
        server = session.server
        raise DatabaseError(
            "permission_denied",
            server=server.place,
            database=server.database,
            context="ALTER SEQUENCE",
            cause=f"user {server.user} is not the owner of {listed(name for (name,) in found)}",
        )


def move_sequences(session: Session, changes: Sequence[SequenceChange]) -> None:
    """Move the sequences of which that is planned, in the caller's transaction, which bounds the waiting for locks.

    Raise DatabaseError as :func:`apply_sequences`.
    """
    wanted = [change for change in changes if change.changed and change.new is not None]
    for batch in batches(wanted):
        _move(session, batch)


def _move(session: Session, changes: Sequence[SequenceChange]) -> None:
    # Changes nothing, as sequences that cycle are never moved; but nextval waits for the lock from here on.
    session.execute(
        ";".join(f"ALTER SEQUENCE {change.sequence} NO CYCLE" for change in changes), context="ALTER SEQUENCE"
    )
    by_name = {change.sequence: change for change in changes}
    drawn = positions(session, list(by_name))
    steps = dict(
        session.query(
            "SELECT q.name, s.seqincrement FROM unnest(%s) q (name) JOIN pg_sequence s ON s.seqrelid = q.name::regclass",
            [list(by_name)],
        )
    )
    restarts = []
    for (name, change), (last_value, is_called) in zip(by_name.items(), drawn):
        step = steps[name]
        following = last_value + step if is_called else last_value
        backwards = change.old is not None and change.new is not None and (change.new - change.old) * step < 0
        if backwards or change.old is None or (int(change.new or 0) - following) * step > 0:
            restarts.append(f"ALTER SEQUENCE {name} RESTART WITH {change.new}")
    if restarts:
        session.execute(";".join(restarts), context="ALTER SEQUENCE")
