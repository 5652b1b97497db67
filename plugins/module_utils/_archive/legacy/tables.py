# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables in a ``retrieved_data.tar.gz``, found and proved in a first pass."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from ..._errors import ArchiveError
from ..csvrows import CsvScan
from ..entries import Entry
from ..names import printable
from ..parallel import Progress
from .entries import LegacyArchive
from .layouts import table_of
from .survey import survey

#: what some programs put before UTF-8; the server passes over it with the header line
_BYTE_ORDER_MARK = codecs.BOM_UTF8


@dataclass(frozen=True)
class CsvTable:
    """A table as CSV.

    :param number: says when it is loaded: parents come first.
    :param name: name of the table, as it is in the file's name.
    :param path: path of the file in the archive.
    :param columns: of its header line.
    :param rows: records after that.
    """

    number: int
    name: str
    path: bytes
    columns: tuple[str, ...]
    rows: int
    bytes: int

    @property
    def file(self) -> str:
        """The file for messages."""
        return printable(self.path)


def survey_tables(archive: LegacyArchive, progress: Progress | None = None) -> list[CsvTable]:
    """Return the tables of an archive of layout RETRIEVED, in the order of their numbers.

    Raise ArchiveError: ``import_csv_invalid``, ``import_table_twice``, ``import_empty``, and what a survey raises.
    """
    found: dict[str, CsvTable] = {}

    def document(entry: Entry, content: Iterator[memoryview]) -> None:
        table = _look(archive.path, entry, content)
        if table.name in found:
            raise ArchiveError(
                "import_table_twice",
                path=archive.path,
                table=table.name,
                files=f"{found[table.name].file}, {table.file}",
            )
        found[table.name] = table

    survey(archive, document, progress)
    if not found:
        raise ArchiveError("import_empty", path=archive.path)
    return sorted(found.values(), key=lambda table: (table.number, table.path))


def _look(path: str, entry: Entry, content: Iterator[memoryview]) -> CsvTable:
    file = printable(entry.path)

    def refuse(line: int, cause: str) -> ArchiveError:
        return ArchiveError("import_csv_invalid", path=path, file=file, line=line, cause=cause)

    try:
        number, name = table_of(entry.path)
    except UnicodeDecodeError as error:
        raise refuse(1, "the table's name is not UTF-8") from error
    scan = CsvScan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, first = 0, True
    for piece in content:
        data = bytes(piece)
        try:
            decoder.decode(data)
        except UnicodeDecodeError as error:
            good = bytes(error.object)[: int(error.start)]
            raise refuse(lines + 1 + good.count(b"\n"), "it is not UTF-8") from error
        if b"\0" in data:
            raise refuse(lines + 1 + data[: data.index(b"\0")].count(b"\n"), "it has a zero byte") from None
        lines += data.count(b"\n")
        if first and data.startswith(_BYTE_ORDER_MARK):
            data = data[len(_BYTE_ORDER_MARK) :]
        first = False
        scan.feed(data)
    if decoder.getstate()[0]:
        raise refuse(lines + 1, "it is not UTF-8")
    shape = scan.shape()
    if shape is None and entry.size and not lines:
        # a header line and nothing else, without a line end
        scan.feed(b"\n")
        shape = scan.shape()
    if shape is None:
        cause = "a quote is not closed before the end" if entry.size else "it has no header line"
        raise refuse(max(lines, 1), cause)
    columns = tuple(column.strip("\r") for column in shape.columns)
    if not columns or "" in columns:
        raise refuse(1, "its header line does not name each column")
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise refuse(1, f"its header line names {twice[0]} twice")
    rows = shape.rows + (1 if scan.line_open and lines else 0)
    return CsvTable(number, name, entry.path, columns, rows, entry.size)
