# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing single entries of a backup with a live directory. Links are never followed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from types import TracebackType
from typing import Callable

from .._errors import HostError
from .dirfd import Parents, open_file
from .entries import DIRECTORY, SYMLINK, Entry
from .find import Components
from .walk import VANISHED, shown

#: Result of comparing an entry with the live directory: missing, the same, different content, or something that
#: a restore must not replace (a directory where there was a file, a link where there was a directory, another
#: file system).
MISSING, EQUAL, DIFFERS, BLOCKED = "missing", "equal", "differs", "blocked"

_PIECE = 1024 * 1024


class LiveTree:
    """A live directory. A context manager, for one thread."""

    def __init__(self, path: str, progress: Callable[[int], None]) -> None:
        """Open it; it may itself be a link.

        :param progress: called with numbers of bytes read for comparison.

        Raise HostError ``live_directory_missing``.
        """
        self.path = path
        self._progress = progress
        try:
            self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            cause = error.strerror or error
            raise HostError("live_directory_missing", path=path, cause=cause) from error
        self._parents = Parents(self._root)
        self._device = os.fstat(self._root).st_dev

    def __enter__(self) -> LiveTree:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parents.close()
        os.close(self._root)

    def compare(self, entry: Entry, path: Components, content: Entry) -> str:
        """Compare an entry with the live directory by type, content and link target alone.

        :param content: for a hard link, the entry of its target file; otherwise the entry itself.

        Raise HostError ``file_unreadable``.
        """
        try:
            parent = self._parents.open(path[:-1])
        except FileNotFoundError:
            return MISSING
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                return BLOCKED
            raise self._unreadable(entry, error) from error
        if os.fstat(parent).st_dev != self._device:
            return BLOCKED
        try:
            return self._compare(entry, path[-1] if path else b".", parent, content)
        except FileNotFoundError:
            return MISSING
        except OSError as error:
            if error.errno in VANISHED:
                return DIFFERS
            raise self._unreadable(entry, error) from error

    def _compare(self, entry: Entry, name: bytes, parent: int, content: Entry) -> str:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        is_directory = stat.S_ISDIR(status.st_mode)
        if is_directory != (entry.type == DIRECTORY):
            return BLOCKED
        if is_directory:
            return EQUAL
        if entry.type == SYMLINK:
            same = stat.S_ISLNK(status.st_mode) and os.readlink(name, dir_fd=parent) == entry.link
            return EQUAL if same else DIFFERS
        if not stat.S_ISREG(status.st_mode) or status.st_size != content.size:
            return DIFFERS
        fd = open_file(name, parent)
        try:
            return EQUAL if self._digest(fd) == content.sha256 else DIFFERS
        finally:
            os.close(fd)

    def _digest(self, fd: int) -> str:
        digest = hashlib.sha256()
        while piece := os.read(fd, _PIECE):
            digest.update(piece)
            self._progress(len(piece))
        return digest.hexdigest()

    def _unreadable(self, entry: Entry, error: OSError) -> HostError:
        return HostError("file_unreadable", path=shown(self.path, entry.path), cause=error.strerror or error)
