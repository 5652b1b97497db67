# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces references to variables, such as ``${NAME:-default}``, according to Docker Compose's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = "[_a-z][_a-z0-9]*"
#: Compose's own pattern. It is greedy, so that the text after a closing brace is part of the match, and must be
#: processed separately.
_REFERENCE = re.compile(
    rf"\$(?:(?P<dollar>\$)|(?P<short>{_NAME})"
    rf"|\{{(?:(?P<name>{_NAME})(?:(?P<operator>:?[-+?])(?P<operand>.*))?\}}|(?P<invalid>)))",
    re.IGNORECASE,
)


class ReferenceInvalidError(Exception):
    """A text contains a reference that Compose refuses."""


class VariableMissingError(Exception):
    """A variable that a text requires (``${NAME:?reason}``) is not set, or is empty.

    :param name: name of the variable.
    :param reason: the reason in the text.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.name = name
        self.reason = reason


def interpolate(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its references replaced. A variable that is not set is empty.

    Raise ReferenceInvalidError and VariableMissingError if Compose would refuse the text.
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
    return _apply_operator(name, match["operator"], match["operand"], variables) + interpolate(
        rest, variables
    )


def _apply_operator(name: str, operator: str, operand: str, variables: Mapping[str, str]) -> str:
    value = variables.get(name)
    # With a colon, an empty value is treated as unset.
    there = value is not None and not (operator.startswith(":") and value == "")
    if operator.endswith("+"):
        return interpolate(operand, variables) if there else value or ""
    if there:
        return value or ""
    if operator.endswith("?"):
        raise VariableMissingError(name, interpolate(operand, variables))
    return interpolate(operand, variables)


def _closing_brace(text: str) -> int | None:
    """Return the position of the brace that closes the first one, or None.

    Like Compose, skip the character directly after each opening brace.
    """
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
