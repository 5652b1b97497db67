# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reader of messages: the language, and the prefix of option names.

Texts name an option as ``{o[if_not_empty: replace]}`` or ``{o[backup_dir]}``, a list in round brackets. A task has
``if_not_empty: replace``, an inventory ``ticketz_if_not_empty: replace``, the runner's file ``"if_not_empty": "replace"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_JSON = re.compile(r"true|false|[0-9]+")


class Reader(str):
    """A language, as a text, and how its reader names options.

    :param prefix: what options are called with, such as ``ticketz_`` where they are variables.
    :param in_json: whether they are written in JSON.
    """

    prefix: str
    in_json: bool

    def __new__(cls, language: str, prefix: str = "", in_json: bool = False) -> Reader:
        """Return a language of this reader."""
        made = super().__new__(cls, language)
        made.prefix, made.in_json = prefix, in_json
        return made

    @classmethod
    def of_module(cls, params: Mapping[str, Any]) -> Reader:
        """Return who reads what a module says."""
        return cls(params.get("language") or "en", params.get("option_prefix") or "")

    @classmethod
    def of_file(cls, language: str, prefix: str | None) -> Reader:
        """Return who reads what the runner says: the author of its file, or of the variables that it was made of."""
        return cls(language, prefix or "", not prefix)


class OptionNames:
    """Options as a reader writes them, by what a text has in ``{o[...]}``."""

    def __init__(self, language: str) -> None:
        self._prefix = language.prefix if isinstance(language, Reader) else ""
        self._in_json = isinstance(language, Reader) and language.in_json

    def __getitem__(self, written: str) -> str:
        """Return the option, with its value if the text has one."""
        name, _colon, value = written.partition(": ")
        if not value:
            return self._prefix + name
        items = [item for item in value.strip("()").split(", ") if item] if value.startswith("(") else None
        if self._in_json:
            shown = json.dumps(items) if items is not None else _literal(value)
            return f'"{name}": {shown}'
        return f"{self._prefix}{name}: {value if items is None else '[' + ', '.join(items) + ']'}"


def _literal(value: str) -> str:
    return value if _JSON.fullmatch(value) else f'"{value}"'
