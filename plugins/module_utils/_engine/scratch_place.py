# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chooses the directory in which a drill unpacks files by default: the temporary directory with the most space."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .._errors import HostError
from .._store.space import disk
from .scratch import remove_leftovers

#: Bytes that a drill leaves free on a disk that it has chosen itself, since others write there, too.
RESERVE = 1_000_000_000
#: The directory for large temporary files, according to the Filesystem Hierarchy Standard.
_SYSTEM_WIDE = Path("/var/tmp")  # noqa: S108  # a directory in it is private, and made again for each run
_MOUNTS = Path("/proc/self/mountinfo")
#: File systems in memory.
_MEMORY = frozenset(["tmpfs", "ramfs"])


@dataclass(frozen=True)
class Candidate:
    """A directory that a drill may use.

    :param free: bytes that this user may still write there.
    """

    path: Path
    free: int


def candidates(archive: Path) -> list[Candidate]:
    """Return the directories that may be used, the one with the most space first.

    These are the temporary directories, and the parent of the backup directory if it is on the same disk.
    Directories in memory are excluded.
    """
    store = archive.absolute().parent
    found: dict[int, Candidate] = {}
    for path in (_SYSTEM_WIDE, Path(tempfile.gettempdir()), store.parent):
        try:
            device = os.stat(path).st_dev
            usable = os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)
            elsewhere = path == store.parent and os.stat(store).st_dev != device
            free = disk(path).free
        except (OSError, HostError):
            continue
        if usable and not elsewhere and device not in found and not _is_memory(device):
            found[device] = Candidate(path, free)
    return sorted(found.values(), key=lambda each: -each.free)


def choose(found: Sequence[Candidate], needed: int) -> Path | None:
    """Return a directory for that many bytes; None if no disk has enough space plus a reserve."""
    return next((each.path for each in found if each.free >= needed + RESERVE), None)


def clean(found: Sequence[Candidate]) -> None:
    """Remove what killed drills have left, wherever they were."""
    for each in found:
        with suppress(OSError):
            remove_leftovers(each.path)


def _is_memory(device: int) -> bool:
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    for line in lines:
        mount, _separator, kind = line.partition(" - ")
        if mount.split()[2:3] == [number]:
            return kind.split(" ", 1)[0] in _MEMORY
    return False
