# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The media directories, from the option or the stack."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .._archive.names import LONGEST_DIRECTORY_NAME, is_directory_name, printable
from .._errors import HostError, Notice
from .specs import Params

if TYPE_CHECKING:
    from .._stack.model import Stack


def directories(params: Params, found: Stack | None = None) -> dict[str, Path]:
    """Return the directories by name, from the option or else from the stack.

    Raise HostError (``option_invalid``) for a relative path, or a name that archives don't allow.
    """
    given = params.get("directories")
    if given is None:
        return {name: each.path for name, each in found.directories.items()} if found else {}
    paths = {}
    for name, path in given.items():
        if not isinstance(path, str) or not os.path.isabs(path):
            value = f"{name}: '{'' if path is None else path}'"
            raise HostError(
                "option_invalid", option="directories", value=value, cause="its path must begin with /"
            )
        if not is_directory_name(str(name)):
            cause = f"a directory's name has 1 to {LONGEST_DIRECTORY_NAME} characters of Unicode"
            value = printable(str(name).encode("utf-8", "backslashreplace"))
            raise HostError("option_invalid", option="directories", value=value, cause=cause)
        paths[str(name)] = Path(path)
    return paths


def directory_notices(params: Params, found: Stack | None) -> list[Notice]:
    """Return the stack's warnings about missing directories, unless the option names the directories."""
    if found is None or params.get("directories") is not None:
        return []
    codes = ("stack_directory_unmounted", "stack_without_backend")
    return [notice for notice in found.notices if notice.code in codes]
