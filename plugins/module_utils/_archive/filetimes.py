# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of files, also those that not every file system can keep.

Nobody chooses such a time: it comes of a wrong clock, of a program's 0, of mounts that count from 1601. ext4 keeps
1901 to 2446, XFS often no more than 1901 to 2038; the kernel takes the nearest time that the file system has.
"""

from __future__ import annotations

import errno
import os

_SECOND = 1_000_000_000
#: from here on, and before 1970, not every file system keeps a time
_FAR = ((1 << 31) - 1) * _SECOND
_REFUSED = frozenset((errno.EINVAL, errno.EOVERFLOW, errno.ERANGE))


def set_time(path: int | bytes, mtime_ns: int, parent: int | None = None) -> bool:
    """Set the time of a file, directory or link (which is not followed); return whether it was kept.

    :param path: a descriptor, or a name in the directory ``parent``.

    Raise OSError for a time that every file system keeps.
    """
    where = {} if parent is None else {"dir_fd": parent, "follow_symlinks": False}
    try:
        os.utime(path, ns=(mtime_ns, mtime_ns), **where)  # type: ignore[arg-type]
    except OSError as error:
        if error.errno in _REFUSED and _is_far(mtime_ns):
            return False
        raise
    return not _is_far(mtime_ns) or os.stat(path, **where).st_mtime_ns == mtime_ns  # type: ignore[arg-type]


def is_kept(found_ns: int, mtime_ns: int) -> bool:
    """Return whether a time that was found can be what a file system kept of another one."""
    if found_ns == mtime_ns or not _is_far(mtime_ns):
        return found_ns == mtime_ns
    return mtime_ns < found_ns <= 0 if mtime_ns < 0 else _FAR <= found_ns < mtime_ns


def _is_far(mtime_ns: int) -> bool:
    return not 0 <= mtime_ns < _FAR
