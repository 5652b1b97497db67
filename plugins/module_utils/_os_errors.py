# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the operating system as our own errors: which path, the cause, and what can be done."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any

from ._errors import HostError, SidekickError

#: Errors of the system if there is no space.
NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


class _Translated(ABC):
    """A context manager that translates errors of the operating system into our own."""

    def __init__(self, path: Path | str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise self._translated(error) from error

    @abstractmethod
    def _translated(self, error: OSError) -> SidekickError:
        """Return the error to raise."""


class Reading(_Translated):
    """A block that reads a path.

    :param error: the kind of the error, and its code.
    """

    def __init__(
        self, path: Path | str, error: type[SidekickError] = HostError, code: str = "file_unreadable"
    ) -> None:
        super().__init__(path)
        self._error = error
        self._code = code

    def _translated(self, error: OSError) -> SidekickError:
        return self._error(self._code, path=self._path, cause=error.strerror or error)


class Writing(_Translated):
    """A block that writes, moves or removes a path: raises what :func:`write_error` returns."""

    def _translated(self, error: OSError) -> SidekickError:
        return write_error(self._path, error)


def write_error(path: Path | str, error: OSError) -> HostError:
    """Return the failure to raise where a path could not be written, moved or removed.

    A full disk and an immutable file have their own codes.
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
    """Return how many more files a path's file system can store; None if it has no limit."""
    found = file_system(path)
    return int(found.f_favail) if found.f_files else None


def file_system(path: Path) -> Any:
    """Return statvfs of a path's file system, also for a path that does not exist yet. Raise OSError."""
    existing = path.absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return os.statvfs(existing)
