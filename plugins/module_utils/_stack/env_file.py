# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads Ticketz's env files in the same way as Docker Compose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._errors import HostError
from .._os_errors import Reading
from .interpolate import ReferenceInvalidError, VariableMissingError, interpolate

#: Characters that Compose treats as white space within a line, and also across lines.
_BLANKS = "\t\v\f\r \x85\xa0"
_SPACES = (
    _BLANKS
    + "\n\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_GAP = re.compile(rf"(?:[{_SPACES}]|#[^\n]*)*")
#: A name, and the text after it: an assignment sign, or the end of the line or of the file.
_NAME = re.compile(rf"(?:export[\t\n\f\r ]+[{_BLANKS}]*)?([\w.\-\[\]{_BLANKS}]*)(?:([=:])[{_BLANKS}]*|\n|\Z)")
_QUOTED = re.compile(r"""(['"])((?:\\.|(?!\1)[^\\])*)\1""", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:([abfnrtv$"\\])|0(\d{0,3}))', re.ASCII)
#: Escaped dollar signs are replaced later, together with the references.
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "$": "$$"}
_OCTAL = re.compile("[0-3][0-7]{2}")


class Variables(Mapping[str, str]):
    """The variables of an env file. An invalid one only raises HostError when it is read.

    Compose refuses a whole file because of one line, but a backup must not fail because of a line that it
    doesn't need.

    :param found: name → value, or the error if it is invalid.
    :param above: variables that override those of the file.
    """

    def __init__(self, found: Mapping[str, str | HostError], above: Mapping[str, str]) -> None:
        self._found = found
        self._above = above

    def __getitem__(self, name: str) -> str:
        value = self._above[name] if name in self._above else self._found[name]
        if isinstance(value, HostError):
            raise value
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._above or name in self._found

    def __iter__(self) -> Iterator[str]:
        return iter({**self._above, **self._found})

    def __len__(self) -> int:
        return len({**self._above, **self._found})

    def below(self, above: Mapping[str, str]) -> Variables:
        """Return these variables with others that override them."""
        return Variables(self._found, above)


@dataclass(frozen=True)
class _Statement:
    """An assignment of an env file, with the unprocessed value.

    :param quote: the value's quotation mark; empty without one.
    :param value: None if the quote is not closed.
    """

    line: int
    name: str
    quote: str
    value: str | None


def parse_env(text: str, path: str = "", above: Mapping[str, str] | None = None) -> Variables:
    """Parse an env file. References can only refer to earlier variables.

    :param path: path of the file, for errors.
    :param above: variables that override those of the file, also in references.
    """
    found: dict[str, str | HostError] = {}
    known = Variables(found, above or {})
    for statement in _statements(text[1:] if text.startswith("\ufeff") else text):
        found[statement.name] = _value(statement, path, known)
    return known


def read_env(path: str, above: Mapping[str, str] | None = None) -> Variables:
    """Return the variables of the env file at a path; see :func:`parse_env`.

    Raise HostError (``file_unreadable``) if it can't be read.
    """
    with Reading(path), open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return parse_env(file.read(), path, above)


def _statements(text: str) -> Iterator[_Statement]:
    """Yield the assignments. Lines without one, or with a name that Compose refuses, are skipped."""
    position = _skip_gap(text, 0)
    while position < len(text):
        begin = position
        match = _NAME.match(text, begin)
        if match is None or " " in match[1].rstrip(_SPACES):
            position = _line_end(text, begin)
        elif not match[2]:
            position = match.end()
        else:
            quote, value, position = _written(text, match.end())
            if match[1].rstrip(_SPACES):
                yield _Statement(text.count("\n", 0, begin) + 1, match[1].rstrip(_SPACES), quote, value)
        position = _skip_gap(text, position)


def _written(text: str, begin: int) -> tuple[str, str | None, int]:
    """Return a value's quotation mark, its text, and its end."""
    quoted = _QUOTED.match(text, begin)
    if quoted:
        return quoted[1], quoted[2], quoted.end()
    end = _line_end(text, begin)
    if text[begin : begin + 1] in ("'", '"'):
        return text[begin], None, end
    return "", text[begin:end].split(" #", maxsplit=1)[0].rstrip(_SPACES), end


def _value(statement: _Statement, path: str, known: Mapping[str, str]) -> str | HostError:
    where = {"path": path, "line": statement.line, "variable": statement.name}
    quote, value = statement.quote, statement.value
    if value is None:
        return HostError("env_line_invalid", problem="quote", **where)
    if quote:
        value = re.sub(rf"\\([\\{quote}])", lambda match: match[1] if match[1] == quote else match[0], value)
    if quote == "'":
        return value
    try:
        return interpolate(_ESCAPE.sub(_unescaped, value) if quote else value, known)
    except ReferenceInvalidError:
        return HostError("env_line_invalid", problem="reference", **where)
    except VariableMissingError as error:
        return HostError(
            "env_line_invalid", problem="variable", **where, missing=error.name, reason=error.reason or "-"
        )
    except HostError as error:
        return error


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return _ESCAPES.get(match[1], match[1])
    return chr(int(match[2], 8)) if _OCTAL.fullmatch(match[2]) else f"\\{match[2]}"


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _skip_gap(text: str, position: int) -> int:
    match = _GAP.match(text, position)
    return match.end() if match else position
