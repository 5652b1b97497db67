# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""References to variables, such as ``${NAME:-default}``, replaced by Docker Compose's own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = "[_a-z][_a-z0-9]*"
#: As Compose has it: greedy, so that what follows a closing brace is part of the match and is looked at again.
_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<short>{_NAME})"
    rf"|\{{(?:(?P<name>{_NAME})(?:(?P<operator>:?[-+?])(?P<operand>.*))?\}}|(?P<invalid>)))",
    re.IGNORECASE,
)


class ReferenceInvalidError(Exception):
    """A text has a reference that Compose refuses."""


class VariableMissingError(Exception):
    """A variable that a text requires (``${NAME:?reason}``) is not set, or is empty.

    :param name: name of the variable.
    :param reason: what the text says to that.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.name = name
        self.reason = reason


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its references replaced; a variable that is not set is empty.

    Raise ReferenceInvalidError and VariableMissingError where Compose refuses the text.
    """
    return _REFERENCE.sub(lambda match: _replaced(match.group(), variables), text)


def _replaced(found: str, variables: Mapping[str, str]) -> str:
    end = _closing_brace(found)
    reference, rest = (found[: end + 1], found[end + 1 :]) if end else (found, "")
    match = _REFERENCE.match(reference)
    if match is None or match["invalid"] is not None:
        raise ReferenceInvalidError(found)
    if match["dollar"]:
        return "$"
    name = match["name"] or match["short"]
    if not match["operator"]:
        return variables.get(name, "") + interpolate(rest, variables)
    return _operated(name, match["operator"], match["operand"], variables) + interpolate(rest, variables)


def _operated(name: str, operator: str, operand: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    # With a colon an empty value counts as none.
    there = value is not None and not (operator.startswith(":") and value == "")
    if operator.endswith("+"):
        return interpolate(operand, variables) if there else value or ""
    if there:
        return value or ""
    if operator.endswith("?"):
        raise VariableMissingError(name, interpolate(operand, variables))
    return interpolate(operand, variables)


def _closing_brace(text: str) -> int | None:
    """Return where the text's first brace is closed. As in Compose, what directly follows a brace is passed over."""
    opened = index = 0
    while index < len(text):
        if text[index] == "}":
            opened -= 1
            if opened == 0:
                return index
        elif text[index] == "{":
            opened += 1
            index += 1
        index += 1
    return None
