# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads some columns of a table in an archive."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from .csvfields import projection, records
from .reader import ArchiveReader
from .tables import TableEntry

#: Values are converted to Python's strings in pieces of at least this many bytes of CSV.
_PIECE = 1 << 20


def read_columns(
    reader: ArchiveReader, table: TableEntry, columns: Sequence[str], check: Callable[[], object]
) -> Iterator[list[str]]:
    """Yield some columns of all rows, as text. A missing value is the empty string, too.

    :param columns: at least one; each must be in ``table.columns``.
    :param check: called before each part; may raise.

    Raise csv.Error for a value of more than 128 KiB, and what reading the archive raises.
    """
    reduce = projection([table.columns.index(column) for column in columns])
    for part in table.parts:
        check()
        content = bytes(reader.part(table, part))
        pieces = (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))
        chunks = map(reduce, records(pieces, _PIECE))
        rows = (row for chunk in chunks for row in csv.reader(io.StringIO(chunk.decode(), newline="")))
        # Each part begins with the names of the columns.
        yield from islice(rows, 1, None)
