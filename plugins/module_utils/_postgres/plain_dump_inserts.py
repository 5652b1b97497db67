# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts INSERT statements of a plain dump (``--inserts``, ``--column-inserts``, ``--rows-per-insert``) to COPY data.

The statements are not executed. Their values are constants in the few forms that pg_dump writes, and are converted to
lines of COPY's text format. So their rows are counted, loaded in parallel and compared like those of other dumps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable, NoReturn

from .names import IDENTIFIER

#: the beginning of a statement, up to its first row. OVERRIDING can be dropped, since COPY always does that
HEAD = re.compile(
    rf"INSERT INTO (?P<table>{IDENTIFIER}\.{IDENTIFIER}) (?:\((?P<columns>{IDENTIFIER}(?:, {IDENTIFIER})*)\) )?"
    r"(?:OVERRIDING (?:SYSTEM|USER) VALUE )?(?:VALUES(?: |\n\t)|DEFAULT VALUES)"
)
#: the end of that beginning
VALUES = re.compile(r" VALUES(?: |\n\t|;)")
#: where a block of statements may begin: right after the header of the table's rows
BEGIN = re.compile(r"\n--\n\n(?:-- load via partition root [^\n]*\n\n?)?(?P<begin>INSERT INTO )")

_WORD = re.compile(rb"(?:NULL|DEFAULT|true|false|[-+0-9eE. ]+)(?=[,)])")
_TEXT = re.compile(rb"B?'([^']*(?:''[^']*)*)'(?!')")
_WORDS = {b"NULL": b"\\N", b"true": b"t", b"false": b"f"}
_END = re.compile(rb"(?P<more>,(?:\n\t| ))|(?: ON CONFLICT DO NOTHING)?;\n")
_LONGEST_END = 32
#: Numbers have at most 131,072 digits before the decimal point and 16,383 after it.
_LONGEST_WORD = 150_000
#: Maximum size of a row in bytes, since servers can't send larger ones.
_LARGEST_ROW = 1 << 30
_SPECIAL = re.compile(rb"[\\\n\r\t]")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t"}


def copy_lines(
    buffer: bytearray, head: bytes, piece: int, more: Callable[[], bool], refuse: Callable[[str], NoReturn]
) -> Iterator[bytes]:
    """Yield the rows of a block of statements in COPY's text format, in pieces of whole lines. Consumes the statements.

    :param buffer: begins with the first statement. Text after the last one is kept.
    :param head: the beginning of each statement, as :data:`HEAD` matches it.
    :param piece: approximate size of a piece in bytes.
    :param more: reads more text into the buffer; returns whether there was any.
    :param refuse: raises an error for a statement that pg_dump does not write.
    """
    lines: list[bytes] = []
    waiting = 0
    scanner = _Scanner(buffer, more, refuse)
    while scanner.begins(head):
        for line in scanner.statement(head):
            lines.append(line)
            waiting += len(line)
            if waiting >= piece:
                yield b"".join(lines)
                lines, waiting = [], 0
                scanner.forget()
    scanner.forget()
    if lines:
        yield b"".join(lines)


class _Scanner:
    """Reads statements from a buffer, and more text into it as needed."""

    def __init__(
        self, buffer: bytearray, more: Callable[[], bool], refuse: Callable[[str], NoReturn]
    ) -> None:
        self._buffer = buffer
        self._more = more
        self._refuse = refuse
        self._at = 0

    def begins(self, head: bytes) -> bool:
        """Return whether another statement begins at the current position."""
        self._have(len(head))
        return self._buffer.startswith(head, self._at)

    def forget(self) -> None:
        """Delete the text before the current position from the buffer."""
        del self._buffer[: self._at]
        self._at = 0

    def statement(self, head: bytes) -> Iterator[bytes]:
        """Yield the rows of the statement at the current position."""
        self._at += len(head)
        if head.endswith(b"DEFAULT VALUES"):
            self._take_end()
            yield b"\n"
            return
        while True:
            yield self._row()
            if not self._take_end():
                return

    def _row(self) -> bytes:
        self._take(b"(")
        values: list[bytes] = []
        while True:
            values += self._value()
            if self._buffer.startswith(b")", self._at):
                self._at += 1
                return b"\t".join(values) + b"\n"
            self._take(b", ")

    def _value(self) -> list[bytes]:
        """Return one value in COPY's text format; an empty list for a generated column, which COPY does not accept."""
        self._have(_LONGEST_WORD)
        match = _WORD.match(self._buffer, self._at)
        if match is not None:
            self._at = match.end()
            return [] if match[0] == b"DEFAULT" else [_WORDS.get(match[0], match[0])]
        text = self._text().replace(b"''", b"'")
        return [_SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)]

    def _text(self) -> bytes:
        """Return the text of a quoted value, with its quotes still doubled."""
        missing = 1 << 16
        while True:
            rest = bytes(self._buffer[self._at : self._at + 64])
            match = _TEXT.match(self._buffer, self._at) if rest.startswith((b"'", b"B'")) else None
            # A quote at the end of the buffer may be the first half of a doubled one.
            if match is not None and match.end() < len(self._buffer):
                self._at = match.end()
                return match[1]
            size = len(self._buffer) - self._at
            if not rest.startswith((b"'", b"B'")) or size > _LARGEST_ROW or not self._have(size + missing):
                self._no_value(rest)
            missing *= 2  # so that the time for a long text is linear

    def _take_end(self) -> bool:
        """Skip the text after a row; return whether another row of the same statement follows."""
        self._have(_LONGEST_END)
        match = _END.match(self._buffer, self._at)
        if match is None:
            self._no_value(bytes(self._buffer[self._at : self._at + 64]))
        self._at = match.end()
        return match["more"] is not None

    def _take(self, expected: bytes) -> None:
        self._have(len(expected))
        if not self._buffer.startswith(expected, self._at):
            self._no_value(bytes(self._buffer[self._at : self._at + 64]))
        self._at += len(expected)

    def _have(self, size: int) -> bool:
        """Read until the buffer has ``size`` bytes after the current position; return whether anything was read."""
        added = False
        while len(self._buffer) - self._at < size and self._more():
            added = True
        return added

    def _no_value(self, rest: bytes) -> NoReturn:
        shown = rest.decode("utf-8", "backslashreplace").split("\n")[0]
        self._refuse(
            f"a row in a form that pg_dump does not write: {shown}" if rest else "it ends within a row"
        )
