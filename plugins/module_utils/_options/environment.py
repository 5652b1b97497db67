# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The env file, and secrets that are given directly or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._errors import HostError
from .specs import Params

if TYPE_CHECKING:
    from .._stack.model import Stack

#: maximum characters that are read from a file with a secret; an SSH key has a few thousand
_LARGEST_SECRET = 64 * 1024


def environment(params: Params, found: Stack | None = None) -> Mapping[str, str]:
    """Return the variables of the env file, if one is named, overridden by those of the backend's container.

    A variable of the file that can't be parsed raises an error only when it is used.
    """
    path = params.get("env_file")
    given = found.environment if found else {}
    if not path:
        return given
    from .._stack.env_file import read_env

    return read_env(path).below(given)


def secret_text(path: str) -> str:
    """Return the content of a file with a secret. Raise HostError (``file_unreadable``)."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LARGEST_SECRET)
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(
            "file_unreadable", path=path, cause=getattr(error, "strerror", None) or error
        ) from error


def secret(value: str | None, path: str | None) -> str | None:
    """Return a secret: the value if there is one, else the first line of the file."""
    if value is not None:
        return value
    return secret_text(path).partition("\n")[0].rstrip("\r") if path else None


def whole_number(env: Mapping[str, str], variable: str, path: object) -> int | None:
    """Return the number in an env file's variable, or None if it is not set.

    Raise HostError (``env_value_invalid``) if it is not a whole number.
    """
    value = env.get(variable, "")
    if value == "":
        return None
    if not value.isdigit():
        raise HostError("env_value_invalid", path=path, variable=variable, value=value, allowed="0, 1, 2, …")
    return int(value)
