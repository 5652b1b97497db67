# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines common to the reports of several verbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._store.units import human_size
from .phrases import number, say


def directory_lines(directories: Mapping[str, Mapping[str, Any]], language: str) -> list[str]:
    """Return what each directory has: its path, its number of files, and their size.

    :param directories: name → ``path``, ``files`` and ``bytes``, as results have it.
    """
    return [
        say(
            "directory",
            language,
            name=name,
            path=found["path"],
            files=number(found["files"], language),
            size=human_size(found["bytes"]),
        )
        for name, found in directories.items()
    ]
