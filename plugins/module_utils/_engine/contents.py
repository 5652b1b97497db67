# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a backup, in a few figures and names; nothing in it is a secret."""

from __future__ import annotations

from typing import Any

from .._archive.component_entry import Described
from .._archive.demand import PLAIN
from .._archive.manifest import Manifest
from .._components import registry


def described(manifest: Manifest) -> Described:
    """Return what the components in a backup say of themselves."""
    parts = [entry.describe(manifest.encryption != PLAIN) for entry in manifest.entries.values()]
    return Described(
        names=tuple(name for part in parts for name in part.names),
        sidecar={name: value for part in parts for name, value in part.sidecar.items()},
        shown={name: value for part in parts for name, value in part.shown.items()},
        made={name: value for part in parts for name, value in part.made.items()},
    )


def contents(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest says that a backup holds: enough to plan a restore by."""
    absent = {name: value for kind in registry.KINDS for name, value in kind.shown_without().items()}
    return {
        "created": manifest.created,
        "finished": manifest.finished,
        "compression": manifest.compression,
        "encryption": manifest.encryption,
        **absent,
        **described(manifest).shown,
        "stack": manifest.stack,
    }
