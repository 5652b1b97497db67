# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first pass over a plain dump: checks that all of it can be executed, and what it will create."""

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

#: what pg_dump writes for large objects
_LARGE_OBJECTS = ("BLOB", "BLOB METADATA", "BLOBS")
#: Left out of a restore, as they are of this product's own backups; the planner's statistics are gathered again.
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
#: Bytes of a database, indexes included, for each byte of its rows as text. Measured on Ticketz's tables: 1.35.
_SPREAD = 1.5
#: Sequelize's table, and a bound for what is kept of it.
_MIGRATIONS = ("public.SequelizeMeta", ("name",))
_MOST_MIGRATIONS = 10_000


@dataclass(frozen=True)
class TableRows:
    """A table with rows in a dump.

    :param bytes: of its rows as text.
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int

    @property
    def key(self) -> str:
        """The name as results and messages show it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class DumpSummary:
    """What is in a dump.

    :param owner: the role that owns most of it; None if nobody owns anything.
    :param roles: all roles that it names.
    :param migrations: names of the application's migrations (Sequelize) that it has been through.
    :param passed_over: what a restore leaves out, in words.
    :param owners: those of the roles that own something.
    :param extensions: that it creates.
    :param leavable: names of its tables, constraints, indexes and triggers, as a catalog has them.
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
        """About how many bytes the database will have."""
        return int(_SPREAD * sum(table.bytes for table in self.tables))


def summarise(reader: DumpReader, name: str, progress: Callable[[int, int], None]) -> DumpSummary:
    """Read a whole dump.

    :param name: name of the file, for messages.
    :param progress: called with numbers of rows and bytes.

    Raise ArchiveError as :meth:`.DumpReader.events` does, and ``legacy_dump_unreadable``.
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
                if (relation.key, relation.columns) == _MIGRATIONS and len(migrations) < _MOST_MIGRATIONS:
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
    """Return what an entry makes that a restore can leave out, by its name in a catalog."""
    found = {entry.leavable[1]} if entry.leavable else set()
    if entry.type == "TABLE" and entry.table:
        found |= {entry.table, *(f"{name} ON {entry.table}" for name in _CHECK.findall(entry.sql))}
    return found


def wanted(entry: Entry) -> bool:
    """Return whether an entry is executed by a restore."""
    return entry.type not in PASSED_OVER and not of_database(entry)


def plain(entry: Entry) -> Entry:
    """Return the entry as a new database takes it: this server may have no tablespace of the name that it was in."""
    settings = tuple(word for word in entry.settings if not word.startswith("SET default_tablespace "))
    sql = with_own_schema(entry.sql) if entry.type == "SCHEMA" else entry.sql
    return replace(entry, settings=settings, sql=sql)
