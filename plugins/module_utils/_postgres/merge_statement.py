# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The single statement that writes a backup's rows to live tables.

The server checks foreign keys at the end of the statement, when all rows exist. So the tables need no particular order,
and cyclic references and references within a table need no special treatment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .merge import TableMerge
from .session import Session, identifier


@dataclass(frozen=True)
class _Write:
    """A part of the statement: the deletion, update or insertion of one table's rows.

    :param letter: first letter of the part's name in the statement.
    :param head: SQL before the WHERE clause.
    :param tests: conditions of the WHERE clause.
    :param rows: expected number of affected rows.
    """

    letter: str
    head: str
    tests: list[str]
    rows: int


def write(session: Session, tables: Sequence[TableMerge]) -> None:
    """Write the rows of all tables with one statement.

    Raise DatabaseError: the server's error, or ``selected_rows_differ`` if the numbers of affected rows are not those
    that were counted before.
    """
    parts: list[str] = []
    done: list[tuple[TableMerge, _Write]] = []
    for kind in (_deletion, _update, _insertion):
        # The server runs the parts in any order, unless one reads the result of another. Rows must be deleted before
        # other rows can get their unique values.
        waits = [f"(SELECT count(*) FROM {step.letter}{table.number}) >= 0" for table, step in done]
        for table in tables:
            step = kind(table)
            if step is not None:
                tests = " AND ".join([*step.tests, *waits]) or "true"
                parts.append(f"{step.letter}{table.number} AS ({step.head} WHERE {tests} RETURNING 1)")
                done.append((table, step))
    if not parts:
        return
    counted = ", ".join(f"(SELECT count(*) FROM {step.letter}{table.number})" for table, step in done)
    context = ", ".join(dict.fromkeys(table.key for table, _step in done))
    (found,) = session.query(f"WITH {', '.join(parts)} SELECT {counted}", context=context)
    for count, (table, step) in zip(found, done):
        if int(count) != step.rows:
            raise table.differs()


def _deletion(table: TableMerge) -> _Write | None:
    """Return the part that deletes rows which are not in the backup, or None if there are none."""
    if not table.counts.removed:
        return None
    return _Write("d", f"DELETE FROM ONLY {table.name} l", [table.gone()], table.counts.removed)


def _update(table: TableMerge) -> _Write | None:
    """Return the part that updates rows to the backup's values or sets their references again, or None if there are none."""
    counts = table.counts
    if not (counts.updated or counts.relinked):
        return None
    if counts.updated:
        # The key is updated too: 1.0 and 1.00 are equal as keys, but not as stored.
        columns = [column for column in table.entry.columns if not table.live.is_always_identity(column)]
        values = [f"{identifier(c)} = t.{identifier(c)}" for c in columns]
        test = table.changed()
    else:
        values, test = list(_links_set_again(table)), table.linked_again()
    head = f"UPDATE ONLY {table.name} l SET {', '.join(values)} FROM {table.backup} t"
    return _Write("u", head, [table.same("l", "t"), test], counts.updated or counts.relinked)


def _insertion(table: TableMerge) -> _Write | None:
    """Return the part that inserts missing rows, or None if there are none."""
    if not table.counts.inserted:
        return None
    columns = ", ".join(map(identifier, table.entry.columns))
    # Empty for a table without columns, whose rows can only be counted.
    listed = f" ({columns})" if columns else ""
    head = f"INSERT INTO {table.name}{listed} OVERRIDING SYSTEM VALUE SELECT {columns} FROM {table.new} t"
    return _Write("i", head, [], table.counts.inserted)


def _links_set_again(table: TableMerge) -> Iterable[str]:
    conditions: dict[str, list[str]] = {}
    for relink in table.relinks:
        for column in relink.columns:
            conditions.setdefault(column, []).append(f"({relink.condition})")
    for column, tests in conditions.items():
        name = identifier(column)
        yield f"{name} = CASE WHEN {' OR '.join(tests)} THEN t.{name} ELSE l.{name} END"
