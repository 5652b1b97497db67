# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converts INSERT statements of a plain dump (``--inserts``, ``--column-inserts``, ``--rows-per-insert``) to COPY data.

Nothing is executed: the values are constants, of the few forms in which pg_dump writes them, and become lines of COPY's
text format. So rows are counted, loaded in parallel and compared as those of other dumps are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable, NoReturn

from .names import IDENTIFIER

#: how a statement begins, up to its first row; OVERRIDING is what COPY does by itself
HEAD = re.compile(
    rf"INSERT INTO (?P<table>{IDENTIFIER}\.{IDENTIFIER}) (?:\((?P<columns>{IDENTIFIER}(?:, {IDENTIFIER})*)\) )?"
    r"(?:OVERRIDING (?:SYSTEM|USER) VALUE )?(?:VALUES(?: |\n\t)|DEFAULT VALUES)"
)
#: what ends that beginning, whatever comes before
VALUES = re.compile(r" VALUES(?: |\n\t|;)")
#: where one may begin: right after the header of the table's rows
BEGIN = re.compile(r"\n--\n\n(?:-- load via partition root [^\n]*\n\n?)?(?P<begin>INSERT INTO )")

_WORD = re.compile(rb"(?:NULL|DEFAULT|true|false|[-+0-9eE. ]+)(?=[,)])")
_TEXT = re.compile(rb"B?'([^']*(?:''[^']*)*)'(?!')")
_WORDS = {b"NULL": b"\\N", b"true": b"t", b"false": b"f"}
_END = re.compile(rb"(?P<more>,(?:\n\t| ))|(?: ON CONFLICT DO NOTHING)?;\n")
_LONGEST_END = 32
#: Numbers have 131,072 digits before the point and 16,383 after it at most.
_LONGEST_WORD = 150_000
#: A row of more bytes can't be sent by any server.
_LARGEST_ROW = 1 << 30
_SPECIAL = re.compile(rb"[\\\n\r\t]")
_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t"}


def copy_lines(
    buffer: bytearray, head: bytes, piece: int, more: Callable[[], bool], refuse: Callable[[str], NoReturn]
) -> Iterator[bytes]:
    """Yield the rows of statements that all begin alike, in pieces of whole lines, and take them off a buffer.

    :param buffer: begins with the first statement; what follows the last one stays in it.
    :param head: how each begins, as :data:`HEAD` matches it.
    :param piece: bytes that a piece aims at.
    :param more: adds to the buffer; returns whether there was anything.
    :param refuse: raises for a statement that is none of pg_dump's.
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
    """Reads statements from a buffer that grows while it is read."""

    def __init__(
        self, buffer: bytearray, more: Callable[[], bool], refuse: Callable[[str], NoReturn]
    ) -> None:
        self._buffer = buffer
        self._more = more
        self._refuse = refuse
        self._at = 0

    def begins(self, head: bytes) -> bool:
        """Return whether there is another statement."""
        self._have(len(head))
        return self._buffer.startswith(head, self._at)

    def forget(self) -> None:
        """Take what was read off the buffer."""
        del self._buffer[: self._at]
        self._at = 0

    def statement(self, head: bytes) -> Iterator[bytes]:
        """Yield the rows of the statement that begins here."""
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
        """Return a value as COPY has it; none for that of a generated column, which COPY does not take."""
        self._have(_LONGEST_WORD)
        match = _WORD.match(self._buffer, self._at)
        if match is not None:
            self._at = match.end()
            return [] if match[0] == b"DEFAULT" else [_WORDS.get(match[0], match[0])]
        text = self._text().replace(b"''", b"'")
        return [_SPECIAL.sub(lambda found: _ESCAPES[found[0]], text)]

    def _text(self) -> bytes:
        """Return what is between quotes."""
        missing = 1 << 16
        while True:
            rest = bytes(self._buffer[self._at : self._at + 64])
            match = _TEXT.match(self._buffer, self._at) if rest.startswith((b"'", b"B'")) else None
            # At the end of the buffer, the quote may be the first half of a doubled one.
            if match is not None and match.end() < len(self._buffer):
                self._at = match.end()
                return match[1]
            size = len(self._buffer) - self._at
            if not rest.startswith((b"'", b"B'")) or size > _LARGEST_ROW or not self._have(size + missing):
                self._no_value(rest)
            missing *= 2  # so that the time for a large text stays linear

    def _take_end(self) -> bool:
        """Take what follows a row; return whether another row of the same statement does."""
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
        """Read on until there are that many bytes from here; return whether anything was added."""
        added = False
        while len(self._buffer) - self._at < size and self._more():
            added = True
        return added

    def _no_value(self, rest: bytes) -> NoReturn:
        shown = rest.decode("utf-8", "backslashreplace").split("\n")[0]
        self._refuse(
            f"a row in a form that pg_dump does not write: {shown}" if rest else "it ends within a row"
        )
