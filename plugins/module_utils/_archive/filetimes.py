# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of files, including those that not every file system can store.

Such times are never intended: they come from a wrong clock, a program's 0, or mounts that count from 1601. ext4
can store 1901 to 2446, XFS often only 1901 to 2038; the kernel uses the nearest time that the file system can
store.
"""

from __future__ import annotations

import errno
import os

_SECOND = 1_000_000_000
#: from this time on, and before 1970, not every file system can store a time
_FAR = ((1 << 31) - 1) * _SECOND
_REFUSED = frozenset((errno.EINVAL, errno.EOVERFLOW, errno.ERANGE))


def set_time(path: int | bytes, mtime_ns: int, parent: int | None = None) -> bool:
    """Set the time of a file, directory or link (which is not followed); return whether it was stored.

    :param path: a descriptor, or a name in the directory ``parent``.

    Raise OSError if a time fails that every file system can store.
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
    """Return whether a found time can be what a file system has stored instead of another one."""
    if found_ns == mtime_ns or not _is_far(mtime_ns):
        return found_ns == mtime_ns
    return mtime_ns < found_ns <= 0 if mtime_ns < 0 else _FAR <= found_ns < mtime_ns


def _is_far(mtime_ns: int) -> bool:
    return not 0 <= mtime_ns < _FAR
