# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modified copies of real backups, in which all hashes are correct."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import frames
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import (
    CATALOG,
    POST_DATA,
    PRE_DATA,
    SEQUENCES,
    part_member,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ROOT, Forge, entry, sha256

MEMBERS = (PRE_DATA, CATALOG, SEQUENCES, POST_DATA)


class ForgedBackup:
    """The database of a backup, which a test can modify, and a directory ``public`` with one file.

    :ivar members: name → content of the database's members, without the parts of tables.
    :ivar more: names and contents of additional members; names may occur twice.
    :ivar database: the manifest's entry for the database, as JSON. :meth:`write` sets its lists of parts.
    :ivar parts: schema and name of a table → CSV of each part.
    :ivar claims: schema and name of a table → row counts of its parts in the manifest, if they must be false.
    """

    def __init__(self, archive: Path) -> None:
        with ArchiveReader.open(str(archive), None, KINDS) as reader:
            members = {member.name: member for member in reader.manifest.members}
            self.members = {name: bytes(reader.member(members[name])) for name in MEMBERS}
            self.more: list[tuple[str, bytes]] = []
            described = DatabaseEntry.of(reader.manifest)
            assert described is not None
            self.database: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(described)))
            self.parts = {
                (table.schema, table.name): [bytes(reader.part(table, part)) for part in table.parts]
                for table in described.tables
            }
            self.truth = {
                (table.schema, table.name): [part.rows for part in table.parts] for table in described.tables
            }
        self.claims: dict[tuple[str, str], list[int]] = {}

    def table(self, name: str) -> dict[str, Any]:
        """Return the manifest's entry for a table of the schema public."""
        return next(table for table in self.database["tables"] if table["name"] == name)

    def add_table(self, name: str, columns: list[str], csv: bytes, rows: int) -> None:
        """Add a table with one part."""
        self.database["tables"].append(
            {"schema": "public", "name": name, "columns": columns, "digest": None, "rows": 0, "bytes": 0}
        )
        self.parts["public", name] = [csv]
        self.claims["public", name] = [rows]

    def replace(self, member: str, old: bytes, new: bytes) -> None:
        """Replace the first occurrence of bytes in a member's content, which must contain them."""
        assert old in self.members[member], old
        self.members[member] = self.members[member].replace(old, new, 1)

    def write(self, path: Path) -> Path:
        """Write the archive; return its path."""
        forge = Forge()
        for name, content in [*self.members.items(), *self.more]:
            forge.member(name, content)
        for table in self.database["tables"]:
            key = (table["schema"], table["name"])
            table["parts"] = []
            for number, csv in enumerate(self.parts.get(key, []), 1):
                member = part_member(*key, number)
                table["parts"].append(
                    {
                        "number": number,
                        "frame": forge.frame(frames.member(member, csv), member),
                        "rows": (self.claims.get(key) or self.truth[key])[number - 1],
                        "bytes": len(csv),
                        "sha256": sha256(csv),
                    }
                )
            table["rows"] = sum(part["rows"] for part in table["parts"])
            table["bytes"] = sum(part["bytes"] for part in table["parts"])
        forge.manifest["database"] = self.database
        forge.directory([ROOT, (entry(b"new.jpg"), b"a new picture")])
        return forge.write(path)
