# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the application's directories on this host."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from .._errors import HostError, Notice
from .container import Container, Mount
from .engine import Engine
from .model import Directory
from .roles import DESTINATIONS


def directories(
    engine: Engine, backends: Sequence[Container], notices: list[Notice]
) -> Mapping[str, Directory]:
    """Return the backend's directories by their names in backups.

    :param notices: receives a notice for each one that exists only inside the backend's container.

    Raise HostError (``stack_volume_elsewhere``) for a volume whose files are not on this host.
    """
    if not backends:
        return {}
    found = {}
    for name, destination in DESTINATIONS.items():
        mount = backends[0].mounted(destination)
        if mount is None:
            notices.append(
                Notice("stack_directory_unmounted", container=backends[0].name, path=destination, name=name)
            )
        else:
            path = _path(engine, mount)
            found[name] = Directory(Path(path), mount.kind, mount.volume, destination)
    return found


def _path(engine: Engine, mount: Mount) -> str:
    if mount.kind != "volume":
        return mount.source
    volume = engine.volume(mount.volume)
    options = volume.get("Options") or {}
    device = options.get("device", "")
    if volume.get("Driver", "local") == "local":
        if not device:
            return mount.source or volume["Mountpoint"]
        # Docker mounts such a volume only while a container runs; otherwise the directory seems to be empty.
        if "bind" in options.get("o", "").split(","):
            return str(device)
        if os.path.ismount(volume["Mountpoint"]):
            return str(volume["Mountpoint"])
    raise HostError(
        "stack_volume_elsewhere", volume=mount.volume, driver=volume.get("Driver"), device=device or "-"
    )
