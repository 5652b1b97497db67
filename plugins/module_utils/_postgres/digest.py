# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A digest of a table's rows that does not depend on their order or on the physical order of columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .._errors import ArchiveError
from .session import identifier

#: Hash of each row as a record. Columns whose types are not in :data:`HASHED_TYPES` are hashed as text.
RECORD = "record"
#: Hash of each row as COPY writes it, computed on the client: for tables that can't be queried (see :mod:`.foreign_code`).
ROWS = "rows"
#: Hash of each row's text, for PostgreSQL 13, which can't hash records.
TEXT = "text"
_RECORDS_SINCE = 140000
_C = 'pg_catalog."C"'
_DIGEST = re.compile(rf"({RECORD}|{TEXT}|{ROWS}):(-?[0-9]{{1,60}})")

#: Types whose hash differs for different values (except for collisions), and is the same on every server and in
#: every database. Not among them: numeric (1.0 and 1.00 have the same hash), float (0 and -0), char(n) (trailing
#: blanks), enum (hashed by OID) and types that can't be hashed. pg_upgrade relies on the hashes being
#: the same in all versions, as the partitions of hash-partitioned tables depend on them.
HASHED_TYPES = (
    "bigint",
    "boolean",
    "bytea",
    "date",
    "integer",
    "name",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "varchar",
)


@dataclass(frozen=True)
class DigestColumn:
    """A column, and how the hash of a record includes it.

    :param hashed: whether its type is one of :data:`HASHED_TYPES`.
    :param collated: whether it has a collation; the hash must not depend on it.
    """

    name: str
    hashed: bool
    collated: bool


def digest_method(server_version: int) -> str:
    """Return the method for new digests on a server of this version (such as 160014)."""
    return RECORD if server_version >= _RECORDS_SINCE else TEXT


def parse_digest(text: str) -> tuple[str, int]:
    """Split a digest in a manifest, such as ``record:-123``, into method and value.

    Raise ArchiveError (``json_invalid``) if the text is not a digest.
    """
    match = _DIGEST.fullmatch(text)
    if match is None:
        raise ArchiveError("json_invalid", source="manifest.json", where=f"{text[:40]!r} is no row digest")
    return match[1], int(match[2])


def row_digest_sql(
    schema: str, table: str, columns: Iterable[DigestColumn], condition: str = "", method: str = RECORD
) -> str:
    """Return a query for the number of rows and their digest (an integer, as text).

    :param columns: all columns, generated ones included, in any order.
    :param condition: SQL condition that selects rows, such as a ctid range; empty for all rows. The digests of
        disjoint slices add up to the table's digest.

    The digest is the sum of the 64-bit hashes of all rows, including duplicates.
    Columns are sorted by name, because a restored child table can have them in another order.
    The session must have the pinned settings, since the text of many types depends on them. It also depends
    on the database's encoding, which is the same in a restored database as in its source.

    Measured on 600,000 messages of Ticketz (652 MB), one core: text 1.75 s, record 0.71 s.
    """
    ordered = sorted(columns, key=lambda column: column.name)
    if method == TEXT:
        value = f"pg_catalog.hashtextextended({_text(ordered)}, 0)"
    else:
        fields = [_field(column) for column in ordered if column.hashed]
        others = [column for column in ordered if not column.hashed]
        if others:
            fields.append(_text(others))
        # The hash is hashed once more: a record's hash is a linear combination of the hashes of its fields, so the
        # sum over all rows would stay the same if two rows exchanged their values in a column.
        record = f"pg_catalog.hash_record_extended(ROW({', '.join(fields)}), 0)"
        value = f"pg_catalog.hashtextextended({record}::pg_catalog.text COLLATE {_C}, 0)"
    where = f" WHERE {condition}" if condition else ""
    total = f"coalesce(pg_catalog.sum({value}), 0)::pg_catalog.text"
    return f"SELECT pg_catalog.count(*), {total} FROM ONLY {identifier(schema, table)} AS r{where}"


def _field(column: DigestColumn) -> str:
    # Qualified by the alias, so that a column with the alias's name is not confused with the whole row.
    name = f"r.{identifier(column.name)}"
    return f"{name} COLLATE {_C}" if column.collated else name


def _text(columns: Iterable[DigestColumn]) -> str:
    # The text of a record distinguishes NULL from an empty string, and quotes values that contain separators.
    fields = ", ".join(f"r.{identifier(column.name)}" for column in columns)
    return f"ROW({fields})::pg_catalog.text COLLATE {_C}"
