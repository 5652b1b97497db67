# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which components of a backup are not whole, because something in them could not be backed up.

The one definition: sidecars, retention, health and the exit status go by it. What a live system changes while it is read
(a file that vanished or changed) leaves a component whole, and so does what was excluded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

DIRECTORIES = "directories:"
#: code of a notice → the component that lacks something; that of a directory is among the notice's facts.
_COMPONENTS = {
    "config_not_kept": "config",
    "large_objects_left": "database",
    "path_left_out": DIRECTORIES,
    "redis_not_kept": "redis",
    "sparse_left_out": DIRECTORIES,
}
CODES = frozenset(_COMPONENTS)


def incomplete(notices: Iterable[Mapping[str, Any]], components: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return component → codes of the notices that say what is missing in it.

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
    # A notice that doesn't say which directory it is about can be about any.
    return component.startswith(DIRECTORIES) and name in (None, component[len(DIRECTORIES) :])
