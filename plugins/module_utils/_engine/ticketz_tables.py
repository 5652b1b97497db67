# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ticketz's own tables and media directories in a backup."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence

from .._archive.columns import read_columns
from .._archive.find import Components
from .._archive.reader import ArchiveReader
from .._archive.tables import TableEntry
from .._components.database.entry import DatabaseEntry
from .._errors import ArchiveError


def ticketz_table(reader: ArchiveReader, name: str, columns: Sequence[str]) -> TableEntry:
    """Return the table with a name and at least these columns. Raise ArchiveError (``undelete_not_ticketz``)."""
    entry = DatabaseEntry.of(reader.manifest)
    tables = entry.tables if entry else ()
    found = [table for table in tables if table.name == name and set(columns) <= set(table.columns)]
    if len(found) != 1:
        raise ArchiveError("undelete_not_ticketz", table=name, id=reader.manifest.id)
    return found[0]


def ticketz_rows(
    reader: ArchiveReader,
    table: TableEntry,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    check: Callable[[], object] = lambda: None,
) -> Iterator[tuple[list[int], list[str]]]:
    """Yield some columns of all rows: numbers, and texts. A missing number is 0, which no id is, and a missing text empty.

    :param check: called before each part of the table; may raise.

    Raise ArchiveError (``undelete_not_ticketz``) if a value is not what Ticketz has there, and what reading raises.
    """
    try:
        for row in read_columns(reader, table, [*numbers, *texts], check):
            yield [int(value or 0) for value in row[: len(numbers)]], row[len(numbers) :]
    except (ValueError, csv.Error) as error:
        raise ArchiveError("undelete_not_ticketz", table=table.name, id=reader.manifest.id) from error


def media_path(*numbers: int) -> Components:
    """Return the path of a media directory in the public directory: of a company's contact, or of one of its tickets."""
    return (b"media", *(str(number).encode() for number in numbers))
