# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why something could not be written or removed, in the terms of what can be done about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from ._errors import HostError

#: What the system answers where there is no space.
NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def write_error(path: Path | str, error: OSError) -> HostError:
    """Return the failure to raise where a path could not be written, moved or removed.

    A full disk has codes of its own, and so has a file that nobody may change, root included.
    """
    cause = error.strerror or error
    if error.errno in NO_SPACE:
        free = free_inodes(Path(path))
        if error.errno == errno.ENOSPC and free == 0:
            return HostError("inodes_used_up", path=path, needed=1, free=0)
        return HostError("disk_filled", path=path, cause=cause)
    return HostError(
        "not_permitted" if error.errno == errno.EPERM else "write_failed", path=path, cause=cause
    )


def free_inodes(path: Path) -> int | None:
    """Return how many files more the file system takes that holds a path, or will hold it; None where it has no limit."""
    found = file_system(path)
    return int(found.f_favail) if found.f_files else None


def file_system(path: Path) -> Any:
    """Return what the system says of the file system that holds a path, or will hold it once it exists. Raise OSError."""
    existing = path.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return os.statvfs(existing)
