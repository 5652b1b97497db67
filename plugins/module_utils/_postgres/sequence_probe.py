# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifies sequences: inserts one row with each, as the application will, and rolls it back.

Only for a scratch database, since advancing a sequence can't be rolled back. The table's constraints and foreign
keys are enforced. The user's triggers and rules are disabled within the transaction, and, if a copied row
requires it, unique keys whose columns use no sequence are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from .._errors import DatabaseError
from .foreign_code import ForeignCode, plain_tables, read_foreign_code
from .sequence_states import positions
from .sequence_uses import Column, SequenceInfo, read_uses
from .sequence_values import has_value
from .sequences import next_value
from .session import Session, identifier
from .write_obstacles import Obstacles, read_obstacles

#: Verified: a row was inserted with the sequence's next value.
INSERTED = "insert"
#: Verified: no row could be inserted, but no column that uses the sequence has its next value.
VALUE = "value"
#: Neither could be tried.
UNPROVED = "none"

#: SQLSTATEs of unique and exclusion constraints.
_UNIQUE_VIOLATIONS = ("23505", "23P01")
#: Codes of errors that abort the probe, since they are not about rows and sequences.
_FATAL = ("connection_lost", "statement_cancelled", "server_disk_full", "server_out_of_memory")


@dataclass(frozen=True)
class SequenceProof:
    """The result for a sequence and one of the columns that use it.

    :param sequence: the sequence's name, qualified and quoted.
    :param table: the table's name, qualified and quoted; None if no column uses the sequence.
    :param column: the column's name; None if no column uses the sequence.
    :param value: the value in the inserted row, or else the next value; None if the sequence is exhausted.
    :param proof: :data:`INSERTED`, :data:`VALUE` or :data:`UNPROVED`.
    :param detail: why no row was inserted; None if one was.
    """

    sequence: str
    table: str | None
    column: str | None
    value: int | None
    proof: str
    detail: str | None = None


_Columns = list[tuple[Column, SequenceInfo]]


def probe_sequences(session: Session, check: Callable[[], None] = lambda: None) -> list[SequenceProof]:
    """Verify all sequences of a database. Return the results, grouped by table.

    :param session: a session of the tables' owner or a superuser, with a search path that writing to them needs.
    :param check: called before each table; may raise.

    Raise DatabaseError: ``drill_value_taken`` if a column already has the next value of its sequence, or a fatal
    error of the server.
    """
    with session.no_search_path():
        infos = read_uses(session, [])
        code = read_foreign_code(session)
    tables: dict[int, _Columns] = {}
    for info in infos:
        for column in info.columns:
            tables.setdefault(column.relation, []).append((column, info))
    with session.no_search_path():
        obstacles = read_obstacles(session, list(tables))
    proofs: list[SequenceProof] = []
    # All values are checked before rows are inserted, which advances a sequence that two tables use.
    for relation, columns in tables.items():
        check()
        proofs += _prove_values(session, columns, obstacles[relation], code)
    for info in infos:
        if not info.columns:
            # There are no values to compare: only whether the sequence has a next value can be checked.
            value = next_value(info, *positions(session, [info.quoted])[0])
            detail = "no column takes its values"
            proofs.append(SequenceProof(info.quoted, None, None, value, UNPROVED, detail))
    return [proof for group in _inserted(session, proofs, tables, obstacles, check, code) for proof in group]


def _inserted(
    session: Session,
    proofs: Sequence[SequenceProof],
    tables: Mapping[int, _Columns],
    obstacles: Mapping[int, Obstacles],
    check: Callable[[], None],
    code: ForeignCode,
) -> Iterator[list[SequenceProof]]:
    """Insert a row into each table where that is possible; yield the results, table by table."""
    of_table: dict[str | None, list[SequenceProof]] = {}
    for proof in proofs:
        of_table.setdefault(proof.table, []).append(proof)
    for relation, columns in tables.items():
        check()
        mine, column = of_table.pop(columns[0][0].place), columns[0][0]
        if _is_foreign(session, code, column):
            detail = f"a row would run functions of {', '.join(code.roles)}"
            yield [replace(proof, detail=detail) for proof in mine]
        else:
            yield _insert_row(session, mine, obstacles[relation])
    yield from of_table.values()


def _is_foreign(session: Session, code: ForeignCode, column: Column) -> bool:
    """Return whether a change of a column's table would run functions of other roles."""
    return (column.schema, column.table) in code.written or (
        plain_tables(session, code, column.schema, column.table) is not None
    )


def _insert_row(session: Session, proofs: list[SequenceProof], obstacles: Obstacles) -> list[SequenceProof]:
    """Insert a row into one table if that is possible; return the results for its sequences."""
    names = [str(proof.column) for proof in proofs if proof.column in obstacles.by_sequence]
    if not names or any(proof.proof == UNPROVED for proof in proofs):
        return proofs
    given, cause = _insert(session, str(proofs[0].table), names, obstacles)
    return [
        replace(proof, value=given[proof.column], proof=INSERTED, detail=None)
        if proof.column in given
        else replace(proof, detail=cause if proof.column in names else proof.detail)
        for proof in proofs
    ]


def _prove_values(
    session: Session, columns: _Columns, obstacles: Obstacles, code: ForeignCode
) -> list[SequenceProof]:
    """Check that the rows of one table don't have the next values of its sequences; return the results."""
    if obstacles.remote:
        # A foreign table: reading it would query another server, which may be the live one.
        detail = "rows of the table are on another server"
        return [_proof(column, info, None, UNPROVED, detail) for column, info in columns]
    stands = positions(session, [info.quoted for _column, info in columns])
    with _rolled_back(session, obstacles.quiet):
        return [
            _prove_value(session, column, info, next_value(info, *stand), code)
            for (column, info), stand in zip(columns, stands)
        ]


def _proof(column: Column, info: SequenceInfo, value: int | None, proof: str, detail: str) -> SequenceProof:
    return SequenceProof(info.quoted, column.place, column.name, value, proof, detail)


def _prove_value(
    session: Session, column: Column, info: SequenceInfo, value: int | None, code: ForeignCode
) -> SequenceProof:
    """Check that no row has the sequence's next value."""
    if value is None:
        return _proof(column, info, None, UNPROVED, "it has come to its end")
    taken = has_value(session, code, column, value)
    if taken and info.cycle:
        return _proof(
            column, info, value, UNPROVED, "it starts over at its end, and its next value is in use"
        )
    if taken:
        raise DatabaseError(
            "drill_value_taken",
            sequence=info.quoted,
            table=column.place,
            column=column.name,
            value=value,
            database=session.server.database,
        )
    return _proof(column, info, value, VALUE, "the column has another default")


def _insert(
    session: Session, place: str, names: Sequence[str], obstacles: Obstacles
) -> tuple[dict[str, int], str]:
    """Try to insert a row. Return the values of the sequences by column and '', or no values and the reason."""
    others = ", ".join(identifier(name) for name in obstacles.others)
    returned = ", ".join(identifier(name) for name in names)
    copy = f"INSERT INTO {place} ({others}) SELECT {others} FROM {place} LIMIT 1 RETURNING {returned}"
    bare = f"INSERT INTO {place} DEFAULT VALUES RETURNING {returned}"
    rows, error = _attempt(session, copy, obstacles.quiet, place) if others else ([], None)
    if error and error.facts.get("sqlstate") in _UNIQUE_VIOLATIONS and obstacles.unique:
        # A copied row differs from the original only in these columns, so that it violates other unique keys.
        rows, error = _attempt(session, copy, (*obstacles.quiet, *obstacles.unique), place)
    empty = others and not rows and not error
    if not rows and not error:
        rows, error = _attempt(session, bare, obstacles.quiet, place)
    if error or not rows:
        cause = _refusal(error) if error else "the row did not arrive"
        return {}, f"the table is empty, and a row of default values was refused: {cause}" if empty else cause
    return {name: int(value) for name, value in zip(names, rows[0])}, ""


def _attempt(
    session: Session, sql: str, before: Sequence[str], place: str
) -> tuple[list[tuple[Any, ...]], DatabaseError | None]:
    """Insert a row and roll back. Return the inserted values and None, or no rows and the server's error."""
    try:
        with _rolled_back(session, before):
            return session.query(sql, context=place), None
    except DatabaseError as error:
        if error.code in _FATAL:
            raise
        return [], error


def _refusal(error: DatabaseError) -> str:
    """Return why a row was refused, without values of the row.

    For constraint violations, the server's primary message contains only names; details and other messages may have values.
    """
    state = str(error.facts.get("sqlstate"))
    said = getattr(getattr(error.__cause__, "diag", None), "message_primary", None)
    return said if state.startswith("23") and isinstance(said, str) else f"SQLSTATE {state}"


@contextmanager
def _rolled_back(session: Session, statements: Sequence[str]) -> Iterator[None]:
    """Execute statements and then the block in a transaction that is always rolled back."""
    session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    try:
        for statement in statements:
            session.execute(statement)
        yield
    finally:
        if not session.is_closed:
            session.execute("ROLLBACK")
