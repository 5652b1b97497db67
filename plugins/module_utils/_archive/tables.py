# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables in an archive: what the manifest says of them, and whether it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import ArchiveError
from .csvrows import csv_shape
from .frames import member_size
from .jsonfields import Fields
from .names import part_member

if TYPE_CHECKING:
    from .check import Proof
    from .layout import Layout
    from .reader import ArchiveReader


@dataclass(frozen=True)
class PartEntry:
    """Part ``number`` (from 1) of a table: its frame, its rows, and bytes and SHA-256 of its CSV with the
    header line."""

    number: int
    frame: int
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TableEntry:
    """A table: the columns in the order of its CSV, totals over its parts, and the digest of its rows."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    digest: str | None
    parts: tuple[PartEntry, ...]


def parse_table(fields: Fields) -> TableEntry:
    """Take a table from a manifest. Raise ArchiveError ``json_invalid``."""
    return TableEntry(
        fields.text("schema", 1024),
        fields.text("name", 1024),
        fields.texts("columns"),
        fields.number("rows"),
        fields.number("bytes"),
        fields.text_or_none("digest", 200),
        fields.array("parts", _part),
    )


def _part(fields: Fields) -> PartEntry:
    return PartEntry(
        fields.number("number", 1),
        fields.number("frame"),
        fields.number("rows"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def claim_tables(layout: Layout, tables: tuple[TableEntry, ...], where: str) -> None:
    """Claim the frames of all parts.

    :param where: path of the tables in the manifest.

    Raise ArchiveError ``manifest_false``.
    """
    names: set[tuple[str, str]] = set()
    for position, table in enumerate(tables):
        here = f"{where}[{position}]"
        if (table.schema, table.name) in names or not table.schema or not table.name:
            layout.refuse(f"{here}.name")
        names.add((table.schema, table.name))
        if table.rows != sum(part.rows for part in table.parts):
            layout.refuse(f"{here}.rows")
        if table.bytes != sum(part.bytes for part in table.parts):
            layout.refuse(f"{here}.bytes")
        for index, part in enumerate(table.parts):
            if part.number != index + 1:
                layout.refuse(f"{here}.parts[{index}].number")
            raw_size = layout.claim_part(part.frame, f"{here}.parts[{index}].frame")
            if raw_size != member_size(part_member(table.schema, table.name, part.number), part.bytes):
                layout.refuse(f"{here}.parts[{index}].bytes")


def prove_tables(proof: Proof, tables: tuple[TableEntry, ...]) -> None:
    """Decompress each part, and hold its columns and rows against the manifest. Raise ArchiveError."""
    parts = [(table, part) for table in tables for part in table.parts]
    # In the order of the file.
    parts.sort(key=lambda item: item[1].frame)
    reader = proof.reader
    for part in proof.ordered(
        lambda item: _prove_part(reader, *item), parts, lambda item: reader.cost(item[1].frame)
    ):
        proof.parts += 1
        proof.rows += part.rows
        proof.report(0, part.bytes)


def _prove_part(reader: ArchiveReader, table: TableEntry, part: PartEntry) -> PartEntry:
    content = reader.part(table, part)
    name = part_member(table.schema, table.name, part.number)
    shape = csv_shape(content)
    if shape is None or shape.columns != table.columns:
        raise ArchiveError("manifest_false", problem="columns", path=reader.path, member=name)
    if shape.rows != part.rows:
        facts = {"member": name, "found": shape.rows, "expected": part.rows}
        raise ArchiveError("manifest_false", problem="rows", path=reader.path, **facts)
    return part
