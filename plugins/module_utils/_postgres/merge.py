# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup's rows into a live table, from a temporary table, matching rows by key.

Rows are never deleted to be inserted again, since that would take along the rows of other tables that refer to them.
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
#: A record as it is stored is what has to be equal: 1.0 and 1.00 are not, and json has no other equality.
_UNLIKE = "OPERATOR(pg_catalog.*<>)"


@dataclass
class Counts:
    """What bringing rows in changes, or would change.

    :param existing: rows in the table before.
    :param relinked: rows whose reference to a row that comes back is set again.
    """

    existing: int = 0
    inserted: int = 0
    updated: int = 0
    removed: int = 0
    relinked: int = 0

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.inserted or self.updated or self.removed or self.relinked)


@dataclass(frozen=True)
class Relink:
    """A reference that was set to NULL when the row that it was to was deleted.

    :param columns: the columns that were set to NULL, or overwritten.
    :param condition: the rows in question: ``t`` is the backup's, ``l`` the one in use.
    """

    columns: tuple[str, ...]
    condition: str


@dataclass
class TableMerge:
    """One table in use, and the backup's rows of it in a temporary table.

    :param number: makes the names of the temporary tables.
    :param extra: columns of the table in use that the backup has not, in an order in which they can be dropped.
    :param replace: whether the table is to hold the backup's rows and no others.
    :param overwritten: columns that get the backup's values again in rows whose reference is set again.
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
        """The name as results and messages show it."""
        return self.live.relation.key

    @property
    def name(self) -> str:
        """The table in use, as SQL wants it."""
        return self.live.relation.quoted

    @property
    def backup(self) -> str:
        """The temporary table with the backup's rows."""
        return identifier(_SCHEMA, self._backup_name)

    @property
    def _backup_name(self) -> str:
        return f"ticketz_sidekick_backup_{self.number}"

    @property
    def new(self) -> str:
        """A table with those of the backup's rows that must be inserted."""
        if not self.counts.existing or not self.live.key:
            return self.backup
        return identifier(_SCHEMA, f"ticketz_sidekick_new_{self.number}")

    @property
    def _digest_columns(self) -> list[DigestColumn]:
        return [column for column in self.live.relation.digest_columns if column.name not in self.extra]

    def same(self, one: str, other: str) -> str:
        """Return the condition that rows of two aliases have the same key."""
        return " AND ".join(f"{one}.{identifier(c)} = {other}.{identifier(c)}" for c in self.live.key)

    def record(self, alias: str) -> str:
        """Return all columns of a row that a backup holds, as a record."""
        columns = ", ".join(f"{alias}.{identifier(column)}" for column in self.entry.columns)
        # With the cast they are compared as wholes, and not value by value.
        return f"ROW({columns})::record"

    # -- before the transaction -----------------------------------------------

    def prepare(self) -> None:
        """Create the temporary table."""
        name = identifier(self._backup_name)
        self.session.execute(f"CREATE TEMPORARY TABLE {name} (LIKE {self.name} INCLUDING GENERATED)")
        for column in self.extra:
            self.session.execute(f"ALTER TABLE {self.backup} DROP COLUMN {identifier(column)}")

    def load(self, csv: memoryview) -> int:
        """Load a part; return its rows."""
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
        """Return rows and digest of a table with the backup's columns; without a method the digest is 0."""
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
        """Return rows and digest of the table in use."""
        return self.digest(self.live.relation.schema, self.live.relation.name, method)

    def is_equal(self) -> bool | None:
        """Return whether the table in use holds the backup's rows; None if the manifest has no digest."""
        method = parse_digest(self.entry.digest)[0] if self.entry.digest else None
        rows, total = self.live_digest(method)
        self.counts.existing = rows
        if method is None:
            return True if rows == self.entry.rows == 0 else None
        return (rows, total) == (self.entry.rows, self._expected())

    def keep_only(self, choices: Sequence[Mapping[str, Sequence[str]]]) -> None:
        """Forget the backup's rows but for those that have one of some values in each column of one of the choices."""
        # Literals without a type are read as the column's.
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
        """Give the backup's rows what is in use of some columns, or where nothing is, fixed values."""
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
        """Find out what must be inserted, updated and removed."""
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
        """Return the condition that a row in use (``l``) is not in the backup."""
        if not self.live.key:
            return "true"
        return f"NOT EXISTS (SELECT FROM {self.backup} t WHERE {self.same('t', 'l')})"

    def changed(self) -> str:
        """Return the condition that a row in use (``l``) is not stored like the backup's (``t``)."""
        return f"{self.record('l')} {_UNLIKE} {self.record('t')}"

    def count_relinks(self) -> int:
        """Return the number of rows whose references must be set again."""
        if not self.relinks:
            return 0
        sql = f"SELECT count(*) FROM ONLY {self.name} l JOIN {self.backup} t ON {self.same('l', 't')}"
        return int(self.session.value(f"{sql} WHERE {self.linked_again()}"))

    def linked_again(self) -> str:
        """Return the condition that a reference of a row in use (``l``) must be set again as the backup's (``t``)."""
        return "(" + " OR ".join(f"({relink.condition})" for relink in self.relinks) + ")"

    def taken(self, index: UniqueIndex) -> tuple[int, str]:
        """Return how many rows to be inserted have a value that another row holds, and the key of one of them.

        The value itself is not told: it may be a token.
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
        """Whether nobody else may write to the table meanwhile: to replace rows, to tell rows without a key apart, and
        to keep triggers from firing."""
        return self.replace or not self.live.key or bool(self.live.triggers)

    def prove(self) -> None:
        """Compare the table in use with what it must be now. Raise DatabaseError (``selected_rows_differ``)."""
        if self.replace or not self.live.key:
            method = parse_digest(self.entry.digest)[0] if self.entry.digest else TEXT
            if self.live_digest(method) != self.digest(_SCHEMA, self._backup_name, method):
                raise self.differs()
            return
        # Others may have written to other rows.
        alike = self.session.value(
            f"SELECT count(*) FROM {self.new} t JOIN ONLY {self.name} l ON {self.same('l', 't')}"
            f" WHERE NOT ({self.changed()})"
        )
        if int(alike) != self.counts.inserted or self.count_relinks():
            raise self.differs()

    def differs(self) -> DatabaseError:
        """Return the error that the table does not hold what it should."""
        server = self.session.server
        return DatabaseError(
            "selected_rows_differ", table=self.key, database=server.database, server=server.place
        )

    def pause_triggers(self) -> None:
        """Keep the user's triggers from firing, in this transaction."""
        for trigger, _state in self.live.triggers:
            self.session.execute(
                f"ALTER TABLE ONLY {self.name} DISABLE TRIGGER {identifier(trigger)}", context=self.key
            )

    def resume_triggers(self) -> None:
        """Undo :meth:`pause_triggers`."""
        for trigger, state in self.live.triggers:
            always = "ALWAYS " if state == "A" else ""
            self.session.execute(
                f"ALTER TABLE ONLY {self.name} ENABLE {always}TRIGGER {identifier(trigger)}", context=self.key
            )
