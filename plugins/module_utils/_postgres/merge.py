# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Merges a backup's rows from a temporary table into a live table, matching rows by key.

Rows are updated, never deleted and inserted again, since a deletion could cascade to rows of other tables.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._archive.names import printable
from .._archive.tables import TableEntry
from .._errors import DatabaseError
from .digest import ROWS, TEXT, DigestColumn, parse_digest, row_digest_sql
from .live_tables import LiveTable, UniqueIndex
from .names import quoted
from .relations import Relation
from .row_hash import table_hash
from .session import Session, identifier, literal

_SCHEMA = "pg_temp"
#: Compares records as they are stored: 1.0 and 1.00 differ, and json has no other comparison.
_DIFFERS = "OPERATOR(pg_catalog.*<>)"


@dataclass
class Counts:
    """Numbers of rows that a merge changes, or would change.

    :param existing: rows in the table before.
    :param relinked: rows whose reference to a restored row is set again.
    """

    existing: int = 0
    inserted: int = 0
    updated: int = 0
    removed: int = 0
    relinked: int = 0

    @property
    def changes(self) -> bool:
        """Whether the merge changes anything."""
        return bool(self.inserted or self.updated or self.removed or self.relinked)


@dataclass(frozen=True)
class Relink:
    """A reference that was set to NULL when the referenced row was deleted.

    :param columns: the columns that were set to NULL, or overwritten.
    :param condition: SQL condition for the affected rows: ``t`` is the backup's row, ``l`` the live one.
    """

    columns: tuple[str, ...]
    condition: str


@dataclass
class TableMerge:
    """A live table, and the backup's rows of it in a temporary table.

    :param number: number of the table, which makes the names of its temporary tables unique.
    :param extra: columns of the live table that the backup does not have, in an order in which they can be dropped.
    :param replace: whether the table must have exactly the backup's rows afterwards.
    :param overwritten: columns that also get the backup's values in rows whose reference is set again.
    """

    session: Session
    number: int
    entry: TableEntry
    live: LiveTable
    extra: tuple[str, ...]
    replace: bool
    counts: Counts = field(default_factory=Counts)
    relinks: list[Relink] = field(default_factory=list)
    overwritten: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The table's name for results and messages."""
        return self.live.relation.key

    @property
    def name(self) -> str:
        """The live table's name, quoted for SQL."""
        return self.live.relation.quoted

    @property
    def backup(self) -> str:
        """The name of the temporary table with the backup's rows, quoted for SQL."""
        return identifier(_SCHEMA, self._backup_name)

    @property
    def _backup_name(self) -> str:
        return f"ticketz_sidekick_backup_{self.number}"

    @property
    def new(self) -> str:
        """The name of a table with those of the backup's rows that must be inserted, quoted for SQL."""
        if not self.counts.existing or not self.live.key:
            return self.backup
        return identifier(_SCHEMA, f"ticketz_sidekick_new_{self.number}")

    @property
    def _digest_columns(self) -> list[DigestColumn]:
        return [column for column in self.live.relation.digest_columns if column.name not in self.extra]

    def same(self, one: str, other: str) -> str:
        """Return the SQL condition that the rows of two aliases have the same key."""
        return " AND ".join(f"{one}.{identifier(c)} = {other}.{identifier(c)}" for c in self.live.key)

    def record(self, alias: str) -> str:
        """Return SQL for a row of an alias as a record, with only the columns that the backup has."""
        columns = ", ".join(f"{alias}.{identifier(column)}" for column in self.entry.columns)
        # With the cast, records are compared as a whole, and not value by value.
        return f"ROW({columns})::record"

    # -- before the transaction -----------------------------------------------

    def prepare(self) -> None:
        """Create the temporary table for the backup's rows."""
        name = identifier(self._backup_name)
        self.session.execute(f"CREATE TEMPORARY TABLE {name} (LIKE {self.name} INCLUDING GENERATED)")
        for column in self.extra:
            self.session.execute(f"ALTER TABLE {self.backup} DROP COLUMN {identifier(column)}")

    def load(self, csv: memoryview) -> int:
        """Load a part into the temporary table; return its number of rows."""
        relation = Relation(_SCHEMA, self._backup_name, self.entry.columns)
        return self.session.copy_in(relation.copy_in(), io.BytesIO(csv), context=self.key)

    def prove_loaded(self) -> None:
        """Compare the temporary table with the manifest. Raise DatabaseError (``selected_rows_differ``)."""
        method = parse_digest(self.entry.digest)[0] if self.entry.digest else None
        if self.digest(_SCHEMA, self._backup_name, method) != (self.entry.rows, self._expected()):
            raise self.differs()
        self.session.execute(f"ANALYZE {self.backup}")

    def _expected(self) -> int:
        return parse_digest(self.entry.digest)[1] if self.entry.digest else 0

    def digest(self, schema: str, table: str, method: str | None) -> tuple[int, int]:
        """Return the number of rows and the digest of a table with the backup's columns; 0 as digest without a method."""
        if method is None:
            count = self.session.value(
                f"SELECT count(*) FROM ONLY {identifier(schema, table)}", context=self.key
            )
            return int(count), 0
        if method == ROWS:
            return table_hash(self.session, schema, table, self.entry.columns)
        sql = row_digest_sql(schema, table, self._digest_columns, method=method)
        rows, total = self.session.query(sql, context=self.key)[0]
        return int(rows), int(total)

    def live_digest(self, method: str | None) -> tuple[int, int]:
        """Return the number of rows and the digest of the live table."""
        return self.digest(self.live.relation.schema, self.live.relation.name, method)

    def is_equal(self) -> bool | None:
        """Return whether the live table has exactly the backup's rows; None if the manifest has no digest."""
        method = parse_digest(self.entry.digest)[0] if self.entry.digest else None
        rows, total = self.live_digest(method)
        self.counts.existing = rows
        if method is None:
            return True if rows == self.entry.rows == 0 else None
        return (rows, total) == (self.entry.rows, self._expected())

    def keep_only(self, choices: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """Delete the backup's rows that match none of the choices.

        :param choices: each maps columns to allowed values. A row matches if all these columns have one of their values.
        """
        # Literals without a type get the column's type.
        tests = [
            " AND ".join(
                f"{identifier(column)} IN ({', '.join(map(literal, values))})"
                for column, values in wanted.items()
            )
            for wanted in choices
        ]
        self.session.execute(
            f"DELETE FROM {self.backup} WHERE (({') OR ('.join(tests)})) IS NOT TRUE", context=self.key
        )
        self.session.execute(f"VACUUM ANALYZE {self.backup}")

    # -- in the transaction ---------------------------------------------------

    def keep_sessions(self, cleared: Mapping[str, str]) -> None:
        """Set columns of the backup's rows to the values of the live rows, or to fixed values if there is no live row.

        :param cleared: column → fixed value, as SQL.
        """
        if not cleared:
            return
        if self.live.key and self.replace:
            columns = ", ".join(f"{identifier(c)} = l.{identifier(c)}" for c in cleared)
            self.session.execute(
                f"UPDATE {self.backup} t SET {columns} FROM ONLY {self.name} l WHERE {self.same('t', 'l')}"
            )
        values = ", ".join(f"{identifier(c)} = {value}" for c, value in cleared.items())
        there = (
            f"EXISTS (SELECT FROM ONLY {self.name} l WHERE {self.same('t', 'l')})"
            if self.live.key
            else "false"
        )
        self.session.execute(f"UPDATE {self.backup} t SET {values} WHERE NOT {there}")

    def compare(self) -> None:
        """Count the rows that must be inserted, updated and removed."""
        session, live = self.session, f"ONLY {self.name}"
        existing = int(session.value(f"SELECT count(*) FROM {live}", context=self.key))
        self.counts = Counts(existing=existing)
        if self.new == self.backup:
            if not (existing and self._holds_the_same()):
                self.counts.inserted = int(session.value(f"SELECT count(*) FROM {self.backup}"))
                self.counts.removed = existing
            return
        session.execute(
            f"CREATE TEMPORARY TABLE {identifier(f'ticketz_sidekick_new_{self.number}')} ON COMMIT DROP AS"
            f" SELECT t.* FROM {self.backup} t"
            f" WHERE NOT EXISTS (SELECT FROM {live} l WHERE {self.same('l', 't')})",
            context=self.key,
        )
        session.execute(f"ANALYZE {self.new}")
        self.counts.inserted = int(session.value(f"SELECT count(*) FROM {self.new}"))
        if self.replace:
            self.counts.removed = int(session.value(f"SELECT count(*) FROM {live} l WHERE {self.gone()}"))
            self.counts.updated = int(
                session.value(
                    f"SELECT count(*) FROM {live} l JOIN {self.backup} t ON {self.same('l', 't')}"
                    f" WHERE {self.changed()}"
                )
            )

    def _holds_the_same(self) -> bool:
        return self.live_digest(TEXT) == self.digest(_SCHEMA, self._backup_name, TEXT)

    def gone(self) -> str:
        """Return the SQL condition that a live row (``l``) is not in the backup."""
        if not self.live.key:
            return "true"
        return f"NOT EXISTS (SELECT FROM {self.backup} t WHERE {self.same('t', 'l')})"

    def changed(self) -> str:
        """Return the SQL condition that a live row (``l``) differs from the backup's (``t``) as stored."""
        return f"{self.record('l')} {_DIFFERS} {self.record('t')}"

    def count_relinks(self) -> int:
        """Return the number of rows whose references must be set again."""
        if not self.relinks:
            return 0
        sql = f"SELECT count(*) FROM ONLY {self.name} l JOIN {self.backup} t ON {self.same('l', 't')}"
        return int(self.session.value(f"{sql} WHERE {self.linked_again()}"))

    def linked_again(self) -> str:
        """Return the SQL condition that a reference of a live row (``l``) must be set to the backup's (``t``) again."""
        return "(" + " OR ".join(f"({relink.condition})" for relink in self.relinks) + ")"

    def taken(self, index: UniqueIndex) -> tuple[int, str]:
        """Count the rows to insert whose value in a unique index already exists; return their number and the key of one.

        The value itself is not returned, since it may be a token.
        """
        names = [f"k{number}" for number in range(len(index.expressions))]
        columns = ", ".join(f"{sql} AS {name}" for name, sql in zip(names, index.expressions))
        keys = ", ".join(map(identifier, self.live.key))
        where = f" WHERE {index.predicate}" if index.predicate else ""
        operator = "IS NOT DISTINCT FROM" if index.nulls_equal else "="
        equal = " AND ".join(f"n.{name} {operator} l.{name}" for name in names)
        count, example = self.session.query(
            f"WITH taken AS (SELECT n.key FROM (SELECT ROW({keys})::text AS key, {columns} FROM {self.new}{where}) n"
            f" JOIN (SELECT {columns} FROM ONLY {self.name}{where}) l ON {equal})"
            " SELECT count(*), min(key) FROM taken",
            context=self.key,
        )[0]
        shown = ", ".join(map(quoted, self.live.key))
        return int(count), f"({shown}) = {printable(str(example))}"

    @property
    def shuts_out(self) -> bool:
        """Whether the table must be locked against other writers: to replace rows, to count rows without a key, and
        to disable triggers."""
        return self.replace or not self.live.key or bool(self.live.triggers)

    def prove(self) -> None:
        """Verify the rows of the live table after the merge. Raise DatabaseError (``selected_rows_differ``)."""
        if self.replace or not self.live.key:
            method = parse_digest(self.entry.digest)[0] if self.entry.digest else TEXT
            if self.live_digest(method) != self.digest(_SCHEMA, self._backup_name, method):
                raise self.differs()
            return
        # Other sessions may have written to other rows, so only the merged rows are compared.
        alike = self.session.value(
            f"SELECT count(*) FROM {self.new} t JOIN ONLY {self.name} l ON {self.same('l', 't')}"
            f" WHERE NOT ({self.changed()})"
        )
        if int(alike) != self.counts.inserted or self.count_relinks():
            raise self.differs()

    def differs(self) -> DatabaseError:
        """Return the error for a table whose rows are not the expected ones."""
        server = self.session.server
        return DatabaseError(
            "selected_rows_differ", table=self.key, database=server.database, server=server.place
        )

    def pause_triggers(self) -> None:
        """Disable the user's triggers, in this transaction."""
        for trigger, _state in self.live.triggers:
            self.session.execute(
                f"ALTER TABLE ONLY {self.name} DISABLE TRIGGER {identifier(trigger)}", context=self.key
            )

    def resume_triggers(self) -> None:
        """Enable the user's triggers again, in their previous state."""
        for trigger, state in self.live.triggers:
            always = "ALWAYS " if state == "A" else ""
            self.session.execute(
                f"ALTER TABLE ONLY {self.name} ENABLE {always}TRIGGER {identifier(trigger)}", context=self.key
            )
