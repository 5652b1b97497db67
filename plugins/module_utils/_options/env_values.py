# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the old guide in Ticketz's environment: value checks, and warnings about misspelt names."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._errors import HostError, Notice, listed

if TYPE_CHECKING:
    from .._stack.model import Stack

NAMES = (
    "BACKUP_COMPRESSION",
    "BACKUP_ENCRYPTION",
    "BACKUP_ENCRYPTION_KEY",
    "BACKUP_RETENTION_DAYS",
    "RETENTION_FILES",
)
#: Names with a lower similarity (0 to 1) are not taken for misspelt.
_ALIKE = 0.85


def where(params: Mapping[str, Any], found: Stack | None = None) -> str:
    """Return where the environment was read from, for messages."""
    containers = ", ".join(each.name for each in found.backends[:1]) if found else ""
    return params.get("env_file") or containers


def choice(env: Mapping[str, str], variable: str, choices: Sequence[str], path: str) -> str | None:
    """Return the value of a variable, or None if it is not set.

    Raise HostError (``env_value_invalid``) if it is not one of the choices.
    """
    value = env.get(variable, "")
    if value == "":
        return None
    if value not in choices:
        allowed = listed(choices)
        raise HostError("env_value_invalid", path=path, variable=variable, value=value, allowed=allowed)
    return value


def misspelt(env: Mapping[str, str], path: str) -> list[Notice]:
    """Return a notice for each unknown name that is similar to one of the guide's names that are not set."""
    missing = [name for name in NAMES if name not in env]
    return [
        Notice("env_name_similar", path=path, name=name, similar=similar[0])
        for name in sorted(env)
        if name not in NAMES
        for similar in [difflib.get_close_matches(name.upper(), missing, n=1, cutoff=_ALIKE)]
        if similar
    ]
