# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the tables to copy, and divides them into slices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._errors import DatabaseError
from .digest import HASHED_TYPES, DigestColumn
from .foreign_code import ForeignCode, copy_rows, read_foreign_code
from .session import Session, identifier

#: Minimum size of a slice, which one COPY reads: large compared to the cost of a statement, small enough for parallel work.
_SLICE_BYTES = 64 << 20
#: TID range scans (``WHERE ctid >= …`` without reading the whole table) exist since PostgreSQL 14.
_TID_RANGE_SINCE = 140000

_USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

# CREATE EXTENSION creates the tables of an extension. Only those count whose rows the extension
# has declared as configuration (pg_extension_config_dump).
_NOT_OF_EXTENSION = """NOT EXISTS (
       SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          AND NOT EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))"""

_LOCKABLE = f"""
SELECT n.nspname, c.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
   AND {_NOT_OF_EXTENSION}
 ORDER BY 1, 2
"""

# Whether the account may lock a table, and whether policies would hide rows, so that COPY would fail.
_READABLE = f"""
SELECT n.nspname, c.relname,
       has_schema_privilege(n.oid, 'USAGE')
       AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'SELECT') ELSE has_table_privilege(c.oid, 'SELECT') END,
       c.relkind = 'r' AND row_security_active(c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND {_USER_SCHEMA}
   AND {_NOT_OF_EXTENSION}
 ORDER BY 1, 2
"""

_HASHED = ",".join(HASHED_TYPES)

_DETAILS = f"""
SELECT n.nspname, c.relname, pg_table_size(c.oid),
       pg_relation_size(c.oid) / current_setting('block_size')::bigint,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
              ORDER BY a.attnum),
       (SELECT json_agg(json_build_array(a.attname, a.atttypid = ANY ('{{{_HASHED}}}'::regtype[]),
                                         a.attcollation <> 0 AND a.atttypid <> 'name'::regtype))
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
       (SELECT e.extcondition[array_position(e.extconfig, c.oid)]
          FROM pg_extension e WHERE c.oid = ANY (e.extconfig) LIMIT 1),
       EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)),
       am.amname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND {_USER_SCHEMA}
   AND {_NOT_OF_EXTENSION}
 ORDER BY 3 DESC, 1, 2
"""


@dataclass(frozen=True)
class Slice:
    """The rows of a table whose page number is in [first, end). None means no bound."""

    first: int | None = None
    end: int | None = None

    @property
    def condition(self) -> str:
        """The slice as an SQL condition, or an empty string for the whole table."""
        tests = []
        if self.first is not None:
            tests.append(f"ctid OPERATOR(pg_catalog.>=) '({self.first},0)'::pg_catalog.tid")
        if self.end is not None:
            tests.append(f"ctid OPERATOR(pg_catalog.<) '({self.end},0)'::pg_catalog.tid")
        return " AND ".join(tests)


@dataclass(frozen=True)
class Relation:
    """A table that contains rows itself.

    :param columns: names in physical order, without generated columns (COPY can't load those).
    :param digest_columns: all columns, including generated ones, for the digest of rows.
    :param bytes: size of heap and TOAST.
    :param pages: number of pages of the heap.
    :param condition: WHERE clause that selects the user's rows of an extension's configuration table.
    :param extension: whether it is an extension's configuration table.
    :param heap: whether its access method is ``heap``.
    :param plain: whether it can't be queried, but only be read as a whole by COPY (see :mod:`.foreign_code`).
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    digest_columns: tuple[DigestColumn, ...] = ()
    bytes: int = 0
    pages: int = 0
    condition: str = ""
    extension: bool = False
    heap: bool = True
    plain: bool = False

    @property
    def key(self) -> str:
        """The table's name for results and messages."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """The qualified name, quoted for SQL."""
        return identifier(self.schema, self.name)

    def slices(self, server_version: int) -> Iterator[Slice]:
        """Divide the table into slices that together contain all rows.

        The last slice has no end, since the table may grow between the query for its size and the scan.
        """
        count = max(1, min(self.pages, self.bytes // _SLICE_BYTES))
        if count == 1 or server_version < _TID_RANGE_SINCE or not self.heap or self.plain:
            yield Slice()
            return
        bounds = [self.pages * number // count for number in range(count)]
        for number, first in enumerate(bounds):
            yield Slice(first or None, bounds[number + 1] if number + 1 < count else None)

    def where(self, piece: Slice) -> str:
        """Return the WHERE clause for a slice, with a leading space, or an empty string."""
        # extcondition starts with WHERE itself (by convention of pg_extension_config_dump)
        own = self.condition.strip()
        own = own[5:].strip() if own[:5].upper() == "WHERE" else own
        tests = [f"({own})"] if own else []
        if piece.condition:
            tests.append(piece.condition)
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def copy_out(self, piece: Slice) -> str:
        """Return the COPY statement that sends the slice's rows as CSV, without a header line."""
        # ONLY, because the rows of children and partitions are copied from those tables.
        columns = ", ".join(identifier(column) for column in self.columns)
        where = self.where(piece)
        if self.plain and where:
            facts = {"tables": self.key, "condition": where.strip()}
            raise DatabaseError("foreign_code", problem="read", **facts)
        if self.plain or (columns and not where):
            # This form is not planned, and so does not lock each index.
            return copy_rows(self.schema, self.name, self.columns)
        return f"COPY (SELECT {columns} FROM ONLY {self.quoted}{where}) TO STDOUT (FORMAT csv)"

    def copy_in(self, *, frozen: bool = False) -> str:
        """Return the COPY statement that loads CSV with a header line.

        :param frozen: use FREEZE, which makes the rows visible to older snapshots; only allowed for a table that was
            created in the same transaction.
        """
        columns = ", ".join(identifier(column) for column in self.columns)
        listed = f" ({columns})" if columns else ""
        option = ", FREEZE true" if frozen else ""
        return f"COPY {self.quoted}{listed} FROM STDIN (FORMAT csv, HEADER true{option})"


def lockable(session: Session) -> list[tuple[str, str]]:
    """Return (schema, name) of all tables whose definitions must not change during a backup."""
    return [(str(schema), str(name)) for schema, name in session.query(_LOCKABLE)]


@dataclass(frozen=True)
class Withheld:
    """Tables that the account can't read completely, as (schema, name).

    :param denied: tables that the account may not read.
    :param filtered: tables whose policies hide rows from the account.
    """

    denied: tuple[tuple[str, str], ...]
    filtered: tuple[tuple[str, str], ...]


def withheld(session: Session) -> Withheld:
    """Return the tables and sequences that the account can't read completely. Does not lock or read any."""
    # readable is NULL for a table that was dropped meanwhile.
    rows = session.query(_READABLE)
    return Withheld(
        tuple((str(schema), str(name)) for schema, name, readable, _active in rows if readable is False),
        tuple((str(schema), str(name)) for schema, name, readable, active in rows if readable and active),
    )


def relations(session: Session, code: ForeignCode | None = None) -> list[Relation]:
    """Return all tables that contain rows themselves, the largest first.

    Lock the tables before, since the query for their sizes waits for locks.

    :param code: functions of other roles; read from the catalog if not given.
    """
    found = []
    with session.no_search_path():
        code = code or read_foreign_code(session)
        rows = session.query(_DETAILS)
    for schema, name, size, pages, columns, all_columns, condition, config, method in rows:
        found.append(
            Relation(
                schema,
                name,
                tuple(columns),
                tuple(DigestColumn(*column) for column in all_columns or ()),
                bytes=int(size),
                pages=int(pages),
                condition=condition or "",
                extension=bool(config),
                heap=method == "heap",
                plain=(schema, name) in code.read,
            )
        )
    return found


def csv_header(columns: tuple[str, ...]) -> bytes:
    """Return the header line of a part, with all names quoted."""
    return ",".join('"' + column.replace('"', '""') + '"' for column in columns).encode() + b"\n"
