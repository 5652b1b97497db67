# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the highest values of columns that use sequences."""

from __future__ import annotations

from collections.abc import Sequence

from .foreign_code import ForeignCode, Name, copy_rows, plain_tables, use_own_search_path
from .sequence_states import batches
from .sequence_uses import Column, SequenceInfo
from .session import Session, identifier

#: A sequence, and a column that uses it.
Task = tuple[SequenceInfo, Column]


def extremes(session: Session, tasks: Sequence[Task], path: str, *, within: bool = False) -> list[int | None]:
    """Return the highest value in each column (the lowest for a descending sequence); None if there is none.

    Rows of partitions and children are included.

    :param path: search path that queries on the tables need; empty for the account's default.
    :param within: only consider values between the sequence's minimum and maximum.
    """
    found: list[int | None] = [None] * len(tasks)
    code = use_own_search_path(session, path=path)
    queried: list[tuple[int, Task]] = []
    for place, (info, column) in enumerate(tasks):
        plain = plain_tables(session, code, column.schema, column.table)
        if plain is None:
            queried.append((place, (info, column)))
        else:
            found[place] = _read(session, info, column, plain, within)
    for batch in batches(queried):
        parts = [_query(place, *task, within) for place, task in batch]
        for place, value in session.query(" UNION ALL ".join(parts), context="sequences"):
            found[place] = value
    session.use_no_search_path()
    return found


def _query(place: int, info: SequenceInfo, column: Column, within: bool) -> str:
    function = "max" if info.increment > 0 else "min"
    name = f"q.{identifier(column.name)}"
    bounds = (("OPERATOR(pg_catalog.>=)", info.minimum), ("OPERATOR(pg_catalog.<=)", info.maximum))
    tests = " AND ".join(
        f"{name}::pg_catalog.int8 {operator} ({value})::pg_catalog.int8" for operator, value in bounds
    )
    condition = f" WHERE {tests}" if within else ""
    return f"(SELECT {place}, pg_catalog.{function}({name})::pg_catalog.int8 FROM {column.place} AS q{condition})"


def _read(
    session: Session, info: SequenceInfo, column: Column, tables: Sequence[Name], within: bool
) -> int | None:
    """Return the extreme value by reading the whole column, since a query would run functions of other roles."""
    values = _Extreme(info, within)
    for table in tables:
        session.copy_out(copy_rows(*table, (column.name,)), values, context=column.place)
    return values.value


def has_value(session: Session, code: ForeignCode, column: Column, value: int) -> bool:
    """Return whether a row of a column's table, its partitions or children has a value."""
    plain = plain_tables(session, code, column.schema, column.table)
    if plain is None:
        same = f"SELECT FROM {column.place} AS q WHERE q.{identifier(column.name)} OPERATOR(pg_catalog.=) {value}"
        return bool(session.value(f"SELECT EXISTS ({same})", context=column.place))
    wanted = _Wanted(value)
    for table in plain:
        session.copy_out(copy_rows(*table, (column.name,)), wanted, context=column.place)
    return wanted.found


class _Wanted:
    """A target of COPY that searches for a value, with one value per row."""

    def __init__(self, value: int) -> None:
        self.found = False
        self._row = b"%d\n" % value

    def write(self, row: bytes, /) -> None:
        """Compare one row."""
        self.found = self.found or row == self._row


class _Extreme:
    """A target of COPY that finds the highest or lowest value, with one value per row."""

    def __init__(self, info: SequenceInfo, within: bool) -> None:
        self.value: int | None = None
        self._pick = max if info.increment > 0 else min
        self._bounds = (info.minimum, info.maximum) if within else None

    def write(self, row: bytes, /) -> None:
        """Compare one row."""
        text = row.strip()
        if not text:
            return  # NULL
        value = int(text)
        if self._bounds is None or self._bounds[0] <= value <= self._bounds[1]:
            self.value = value if self.value is None else self._pick(self.value, value)
