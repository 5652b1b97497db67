# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets sequences beyond the values of their columns, without ever assigning a value twice.

The state of a sequence is correct if its next value is beyond all values of the columns that use it. A
sequence that is behind is advanced to the first value beyond them that nextval would reach, so that a sequence with an
increment of 2, for example, keeps to odd numbers. If the columns are empty, that is its start value. A
sequence that is ahead is not changed by default, since the values in between may have been assigned
to transactions that are still running, or to deleted rows that are still known elsewhere. A sequence with CYCLE
is not changed, since it is intended to restart below the highest value.
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

#: Less than the server's deadlock_timeout (1 s), so that in a deadlock this session gives up first.
_LOCK_TIMEOUT = "800ms"
_ATTEMPTS = 10


@dataclass(frozen=True)
class SequenceChange:
    """The planned change of a sequence, which may be none.

    :param sequence: the sequence's name, qualified and quoted.
    :param table: table of the column with the highest value, qualified and quoted; None if no column uses the sequence.
    :param column: name of that column.
    :param old: the current next value; None if the sequence is exhausted.
    :param new: the next value after the change.
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
    """The highest value in a sequence's columns (the lowest for a descending sequence), and its column."""

    column: Column | None
    value: int | None


def next_value(info: SequenceInfo, last_value: int, is_called: bool) -> int | None:
    """Return the value that nextval would return, or None if it would fail because the sequence is exhausted."""
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
    """Return the next value that a sequence must have, or None if that is beyond its limit.

    :param current: its current next value.
    :param extreme: the highest value of its columns (the lowest for a descending sequence); None if there is none.
    :param allow_backwards: if the sequence is ahead, move it back to the first unused value.
    """
    step = info.increment
    sign = 1 if step > 0 else -1
    # At least the start value, and beyond the extreme.
    least = info.start if extreme is None else sign * max(sign * info.start, sign * extreme + 1)
    if sign * current >= sign * least and not allow_backwards:
        return current
    # The first such value that the sequence reaches from its current value.
    value = least + (current - least) % step
    return value if info.minimum <= value <= info.maximum else None


def _extremes(session: Session, infos: Sequence[SequenceInfo], path: str) -> list[_Extreme]:
    """Return the highest value of each sequence's columns (the lowest for a descending sequence)."""
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
    """Return the requested sequences. Names may be qualified and quoted, or not."""
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
    """Return whether a value is beyond the sequence's limit, so that nextval can't have returned it."""
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
    """Return the next value that a sequence must have, or None; add a warning if it can't be corrected."""
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
    # Values beyond the limit don't come from the sequence. It must only be set beyond the values within its limits.
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
    """Plan the changes of all sequences. Changes nothing.

    The columns are found in the server's catalog: serial and identity columns, OWNED BY, and defaults that
    call nextval with a regclass constant or with a qualified name as text. The catalog does not show whether a trigger
    or the application uses a sequence. Foreign tables and views are not considered.

    :param schemas: only sequences in these schemas; None for all schemas of the user.
    :param names: only these sequences, with or without schema; None for all.
    :param allow_backwards: also move back sequences that are ahead.
    :param notices: receives warnings about sequences that can't be corrected.

    Raise DatabaseError (``sequence_unknown``) if a named sequence does not exist.
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
    # The states are read before the columns: if rows are inserted meanwhile, the sequences are further ahead than planned,
    # but never behind.
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
    """Execute the planned changes, all of them or none. The session must not be in a transaction.

    Unlike setval, ALTER SEQUENCE … RESTART is transactional, and blocks nextval until the end of the transaction. The
    lock is taken before the state is read again, so that values that were assigned since the planning are not assigned
    twice. It waits for transactions that have called nextval. That wait has a timeout, since other calls of nextval
    wait behind it.

    Raise DatabaseError: ``lock_not_available`` after several timeouts, ``permission_denied`` if a sequence belongs to
    another role.
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
    """Check that the account may change the sequences as planned. Raise DatabaseError (``permission_denied``)."""
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
    """Execute the planned changes in the caller's transaction, which must have a lock timeout.

    Raise the same errors as :func:`apply_sequences`, without retries.
    """
    wanted = [change for change in changes if change.changed and change.new is not None]
    for batch in batches(wanted):
        _move(session, batch)


def _move(session: Session, changes: Sequence[SequenceChange]) -> None:
    # NO CYCLE changes nothing, since sequences with CYCLE are never moved, but takes a lock that blocks nextval.
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
