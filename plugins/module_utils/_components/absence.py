# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors for components that a backup does not have."""

from __future__ import annotations

from .._archive.manifest import Manifest
from .._errors import HostError, listed
from .directories.entry import directories_of


def present(manifest: Manifest) -> str:
    """Return the names of the directories in a backup, for messages about missing components."""
    return listed(entry.name for entry in directories_of(manifest)) or "-"


def absent(component: str, manifest: Manifest) -> HostError:
    """Return the error for a requested component that a backup does not have."""
    return HostError("component_absent", component=component, id=manifest.id, present=present(manifest))
