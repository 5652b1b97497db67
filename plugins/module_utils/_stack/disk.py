# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Free space of a containerized server's disk, measured inside the container, since its volume may be anywhere."""

from __future__ import annotations

import re

from .._errors import HostError
from .._postgres.server import DiskSpace
from .engine import Engine
from .execute import run
from .model import DatabaseContainer

#: total, used and free blocks, in the POSIX output of df
_DF = re.compile(rb"\s(\d+)\s+(\d+)\s+(\d+)\s+\d+%\s")
_BLOCK = 1024


def disk_inside(place: DatabaseContainer, path: str) -> DiskSpace | None:
    """Return the space of the disk that holds a path in a container, or None if unknown."""
    try:
        with Engine(place.docker_host) as engine:
            status, said, _errors = run(engine, place.name, ["df", "-P", "-k", path])
    except HostError:
        return None
    match = _DF.search(said + b"\n") if status == 0 else None
    return DiskSpace(_BLOCK * int(match[1]), _BLOCK * int(match[3])) if match else None
