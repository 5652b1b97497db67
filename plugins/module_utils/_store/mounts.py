# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a path's disk is mounted, by comparing /etc/fstab with the mounted file systems."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

FSTAB = Path("/etc/fstab")
MOUNTED = Path("/proc/self/mountinfo")

#: Escapes of spaces and similar characters in both files.
_ESCAPED = re.compile(r"\\([0-7]{3})")


def missing_mount(path: Path, fstab: Path | None = None, mounted: Path | None = None) -> Path | None:
    """Return a path's mount point in fstab if it is not mounted; None otherwise.

    A file system mounted by hand below that mount point is accepted.

    :param path: a directory that may be missing.
    :param fstab: the list of what should be mounted; None for the host's.
    :param mounted: the list of what is mounted; None for the process's.
    """
    wanted = [Path(os.path.realpath(point)) for point in _points(fstab or FSTAB, 1)]
    around = [point for point in wanted if point != Path("/") and path.is_relative_to(point)]
    if not around:
        return None
    innermost = max(around, key=lambda point: len(point.parts))
    # Accessing an automount point mounts it.
    with contextlib.suppress(OSError):
        os.listdir(innermost)
    there = _points(mounted or MOUNTED, 4)
    if not there or any(
        path.is_relative_to(point) and Path(point).is_relative_to(innermost) for point in there
    ):
        return None
    return innermost


def _points(file: Path, column: int) -> list[str]:
    """Return the mount points in a list, each as it is on the disk; none if the list can't be read."""
    try:
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return []
    rows = [line.split() for line in text.split("\n") if not line.lstrip().startswith("#")]
    found = [row[column] for row in rows if len(row) > column and row[column].startswith("/")]
    return [_ESCAPED.sub(lambda match: chr(int(match[1], 8)), point) for point in found]
