# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads CSV into empty tables of an existing database, in the caller's transaction.

The foreign keys of these tables are dropped before the load and recreated after it, in the same transaction. Each
is then checked by a single query, and the order of rows and tables does not matter: an option of a queue
may reference a later one. Otherwise the server would check them row by row, with an entry in memory for each row until
the end of the statement, and a reference to a table that is loaded later would fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .._errors import DatabaseError
from .foreign_code import ForeignCode, use_own_search_path
from .session import Session, identifier, literal

#: Lock timeout in seconds.
LOCK_WAIT = 10
#: Tables that an import always writes to.
_ALSO_WRITTEN = ("SequelizeData", "Whatsapps", "Baileys", "BaileysKeys", "BaileysContacts")
_MIGRATIONS = """
SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = 'SequelizeMeta' AND c.relkind = 'r' AND (pg_table_is_visible(c.oid) OR n.nspname = %s)
"""

_TABLES = """
SELECT c.oid::bigint, n.nspname, c.relname, pg_has_role(c.relowner, 'USAGE') OR s.rolsuper,
       (SELECT json_agg(json_build_array(a.attname, a.attgenerated <> '',
                                         a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                                         AND t.typdefault IS NULL) ORDER BY a.attnum)
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles s
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND s.rolname = current_user
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.relname = ANY (%s) AND (pg_table_is_visible(c.oid) OR n.nspname = %s)
"""

_KEYS = """
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (%s::oid[])
 ORDER BY 1, 2, 3
"""

_COPY_LINE = re.compile(r"COPY .*?, line (\d+)(?:, column (.*?))?(?::|$)", re.DOTALL)


@dataclass(frozen=True)
class ExistingTable:
    """A table of the database.

    :param owned: whether the account may alter it.
    :param columns: all columns.
    :param generated: generated columns, which can't be loaded.
    :param required: columns that are NOT NULL and have no default.
    """

    oid: int
    schema: str
    name: str
    owned: bool
    columns: tuple[str, ...]
    generated: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def quoted(self) -> str:
        """The qualified name, quoted for SQL."""
        return identifier(self.schema, self.name)

    @property
    def key(self) -> str:
        """The table's name for results and messages."""
        return f"{self.schema}.{self.name}"

    def takes(self, column: str) -> bool:
        """Return whether a column can be loaded."""
        return column in self.columns and column not in self.generated


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key that is dropped for the load.

    :param definition: the definition for ``ADD CONSTRAINT``, with qualified names of tables.
    """

    table: str
    name: str
    definition: str
    comment: str | None


def existing_tables(session: Session, names: Iterable[str]) -> dict[str, ExistingTable]:
    """Return those of the named tables that exist in the account's search path, by name.

    Raise DatabaseError (``foreign_code``) if writing to the tables would run functions of other roles.
    """
    code = use_own_search_path(session)
    found = {}
    for oid, schema, name, owned, columns in session.query(_TABLES, [list(names), _named_schema(code)]):
        listed = columns or []
        found[name] = ExistingTable(
            oid,
            schema,
            name,
            owned,
            tuple(column for column, _generated, _required in listed),
            tuple(column for column, generated, _required in listed if generated),
            tuple(column for column, _generated, required in listed if required),
        )
    written = [(table.schema, table.name) for table in found.values()]
    code.check_writable(
        session, [*written, *((table.schema, name) for table in found.values() for name in _ALSO_WRITTEN)]
    )
    return found


def _named_schema(code: ForeignCode) -> str | None:
    """Return the schema in which tables are searched for if the search path is empty."""
    return "public" if code.roles else None


def count_rows(session: Session, tables: Sequence[ExistingTable]) -> dict[str, int]:
    """Return the number of rows of each table."""
    return {
        table.key: int(session.value(f"SELECT count(*) FROM {table.quoted}", context=table.key))
        for table in tables
    }


def lock(session: Session, tables: Sequence[ExistingTable]) -> None:
    """Lock the tables exclusively until the transaction ends.

    Raise DatabaseError (``lock_not_available``) after a timeout.
    """
    session.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'")
    names = ", ".join(table.quoted for table in tables)
    session.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE", context="LOCK TABLE")


def drop_foreign_keys(session: Session, tables: Sequence[ExistingTable]) -> list[ForeignKey]:
    """Drop the foreign keys of the tables, and return them for :func:`recreate_foreign_keys`."""
    # In definitions, the server only qualifies the names of tables that are not in the search path.
    session.execute("SET LOCAL search_path = ''")
    keys = [
        ForeignKey(identifier(schema, table), name, definition, comment)
        for schema, table, name, definition, comment in session.query(
            _KEYS, [[table.oid for table in tables]]
        )
    ]
    use_own_search_path(session)
    for key in keys:
        session.execute(
            f"ALTER TABLE {key.table} DROP CONSTRAINT {identifier(key.name)}",
            context=f"{key.table} {key.name}",
        )
    return keys


def recreate_foreign_keys(session: Session, keys: Iterable[ForeignKey]) -> Iterator[ForeignKey]:
    """Add foreign keys again, which checks all rows; yield each one after it was added.

    Raise DatabaseError (``import_reference_missing``) if a referenced row is missing.
    """
    for key in keys:
        name = identifier(key.name)
        try:
            session.execute(
                f"ALTER TABLE {key.table} ADD CONSTRAINT {name} {key.definition}",
                context=f"{key.table} {key.name}",
            )
        except DatabaseError as error:
            if error.facts.get("sqlstate") != "23503":
                raise
            raise DatabaseError(
                "import_reference_missing",
                table=key.table.replace('"', ""),
                constraint=key.name,
                cause=error.facts["cause"],
            ) from error
        if key.comment is not None:
            session.execute(f"COMMENT ON CONSTRAINT {name} ON {key.table} IS {literal(key.comment)}")
        yield key


def copy_csv(
    session: Session, table: ExistingTable, columns: Sequence[str], source: Pieces, file: str
) -> int:
    """Load CSV with a header line; return the number of rows.

    :param file: the file's name, for messages.

    Raise DatabaseError (``import_csv_refused``) with table, file and line.
    """
    listed = ", ".join(identifier(column) for column in columns)
    sql = f"COPY {table.quoted} ({listed}) FROM STDIN (FORMAT csv, HEADER true, ENCODING 'UTF8')"
    try:
        return session.copy_in(sql, source, context=table.key)
    except DatabaseError as error:
        if source.error is not None:
            raise source.error from None
        place = _copy_place(error)
        if place is None or error.code != "statement_failed":
            raise
        line, column = place
        raise DatabaseError(
            "import_csv_refused",
            table=table.key,
            file=file,
            line=line,
            column=column or "-",
            cause=cause_without_row(error),
        ) from error


def cause_without_row(error: DatabaseError) -> object:
    """Return the server's error about a row, without the row's values, which may include a password hash."""
    diag = getattr(error.__cause__, "diag", None)
    if str(getattr(diag, "message_detail", None)).startswith("Failing row contains"):
        return getattr(diag, "message_primary", error.facts["cause"])
    return error.facts["cause"]


def _copy_place(error: DatabaseError) -> tuple[int, str | None] | None:
    """Return the line and column in the server's error, if any, without the values that it quotes."""
    context = getattr(getattr(error.__cause__, "diag", None), "context", None)
    match = _COPY_LINE.search(context) if isinstance(context, str) else None
    return (int(match[1]), match[2]) if match else None


def mark_seeds(session: Session, names: Sequence[str]) -> list[str]:
    """Record seeds of the application (Sequelize) as executed; return those that were not recorded before.

    Does nothing in a database without Sequelize.
    """
    code = use_own_search_path(session)
    schema = session.value(_MIGRATIONS, [_named_schema(code)]) if names else None
    if schema is None:
        return []
    place = identifier(schema, "SequelizeData")
    # Sequelize also creates the table in this form, before the first seed.
    session.execute(f"CREATE TABLE IF NOT EXISTS {place} (name character varying(255) PRIMARY KEY)")
    sql = f"INSERT INTO {place} (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING RETURNING name"
    return sorted(str(row[0]) for row in session.query(sql, [list(names)]))


class Pieces:
    """A readable file whose content comes in pieces."""

    def __init__(self, pieces: Iterator[bytes | memoryview]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")
        #: the error of the iterator, which the driver replaces by an error of its own
        self.error: BaseException | None = None

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        if not self._left:
            try:
                self._left = memoryview(next(self._pieces, b""))
            except BaseException as error:
                self.error = error
                raise
        data = self._left if size < 0 else self._left[:size]
        self._left = self._left[len(data) :]
        return bytes(data)
