# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inserting one row with every sequence, as the application will, and rolling it back.

Only for a database that is thrown away: what a sequence has given can't be taken back. The table's
constraints and foreign keys are in force. Triggers and rules of the user's are put aside within the
transaction, and so are, where a copied row needs it, unique keys that have nothing to do with a sequence.
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

#: What was verified of a sequence. A row was inserted that took its next value from it;
INSERTED = "insert"
#: no row could be inserted, but the next value is in no column that the sequence serves;
VALUE = "value"
#: neither could be tried.
UNPROVED = "none"

#: SQLSTATEs of unique and exclusion constraints.
_TAKEN = ("23505", "23P01")
#: What ends the attempt, and says nothing about rows and sequences.
_FATAL = ("connection_lost", "statement_cancelled", "server_disk_full", "server_out_of_memory")


@dataclass(frozen=True)
class SequenceProof:
    """What was verified of a sequence, in one of the columns that it serves.

    :param sequence: its name, qualified and quoted.
    :param table: qualified and quoted; None for a sequence that serves no column.
    :param column: None for a sequence that serves no column.
    :param value: what the row took; without a row the next value, or None if it has come to its end.
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
    """Write through every sequence of a database, and return what that proved, by table.

    :param session: of the tables' owner or a superuser, with a search path under which they can be written to.
    :param check: called before each table; whatever it raises ends the work.

    Raise DatabaseError: ``drill_value_taken`` if the next value of a sequence is in its column already, or
    what keeps the server from working at all.
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
    # All values first: a sequence that serves two tables has gone on when the second one's turn comes.
    for relation, columns in tables.items():
        check()
        proofs += _prove_values(session, columns, obstacles[relation], code)
    for info in infos:
        if not info.columns:
            # Nothing to compare it with: that it gives a value is all there is to see.
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
    """Yield the proofs, table by table, after a row was inserted where that can be done."""
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
    """Return whether a change of a column's table would run functions of others."""
    return (column.schema, column.table) in code.written or (
        plain_tables(session, code, column.schema, column.table) is not None
    )


def _insert_row(session: Session, proofs: list[SequenceProof], obstacles: Obstacles) -> list[SequenceProof]:
    """Return the proofs of one table's sequences after a row was inserted, if that can be done."""
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
    """Return what is verified by looking for the next values of one table's sequences in its rows."""
    if obstacles.remote:
        # Reading it would ask another server, which may well be the live one.
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
    """Make sure that no row has the sequence's next value."""
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
    """Try to insert a row; return the values that the sequences gave, or none and the reason."""
    others = ", ".join(identifier(name) for name in obstacles.others)
    returned = ", ".join(identifier(name) for name in names)
    copy = f"INSERT INTO {place} ({others}) SELECT {others} FROM {place} LIMIT 1 RETURNING {returned}"
    bare = f"INSERT INTO {place} DEFAULT VALUES RETURNING {returned}"
    rows, error = _attempt(session, copy, obstacles.quiet, place) if others else ([], None)
    if error and error.facts.get("sqlstate") in _TAKEN and obstacles.unique:
        # A copy differs from its model in nothing but these columns: other unique keys must refuse it.
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
    """Insert, and take it back; return what it returned, or none and what the server said."""
    try:
        with _rolled_back(session, before):
            return session.query(sql, context=place), None
    except DatabaseError as error:
        if error.code in _FATAL:
            raise
        return [], error


def _refusal(error: DatabaseError) -> str:
    """Return why a row was refused, in words that have no values of the row in them.

    Of a constraint the server's first sentence tells names only; its detail has the row, and other sentences may.
    """
    state = str(error.facts.get("sqlstate"))
    said = getattr(getattr(error.__cause__, "diag", None), "message_primary", None)
    return said if state.startswith("23") and isinstance(said, str) else f"SQLSTATE {state}"


@contextmanager
def _rolled_back(session: Session, statements: Sequence[str]) -> Iterator[None]:
    """Run the block after some statements in a transaction that is never committed."""
    session.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    try:
        for statement in statements:
            session.execute(statement)
        yield
    finally:
        if not session.is_closed:
            session.execute("ROLLBACK")
