# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines which components of a backup are incomplete because something could not be backed up.

The only definition, used by sidecars, retention, health and the exit status. Files that vanish or change while
they are read, and excluded ones, don't make a component incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DIRECTORIES = "directories:"
#: code of a notice → the incomplete component; for directories, the notice's facts have the name.
_COMPONENTS = {
    "config_not_kept": "config",
    "large_objects_left": "database",
    "path_left_out": DIRECTORIES,
    "redis_not_kept": "redis",
    "sparse_left_out": DIRECTORIES,
}
CODES = frozenset(_COMPONENTS)


def incomplete(notices: Iterable[Mapping[str, Any]], components: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return component → codes of the notices about what it lacks.

    :param notices: those of a manifest: each has a ``code`` and its ``facts``.
    :param components: those of the backup.
    """
    found: dict[str, set[str]] = {component: set() for component in components}
    for notice in notices:
        code = str(notice.get("code", ""))
        for component in found:
            if code in _COMPONENTS and _concerns(component, _COMPONENTS[code], notice.get("facts")):
                found[component].add(code)
    return {component: tuple(sorted(codes)) for component, codes in found.items() if codes}


def _concerns(component: str, wanted: str, facts: object) -> bool:
    if wanted != DIRECTORIES:
        return component == wanted
    name = facts.get("directory") if isinstance(facts, Mapping) else None
    # A notice without a directory's name may be about any of them.
    return component.startswith(DIRECTORIES) and name in (None, component[len(DIRECTORIES) :])
