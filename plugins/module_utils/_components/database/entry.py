# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..._archive.component_entry import ComponentEntry, Described
from ..._archive.jsonfields import Fields
from ..._archive.names import DATA_PREFIX, DATABASE_PREFIX
from ..._archive.tables import TableEntry, claim_tables, parse_table, prove_tables
from ..._store.sidecar import DatabaseTotals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..._archive.check import Proof
    from ..._archive.layout import Layout

DATABASE = "database"


@dataclass(frozen=True)
class DatabaseEntry(ComponentEntry):
    """Properties of the database according to the server and the application, and its tables.

    :param size: bytes on the server's disk.
    """

    key: ClassVar[str] = DATABASE

    name: str
    server_version: str
    server_version_num: int
    size: int
    properties: dict[str, Any]
    roles: tuple[str, ...]
    search_path: str
    application: dict[str, Any]
    tables: tuple[TableEntry, ...]
    row_digests: bool

    @classmethod
    def parse(cls, fields: Fields) -> DatabaseEntry | None:
        return fields.object_or_none(DATABASE, _parse)

    def claim(self, layout: Layout) -> None:
        names = layout.claim_members(DATABASE_PREFIX)
        if any(name.startswith(DATA_PREFIX) for name in names):
            layout.refuse("members")
        claim_tables(layout, self.tables, "database.tables")

    def prove(self, proof: Proof) -> None:
        prove_tables(proof, self.tables)

    # There is no parse_lists: a backup parses schema, catalog and sequences before it writes them, and its
    # read-back verifies these bytes on the disk. Parsing them twice took 3 % of a small backup's CPU time.

    def describe(self, encrypted: bool) -> Described:
        tables = {f"{table.schema}.{table.name}": table.rows for table in self.tables}
        rows = sum(tables.values())
        common: dict[str, Any] = {"name": self.name, "server_version": self.server_version, "size": self.size}
        return Described(
            names=(DATABASE,),
            sidecar={
                DATABASE: DatabaseTotals(
                    **common, table_count=len(tables), rows=rows, tables=None if encrypted else tables
                )
            },
            shown={DATABASE: {**common, "tables": len(tables), "rows": rows}},
            made={DATABASE: {**common, "tables": tables}},
        )

    @classmethod
    def shown_without(cls) -> Mapping[str, Any]:
        return {DATABASE: None}


def _parse(fields: Fields) -> DatabaseEntry:
    return DatabaseEntry(
        fields.text("name", 1024),
        fields.text("server_version", 1024),
        fields.number("server_version_num"),
        fields.number("size"),
        fields.mapping("properties"),
        fields.texts("roles"),
        fields.text("search_path"),
        fields.mapping("application"),
        fields.array("tables", parse_table),
        fields.boolean("row_digests"),
    )
