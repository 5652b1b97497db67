# SPDX-License-Identifier: GPL-3.0-or-later
"""COPY's text format: encoding of values, and a file object that reads from an iterator."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from psycopg2 import extensions

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def escape(text: str) -> str:
    """Given a text, return it as a field of COPY's text format."""
    return text.translate(_ESCAPES)


def encode(value: Any) -> str:
    """Given None, a bool, number, text, time, or a list or dict (as JSON), return it as a field."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, (list, dict)):
        return escape(json.dumps(value, ensure_ascii=False))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return str(value)


class ChunkReader:
    """A file object that reads from an iterator of byte strings."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        if not self._rest:
            self._rest = memoryview(next(self._chunks, b""))
        if size < 0:
            size = len(self._rest)
        taken, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return taken

    def readline(self, size: int = -1) -> bytes:
        """Not used by COPY, but required by psycopg2's types."""
        raise NotImplementedError


def copy_chunks(cur: extensions.cursor, table: str, columns: Sequence[str], chunks: Iterator[bytes]) -> None:
    """Load encoded lines, given in chunks."""
    listed = ", ".join('"%s"' % column for column in columns)
    cur.copy_expert('COPY "%s" (%s) FROM STDIN' % (table, listed), ChunkReader(chunks), 1 << 18)


def copy_rows(
    cur: extensions.cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Load rows of values, and return their number."""
    lines = ["\t".join(map(encode, row)) + "\n" for row in rows]
    copy_chunks(cur, table, columns, iter(["".join(lines).encode()] if lines else []))
    return len(lines)
