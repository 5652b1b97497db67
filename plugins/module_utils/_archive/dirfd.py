# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening things below a directory without ever following a symbolic link."""

from __future__ import annotations

import os
from types import TracebackType

from .._errors import HostError
from .names import printable

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: not blocking: something may have become a FIFO since it was looked at
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


def open_root(name: str, path: str) -> int:
    """Return a descriptor of a directory that is backed up; the path itself may be a symbolic link.

    :param name: what the directory is called in the archive.

    Raise HostError (``directory_absent``).
    """
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise HostError("directory_absent", name=name, path=printable(path), cause=cause) from error


def open_directory(name: bytes, parent: int) -> int:
    """Return a descriptor of a directory. Raise OSError, also if it is a symbolic link."""
    return os.open(name, _DIRECTORY, dir_fd=parent)


def open_file(name: bytes, parent: int) -> int:
    """Return a descriptor for reading. Raise OSError, also if it is a symbolic link."""
    try:
        # a backup should leave no trace; but only a file's owner and root may ask for that
        return os.open(name, _FILE | os.O_NOATIME, dir_fd=parent)
    except PermissionError:
        return os.open(name, _FILE, dir_fd=parent)


class Parents:
    """Descriptors of the directories that paths are in, one at a time; for one thread.

    Directories are opened component by component from the root. The last one stays open, because the next
    path is most often in the same one.
    """

    def __init__(self, root: int) -> None:
        """
        :param root: descriptor of the root; it stays the caller's.
        """
        self._root = root
        self._components: tuple[bytes, ...] = ()
        self._fd = root

    def __enter__(self) -> Parents:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self, components: tuple[bytes, ...]) -> int:
        """Return a descriptor of a directory, valid until the next call. Raise OSError."""
        if components == self._components:
            return self._fd
        self.close()
        fd = self._root
        try:
            for name in components:
                following = open_directory(name, fd)
                if fd != self._root:
                    os.close(fd)
                fd = following
        except BaseException:
            if fd != self._root:
                os.close(fd)
            raise
        self._components, self._fd = components, fd
        return fd

    def close(self) -> None:
        """Close what is open."""
        if self._fd != self._root:
            os.close(self._fd)
        self._components, self._fd = (), self._root
