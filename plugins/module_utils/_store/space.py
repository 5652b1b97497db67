# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Space on the disk that holds a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .._errors import HostError
from .._os_errors import Reading, file_system, free_inodes
from .units import human_size


@dataclass(frozen=True)
class Disk:
    """A file system's space in bytes, as ``df`` shows it.

    :param total: its size.
    :param used: what is taken.
    :param free: what this user may still write (reserved blocks are not for everyone).
    :param percent: used, in percent of what is used or free.
    """

    total: int
    used: int
    free: int
    percent: float


def disk(path: Path) -> Disk:
    """Return the space of the file system that holds a path, or will hold it once it exists.

    Raise HostError (``file_unreadable``).
    """
    with Reading(path):
        found = file_system(path)
    total = found.f_blocks * found.f_frsize
    free = found.f_bavail * found.f_frsize
    used = (found.f_blocks - found.f_bfree) * found.f_frsize
    percent = round(100 * used / (used + free), 1) if used + free else 0.0
    return Disk(total, used, free, percent)


def require_space(path: Path, needed: int) -> None:
    """Make sure that a number of bytes still fits on the disk that holds a path.

    Raise HostError (``disk_full``) if they don't.
    """
    free = disk(path).free
    if needed > free:
        raise HostError("disk_full", path=path, needed=human_size(needed), free=human_size(free))


def require_inodes(path: Path, needed: int) -> None:
    """Make sure that a number of files still fits on the file system that holds a path.

    Raise HostError (``inodes_used_up``) if they don't.
    """
    with Reading(path):
        free = free_inodes(path)
    if free is not None and needed > free:
        raise HostError("inodes_used_up", path=path, needed=needed, free=free)


human = human_size
