# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first pass over a plain dump: checks that all of it can be executed, and summarizes its contents."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Callable

from .._errors import ArchiveError
from .names import IDENTIFIER
from .plain_dump import DumpReader, Origin, Rows
from .plain_dump_options import of_database, with_own_schema
from .schema_roles import owners_in, roles_in
from .schema_sql import Entry
from .schema_statements import check_definitions

#: types of entries for large objects
_LARGE_OBJECTS = ("BLOB", "BLOB METADATA", "BLOBS")
#: Types of entries that a restore skips, as this product's own backups do → their name in messages, if they are reported.
#: The planner's statistics are created again by ANALYZE.
PASSED_OVER = {
    "DATABASE": "",
    "SECURITY LABEL": "security labels",
    "STATISTICS DATA": "",
    "SUBSCRIPTION": "subscriptions",
    "SUBSCRIPTION TABLE": "subscriptions",
}
_OF_DATABASE = "settings, rights and comment of the database"
#: CHECK constraints within CREATE TABLE.
_CHECK = re.compile(rf"CONSTRAINT ({IDENTIFIER}) CHECK ")
#: Ratio of a database's size, with indexes, to the size of its rows as text. Measured on Ticketz's tables: 1.35.
_SIZE_RATIO = 1.5
#: Sequelize's table of migrations, and the maximum number of migrations that are kept.
_MIGRATIONS = ("public.SequelizeMeta", ("name",))
_MAX_MIGRATIONS = 10_000


@dataclass(frozen=True)
class TableRows:
    """A table with rows in a dump.

    :param bytes: size of its rows as text.
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int

    @property
    def key(self) -> str:
        """The table's name for results and messages."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class DumpSummary:
    """The contents of a dump.

    :param owner: the role that owns most objects; None if the dump sets no owners.
    :param roles: all roles in its statements.
    :param migrations: names of the application's applied migrations (Sequelize).
    :param passed_over: names of the kinds of objects that a restore skips, for messages.
    :param owners: those of the roles that own objects.
    :param extensions: the extensions that it creates.
    :param leavable: catalog names of its tables, constraints, indexes and triggers.
    """

    origin: Origin
    tables: tuple[TableRows, ...]
    owner: str | None
    roles: frozenset[str]
    migrations: tuple[str, ...]
    passed_over: tuple[str, ...]
    owners: frozenset[str] = frozenset()
    extensions: frozenset[str] = frozenset()
    leavable: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        """Estimated size of the restored database, in bytes."""
        return int(_SIZE_RATIO * sum(table.bytes for table in self.tables))


def summarise(reader: DumpReader, name: str, progress: Callable[[int, int], None]) -> DumpSummary:
    """Read a whole dump, and check that it can be restored.

    :param name: name of the file, for messages.
    :param progress: called with numbers of rows and bytes.

    Raise ArchiveError: the errors of :meth:`.DumpReader.events`, and ``legacy_dump_unreadable`` for large objects.
    """
    owners: Counter[str] = Counter()
    roles: set[str] = set()
    given: set[str] = set()
    extensions: set[str] = set()
    leavable: set[str] = set()
    passed_over: dict[str, None] = {}
    migrations: list[str] = []
    found: dict[tuple[str, str], TableRows] = {}
    for event in reader.events():
        if isinstance(event, Rows):
            relation, rows, size = event.relation, 0, 0
            for piece in event.pieces:
                count = piece.count(b"\n")
                progress(count, len(piece))
                rows, size = rows + count, size + len(piece)
                if (relation.key, relation.columns) == _MIGRATIONS and len(migrations) < _MAX_MIGRATIONS:
                    migrations += piece.decode("utf-8", "replace").splitlines()
            place = (relation.schema, relation.name)
            before = found.get(place)
            found[place] = TableRows(
                *place,
                relation.columns,
                rows + (before.rows if before else 0),
                size + (before.bytes if before else 0),
            )
        elif event.type in _LARGE_OBJECTS:
            raise ArchiveError("legacy_dump_unreadable", problem="large_objects", path=name)
        elif event.type == "TABLE DATA":
            raise ArchiveError(
                "legacy_dump_unreadable",
                problem="sql",
                path=name,
                cause=f"table {event.name} has statements in place of, or around, its rows",
            )
        elif not wanted(event):
            passed_over[PASSED_OVER.get(event.type, _OF_DATABASE)] = None
        else:
            check_definitions([event])
            roles |= roles_in([event])
            if any(setting not in plain(event).settings for setting in event.settings if "''" not in setting):
                passed_over["tablespaces"] = None
            given |= owners_in([event])
            if event.owner is not None:
                owners[event.owner] += 1
            if event.type == "EXTENSION":
                extensions.add(event.name)
            leavable |= _leavable(event)
    most = owners.most_common(1)
    return DumpSummary(
        reader.origin,
        tuple(found.values()),
        most[0][0] if most else None,
        frozenset(roles),
        tuple(migrations),
        tuple(words for words in passed_over if words),
        frozenset(given),
        frozenset(extensions),
        frozenset(leavable),
    )


def _leavable(entry: Entry) -> set[str]:
    """Return the catalog names of the objects that an entry creates and a restore can leave out."""
    found = {entry.leavable[1]} if entry.leavable else set()
    if entry.type == "TABLE" and entry.table:
        found |= {entry.table, *(f"{name} ON {entry.table}" for name in _CHECK.findall(entry.sql))}
    return found


def wanted(entry: Entry) -> bool:
    """Return whether a restore executes an entry."""
    return entry.type not in PASSED_OVER and not of_database(entry)


def plain(entry: Entry) -> Entry:
    """Return the entry for a new database: without its tablespace, which the server may not have."""
    settings = tuple(word for word in entry.settings if not word.startswith("SET default_tablespace "))
    sql = with_own_schema(entry.sql) if entry.type == "SCHEMA" else entry.sql
    return replace(entry, settings=settings, sql=sql)
