# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchanges two names atomically, so that both always exist."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any

# linux/fs.h and fcntl.h; see renameat2(2)
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
#: Errors of kernels and file systems that don't support the flags.
_UNSUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP)


def _find() -> Any:
    try:
        return ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None  # musl before 1.2.6 and glibc before 2.28 don't have the function


_RENAMEAT2 = _find()


def _rename(first: bytes, second: bytes, flags: int) -> bool:
    if _RENAMEAT2 is None:
        return False
    if _RENAMEAT2(_AT_FDCWD, first, _AT_FDCWD, second, flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), os.fsdecode(first), None, os.fsdecode(second))


def exchange(first: bytes, second: bytes) -> bool:
    """Exchange two names atomically; return False if the kernel or file system does not support that.

    Raise OSError.
    """
    return _rename(first, second, _RENAME_EXCHANGE)


def move(source: bytes, target: bytes) -> None:
    """Rename a file or directory to an unused name.

    Raise OSError; FileExistsError if the name exists.
    """
    if _rename(source, target, _RENAME_NOREPLACE):
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(target))
    os.rename(source, target)
