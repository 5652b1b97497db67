# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks options of a verb against its argument spec, without Ansible.

Unambiguous values are accepted: a number may be quoted, and a text may be a whole number, because templates
produce such values. Everything else is refused, and the error names the option.
"""

from __future__ import annotations

import copy
import difflib
import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from .._errors import HostError, SidekickError, listed
from .._verbs.selected import row_filter

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_TRUTH = {"true": True, "false": False}
#: Maximum length of a wrong value in messages.
_SHOWN = 60


class UsageError(SidekickError):
    """The command line or the options file is invalid; nothing was started."""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ValueError
    text = str(value)
    if "\0" in text:
        raise ValueError
    # A lone surrogate such as \\ud800 is invalid, except \\udcXX, which stands for a non-UTF-8 byte of a file
    # name.
    text.encode("utf-8", "surrogateescape")
    return text


def _path(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    text = _text(value)
    os.fsencode(text)
    return os.path.expanduser(text)


def _integer(value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError
    return value


def _number(value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _truth(value: object) -> bool:
    if isinstance(value, str) and value.strip().lower() in _TRUTH:
        return _TRUTH[value.strip().lower()]
    if not isinstance(value, bool):
        raise ValueError
    return value


def _mapping(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError
    return {_text(name): _text(item) for name, item in value.items()}


def _cell(value: object) -> object:
    """A column's value, which may be any JSON value."""
    return value if value is None or isinstance(value, (bool, int, float)) else _text(value)


def _rows(value: object) -> dict[str, dict[str, list[object]]]:
    """A dictionary of tables, their columns, and the value or values to match."""
    if not isinstance(value, dict):
        raise ValueError
    try:
        found = row_filter(value)
    except HostError as error:
        raise ValueError from error
    return {
        _text(table): {_text(name): [_cell(item) for item in values] for name, values in columns.items()}
        for table, columns in found.items()
    }


#: type → (function that converts a value or raises ValueError; its name in JSON)
_TYPES: dict[str, tuple[Callable[[object], Any], str]] = {
    "str": (_text, '"text"'),
    "path": (_path, '"/some/path"'),
    "int": (_integer, "10"),
    "float": (_number, "80.5"),
    "bool": (_truth, "true"),
    "dict": (_mapping, '{"name": "value"}'),
}
#: As above, for options with nested dictionaries.
_DEEPER: dict[str, tuple[Callable[[object], Any], str]] = {
    "rows": (_rows, '{"Table": {"column": ["value", 10]}}'),
}


def _type(name: str, option: Mapping[str, Any]) -> tuple[Callable[[object], Any], str]:
    return _DEEPER.get(name) or _TYPES[option.get("elements") or option["type"]]


def _convert(name: str, value: object, option: Mapping[str, Any]) -> Any:
    convert, _written = _type(name, option)
    if option["type"] != "list":
        return convert(value)
    if not isinstance(value, list):
        raise ValueError
    return [convert(item) for item in value]


def _example(name: str, option: Mapping[str, Any]) -> str:
    written = _type(name, option)[1]
    return f"[{written}, …]" if option["type"] == "list" else written


def _shown(value: object, option: Mapping[str, Any]) -> str:
    if option.get("no_log"):
        return "***"
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _check_choices(name: str, value: Any, option: Mapping[str, Any], source: str) -> None:
    choices = option.get("choices")
    if not choices:
        return
    for item in value if isinstance(value, list) else [value]:
        if item not in choices:
            raise UsageError(
                "option_value",
                problem="choice",
                option=name,
                path=source,
                value=_shown(item, option),
                choices=listed(choices),
            )


def _refuse_unknown(spec: Mapping[str, Any], given: Mapping[str, Any], verb: str, source: str) -> None:
    for name in given:
        if name not in spec:
            shown = _shown(name, {}).strip("'")
            similar = difflib.get_close_matches(name, spec, n=3, cutoff=0.6)
            known = listed(similar) or "-"
            raise UsageError("option_unknown", option=shown, verb=verb, path=source, similar=known)


def secrets(spec: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return the names of the secret options that are set."""
    return [name for name, option in spec.items() if option.get("no_log") and given.get(name) is not None]


def validate(
    spec: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any], *, verb: str, source: str
) -> dict[str, Any]:
    """Return all options of a verb, with their defaults, as Ansible would pass them.

    :param spec: the verb's argument spec.
    :param given: the user's options; null means that an option is not set.
    :param source: where it was written, for messages.

    Raise UsageError: ``option_unknown``, ``option_missing``, ``option_value``.
    """
    _refuse_unknown(spec, given, verb, source)
    params: dict[str, Any] = {}
    for name, option in spec.items():
        value = given.get(name)
        if value is None:
            if option.get("required"):
                raise UsageError("option_missing", option=name, verb=verb, path=source)
            params[name] = copy.copy(option.get("default"))
            continue
        try:
            params[name] = _convert(name, value, option)
        except ValueError:  # also UnicodeEncodeError
            raise UsageError(
                "option_value",
                problem="type",
                option=name,
                path=source,
                value=_shown(value, option),
                example=_example(name, option),
            ) from None
        _check_choices(name, params[name], option, source)
    return params
