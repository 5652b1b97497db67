# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds quotes, dollar quotes and comments in SQL text, in the same way as PostgreSQL's scanner.

Source: PostgreSQL's documentation, "Lexical Structure". The time is linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .._errors import ArchiveError
from .names import LETTER, WORD_CHARACTER

_START = re.compile(r"""['"$\\]|--|/\*""")
_DOLLAR = re.compile(rf"\$(?:{LETTER}(?:(?!\$){WORD_CHARACTER})*)?\$")
_ESCAPED = re.compile(r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'(?!')", re.DOTALL)
#: Between two parts of a string: after a line break, possibly with comments, a string continues with the same escapes.
_CONTINUATION = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'")
_COMMENT_END = re.compile(r"[\n\r]")
#: A number, which must not precede a quote: servers before version 15 end the number there, later ones report an error.
_NUMBER = re.compile(rf"(?<!\.)(?<!{WORD_CHARACTER})[0-9$.](?:{WORD_CHARACTER}|\.)*\Z")
#: Maximum number of characters before a quote that are searched for a number.
_LONGEST_WORD = 200
_NESTING = re.compile(r"/\*|\*/")


class Span(NamedTuple):
    """A part of the text that is not plain SQL.

    :param kind: ``string``, ``name`` (double quotes), ``comment`` (to the end of the line, which is not
        part of it), ``block``, or ``backslash`` (a psql command, to the end of the line).
    """

    kind: str
    start: int
    end: int


def _in_word(text: str, position: int) -> bool:
    """Return whether the character before the position continues an identifier."""
    if position <= 0:
        return False
    letter = text[position - 1]
    return letter.isalnum() or letter in "_$" or not letter.isascii()


def _line_end(text: str, position: int) -> int:
    match = _COMMENT_END.search(text, position)
    return match.start() if match else len(text)


def _check_number(text: str, position: int) -> None:
    """Refuse a quote directly after a number or parameter, which servers of different versions parse differently."""
    if position == 0 or text[position - 1] not in "0123456789abcdefABCDEF_$.":
        return
    if _NUMBER.search(text[max(0, position - _LONGEST_WORD) : position]):
        raise ArchiveError("schema_sql_invalid", cause=f"a quote follows a number at {position}")


def _string_end(text: str, start: int) -> int:
    escaped = start > 0 and text[start - 1] in "eE" and not _in_word(text, start - 1)
    while escaped:
        match = _ESCAPED.match(text, start + 1)
        if match is None:
            return -1
        more = _CONTINUATION.match(text, match.end())
        if more is None:
            return match.end()
        start = more.end() - 1
    # A doubled quote is treated as the end of one string and the start of another, which end at the same place.
    return text.find("'", start + 1) + 1 or -1


def _block_end(text: str, start: int) -> int:
    depth = 0
    for match in _NESTING.finditer(text, start):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return -1


def spans(text: str, start: int = 0) -> Iterator[Span]:
    """Yield the parts of the text that are not plain SQL, in order.

    Raise ArchiveError (``schema_sql_invalid``) for a quote or comment without an end.
    """
    position = start
    while True:
        match = _START.search(text, position)
        if match is None:
            return
        begin, sign = match.start(), match.group()
        kind = "string"
        if sign in "'$":
            _check_number(text, begin)
        if sign == "'":
            end = _string_end(text, begin)
        elif sign == '"':
            kind, end = "name", text.find('"', begin + 1) + 1 or -1
        elif sign == "--":
            kind, end = "comment", _line_end(text, begin)
        elif sign == "/*":
            kind, end = "block", _block_end(text, begin)
        elif sign == "\\":
            kind, end = "backslash", _line_end(text, begin)
        else:
            tag = None if _in_word(text, begin) else _DOLLAR.match(text, begin)
            if tag is None:  # a parameter such as $1, or part of a name
                position = begin + 1
                continue
            end = text.find(tag.group(), tag.end())
            end = end + len(tag.group()) if end >= 0 else -1
        if end < 0:
            raise ArchiveError("schema_sql_invalid", cause=f"no end of the {kind} that begins at {begin}")
        yield Span(kind, begin, end)
        position = end
