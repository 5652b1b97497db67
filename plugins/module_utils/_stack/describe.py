# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of a stack without secrets, for results and backups."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from .container import Container
from .model import ComposeFiles, Stack


def directories(stack: Stack) -> dict[str, Any]:
    """Return the application's directories by their names in backups."""
    return {
        name: {
            "path": str(each.path),
            "kind": each.kind,
            "volume": each.volume or None,
            "mounted_at": each.destination,
        }
        for name, each in stack.directories.items()
    }


def compose(files: ComposeFiles) -> dict[str, Any]:
    """Return the files from which Compose created the containers."""
    return {
        "working_dir": str(files.working_dir) if files.working_dir else None,
        "files": [str(path) for path in files.files],
        "env_files": [str(path) for path in files.env_files],
        "bound_files": [str(path) for path in files.bound_files],
    }


def images(stack: Stack) -> list[dict[str, Any]]:
    """Return the images in use."""
    return [
        {
            "name": each.name,
            "id": each.id,
            "digests": list(each.digests),
            "containers": list(each.containers),
        }
        for each in stack.images
    ]


def kept(stack: Stack) -> dict[str, Any]:
    """Return the description of a stack for a backup: everything needed to recreate it."""
    return {
        "project": stack.project,
        "compose": compose(stack.compose),
        "projects": _projects(stack.containers),
        "images": images(stack),
        "directories": directories(stack),
        "volumes": sorted(
            {mount.volume for each in stack.containers for mount in each.mounts if mount.volume}
        ),
        "networks": sorted({network.name for each in stack.containers for network in each.networks}),
        "services": {
            "backend": [_service(each) for each in stack.backends],
            "database": _service(stack.database.container if stack.database else None),
            "redis": _service(stack.redis.container if stack.redis else None),
        },
    }


def _service(container: Container | None) -> dict[str, Any] | None:
    if container is None:
        return None
    return {
        "container": container.name,
        "project": container.project or None,
        "service": container.service or None,
        "image": container.image,
    }


def _projects(containers: Iterable[Container]) -> list[dict[str, Any]]:
    """Return the containers' Compose projects, and their files."""
    found: dict[str, dict[str, Any]] = {}
    for each in containers:
        if each.project and each.working_dir:
            found.setdefault(
                each.project,
                {
                    "name": each.project,
                    "working_dir": each.working_dir,
                    "files": [os.path.join(each.working_dir, name) for name in each.config_files],
                    "env_files": [os.path.join(each.working_dir, name) for name in each.environment_files],
                },
            )
    return list(found.values())
