# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moving single files and directories into a live directory, each atomically, and reverting that."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from .._archive.dirfd import Parents, open_directory
from .._archive.names import printable
from .._archive.walk import shown, sorted_names
from .._errors import HostError
from .._swap.exchange import exchange, move

_MOVED, _EXCHANGED = b"M", b"X"
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Suffix of the old file's name for an instant, if two names can't be exchanged atomically.
_ASIDE = b".old"


def _at(fd: int, name: bytes) -> bytes:
    """Return a path of a name relative to an open directory, which can't be redirected by a link."""
    return b"/proc/self/fd/%d/%s" % (fd, name)


class Installer:
    """Moves unpacked files from a private directory into a live directory on the same file system.

    Missing files are moved, and a missing directory as a whole, atomically. With ``replace`` an existing file
    is exchanged with the new one; otherwise it is an error.
    """

    def __init__(self, staged: Path, live: Path, *, replace: bool) -> None:
        """
        :param staged: the private directory.
        :param live: the live directory; it may itself be a link.
        """
        self._staged = staged
        self._live = live
        self._replace = replace
        # What was done, for reverting it: a letter, a path and a NUL each, since there can be a million.
        self._done = bytearray()

    def install(self) -> None:
        """Move everything, durably.

        Raise HostError; the caller must then revert what was done with :meth:`take_back`.
        """
        try:
            staged = os.open(self._staged, _DIRECTORY)
            try:
                live = os.open(self._live, _DIRECTORY & ~os.O_NOFOLLOW)
                try:
                    self._directory(staged, live, b"")
                finally:
                    os.close(live)
            finally:
                os.close(staged)
        except OSError as error:
            raise HostError("write_failed", path=self._live, cause=error.strerror or error) from error

    def _directory(self, staged: int, live: int, prefix: bytes) -> None:
        changed = False
        for name in sorted_names(staged, str(self._staged), prefix):
            path = prefix + name
            try:
                is_directory = stat.S_ISDIR(os.stat(name, dir_fd=staged, follow_symlinks=False).st_mode)
                if is_directory and self._enter(staged, live, name, path):
                    continue
                letter = self._put(staged, live, name, is_directory)
            except OSError as error:
                raise self._failed(path, error) from error
            self._done += letter + path + b"\0"
            changed = True
        if changed:
            os.fsync(live)

    def _enter(self, staged: int, live: int, name: bytes, path: bytes) -> bool:
        """Continue inside a directory if it exists; return whether it does."""
        try:
            inner = open_directory(name, live)
        except FileNotFoundError:
            return False
        try:
            source = open_directory(name, staged)
            try:
                self._directory(source, inner, path + b"/")
            finally:
                os.close(source)
        finally:
            os.close(inner)
        return True

    def _put(self, staged: int, live: int, name: bytes, is_directory: bool) -> bytes:
        try:
            move(_at(staged, name), _at(live, name))
            return _MOVED
        except FileExistsError:
            found = os.stat(name, dir_fd=live, follow_symlinks=False)
            if not self._replace or is_directory or stat.S_ISDIR(found.st_mode):
                raise
        _change_places(staged, live, name)
        return _EXCHANGED

    def take_back(self) -> None:
        """Undo what :meth:`install` has done. Raise HostError (``write_failed``) if that can't be done."""
        steps = bytes(self._done).split(b"\0")[:-1]
        staged = os.open(self._staged, _DIRECTORY)
        live = os.open(self._live, _DIRECTORY & ~os.O_NOFOLLOW)
        try:
            with Parents(staged) as sources, Parents(live) as targets:
                for step in reversed(steps):
                    *above, name = step[1:].split(b"/")
                    source, target = sources.open(tuple(above)), targets.open(tuple(above))
                    if step[:1] == _EXCHANGED:
                        _change_places(source, target, name)
                    else:
                        move(_at(target, name), _at(source, name))
        except OSError as error:
            raise HostError("write_failed", path=self._live, cause=error.strerror or error) from error
        finally:
            os.close(staged)
            os.close(live)

    def _failed(self, path: bytes, error: OSError) -> HostError:
        place = shown(str(self._live), path)
        if isinstance(error, FileExistsError):
            return HostError("path_appeared", path=place)
        if error.errno in (errno.ENOTDIR, errno.ELOOP, errno.EXDEV):
            return HostError("paths_blocked", count=1, paths=printable(place))
        return HostError("write_failed", path=place, cause=error.strerror or error)


def _change_places(staged: int, live: int, name: bytes) -> None:
    first, second = _at(staged, name), _at(live, name)
    if not exchange(first, second):
        # The live name is never missing: the old file has a second name for a moment.
        os.link(second, first + _ASIDE, follow_symlinks=False)
        os.rename(first, second)
        os.rename(first + _ASIDE, first)
