# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of a store in which archives are received; listings ignore it.

rsync writes only here. Files in it don't count: a file becomes a backup only once :mod:`.destination` has read
it from this host's disk and compared its SHA-256 with the sidecar.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from .._os_errors import Writing
from .._store.lock import Lock
from .._store.naming import INCOMING

_LOCK = ".lock"


def directory(store: Path) -> Path:
    """Return the directory; create it if it is missing. Raise HostError, StoreError."""
    path = store / INCOMING
    with Writing(path):
        path.mkdir(mode=0o700, exist_ok=True)
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise NotADirectoryError(20, "it is not a directory")
    return path


def lock(store: Path) -> Lock:
    """Return the receiver's lock, since two receivers at once could write to the same file."""
    return Lock(directory(store) / _LOCK, verb="offsite")


def staged(store: Path) -> dict[str, int]:
    """Return partly received archives, and their bytes on the disk."""
    try:
        with os.scandir(store / INCOMING) as entries:
            return {
                entry.name: entry.stat(follow_symlinks=False).st_size
                for entry in entries
                if entry.name != _LOCK
            }
    except OSError:
        return {}


def is_plain(path: Path) -> bool:
    """Return whether a path is a regular file with a single name, as rsync creates it."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def prepare(store: Path, file: str) -> Path:
    """Return the path for receiving an archive: unused, or the regular file of an earlier attempt.

    Raise HostError (``write_failed``).
    """
    path = directory(store) / file
    if os.path.lexists(path) and not is_plain(path):
        discard(store, file)
    return path


def discard(store: Path, file: str) -> bool:
    """Remove the received part of an archive; return whether there was one. Raise HostError."""
    path = store / INCOMING / file
    with Writing(path):
        if not os.path.lexists(path):
            return False
        if stat.S_ISDIR(os.lstat(path).st_mode):
            shutil.rmtree(path)
        else:
            path.unlink()
    return True
