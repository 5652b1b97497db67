# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strict reading of the small JSON files: each field has its type, or the file counts as damaged."""

from __future__ import annotations

import json
import math
from typing import Any, TypeVar

from . import times

_T = TypeVar("_T", str, int, float, bool, dict, list)  # type: ignore[type-arg]

#: Upper limit of numbers: no file or table has more, and it still fits into a float.
_LARGEST = (1 << 63) - 1

#: JSON's names of types, for messages.
_WORDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not a JSON number")


def parse(data: bytes) -> dict[str, Any]:
    """Return the JSON object in the data. Raise ValueError for anything else."""
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def serialize(value: dict[str, Any]) -> bytes:
    """Format a JSON object as the readable content of a file."""
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _is(value: object, kind: type) -> bool:
    # True is an int to Python, but not to anyone who reads the file.
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def field(data: dict[str, Any], name: str, kind: type[_T]) -> _T:
    """Return a required field. Raise ValueError if it is missing or of another type."""
    if name not in data:
        raise ValueError(f"the field '{name}' is missing")
    value = data[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            value = math.inf
    if not _is(value, kind) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"the field '{name}' is not {_WORDS[kind]}")
    result: _T = value
    return result


def optional(data: dict[str, Any], name: str, kind: type[_T]) -> _T | None:
    """Return a field that may be missing or null. Raise ValueError if it is of another type."""
    return None if data.get(name) is None else field(data, name, kind)


def count(data: dict[str, Any], name: str) -> int:
    """Return a count or a number of bytes. Raise ValueError unless it is a whole number from 0 to 2⁶³ − 1."""
    value = field(data, name, int)
    if value < 0:
        raise ValueError(f"the field '{name}' is negative")
    if value > _LARGEST:
        raise ValueError(f"the field '{name}' is larger than anything that can be counted")
    return value


def moment(data: dict[str, Any], name: str) -> str:
    """Return a time in the store's notation. Raise ValueError unless it is one."""
    text = field(data, name, str)
    try:
        times.from_text(text)
    except ValueError as error:
        raise ValueError(f"the field '{name}' is not a time like 2026-01-31T02:00:00Z") from error
    return text


def strings(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of strings. Raise ValueError unless it is one."""
    values = field(data, name, list)
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"the field '{name}' is not a list of strings")
    return tuple(values)


def objects(data: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Return an object whose values are objects. Raise ValueError unless it is one."""
    values = field(data, name, dict)
    if not all(isinstance(value, dict) for value in values.values()):
        raise ValueError(f"the field '{name}' does not hold objects only")
    return values
