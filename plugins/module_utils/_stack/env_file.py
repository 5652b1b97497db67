# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ticketz's env files: ``KEY=value`` lines as Docker Compose reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._errors import HostError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
#: A quoted value, and nothing behind it but a comment.
_SINGLE = re.compile(r"'([^']*)'\s*(?:#.*)?")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?')
#: A comment needs a space before it: "abc#1" is a value.
_COMMENT = re.compile(r"(?:^|\s)#.*")
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$(?:(\$)|\{{({_NAME})(?:(:?-)([^}}]*))?\}}|({_NAME}))")
_ESCAPED = re.compile(rf"\\(.)|{_REFERENCE.pattern}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def _referred(match: re.Match[str], known: Mapping[str, str], first: int = 1) -> str:
    """Return what a reference stands for.

    :param first: number of the first of the reference's groups.
    """
    dollar, name, operator, default, short = (match.group(first + index) for index in range(5))
    if dollar:
        return "$"
    value = known.get(name or short)
    if value is None or (value == "" and operator == ":-"):
        return default or ""
    return value


def _value(text: str, known: Mapping[str, str]) -> str:
    text = text.strip()
    single = _SINGLE.fullmatch(text)
    if single:
        return single.group(1)
    double = _DOUBLE.fullmatch(text)
    if double:

        def replace(match: re.Match[str]) -> str:
            if match.group(1):
                return _ESCAPES.get(match.group(1), match.group(0))
            return _referred(match, known, 2)

        return _ESCAPED.sub(replace, double.group(1))
    return expand(_COMMENT.sub("", text, count=1).rstrip(), known)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its references, such as ``${NAME:-default}``, replaced."""
    return _REFERENCE.sub(lambda match: _referred(match, variables), text)


def parse_env(text: str) -> dict[str, str]:
    """Return the variables of an env file; ``${NAME}`` refers to earlier lines of the same file.

    Lines that are no assignment are passed over, as Compose does with comments.
    """
    known: dict[str, str] = {}
    for line in text.lstrip("\ufeff").split("\n"):
        if line.lstrip().startswith("#"):
            continue
        match = _LINE.match(line)
        if match:
            known[match.group(1)] = _value(match.group(2), known)
    return known


def read_env(path: str) -> dict[str, str]:
    """Return the variables of the env file at a path.

    Raise HostError (``file_unreadable``) if it can't be read.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return parse_env(file.read())
    except OSError as error:
        raise HostError("file_unreadable", path=path, cause=error.strerror or error) from error
