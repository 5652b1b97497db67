# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ticketz's env files: ``KEY=value`` lines as Docker Compose reads them."""

from __future__ import annotations

import re

from .._errors import HostError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.DOTALL)
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))")


def _value(text: str, known: dict[str, str]) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    else:
        # A comment needs a space before it: "abc#1" is a value.
        text = re.split(r"\s#", text, maxsplit=1)[0].rstrip()

    def replace(match: re.Match[str]) -> str:
        name = match.group(1) or match.group(3)
        return known.get(name) or match.group(2) or ""

    return _REFERENCE.sub(replace, text)


def parse_env(text: str) -> dict[str, str]:
    """Return the variables of an env file; ``${NAME}`` refers to earlier lines of the same file.

    Lines that are no assignment are passed over, as Compose does with comments.
    """
    known: dict[str, str] = {}
    for line in text.splitlines():
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
