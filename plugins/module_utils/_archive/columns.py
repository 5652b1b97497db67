# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads some columns of a table in an archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from .csvfields import projection, records
from .reader import ArchiveReader
from .tables import PartEntry, TableEntry

#: Values are converted to Python's strings in pieces of at least this many bytes of CSV.
_PIECE = 1 << 20


def read_columns(reader: ArchiveReader, table: TableEntry, columns: Sequence[str]) -> Iterator[list[str]]:
    """Yield some columns of all rows, see :func:`read_part`."""
    for part in table.parts:
        yield from read_part(reader, table, part, columns)


def read_part(
    reader: ArchiveReader, table: TableEntry, part: PartEntry, columns: Sequence[str]
) -> Iterator[list[str]]:
    """Yield some columns of a part's rows, as text. A missing value is the empty string, too.

    :param columns: at least one; each must be in ``table.columns``.

    Raise what reading the archive raises.
    """
    reduce = projection([table.columns.index(column) for column in columns])
    content = bytes(reader.part(table, part))
    first = True
    for chunk in records((content[at : at + _PIECE] for at in range(0, len(content), _PIECE)), _PIECE):
        lines = csv.reader(io.StringIO(reduce(chunk).decode(), newline=""))
        if first:
            next(lines, None)
            first = False
        yield from lines
