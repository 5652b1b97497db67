# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Walking a directory tree in a fixed order, with flat memory however many files there are."""

from __future__ import annotations

import errno
import fnmatch
import heapq
import os
import re
import stat
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from .._errors import HostError
from .dirfd import open_directory
from .names import is_private, printable
from .notes import Notes
from .pathcodec import DEEPEST_PATH, LONGEST_NAME, LONGEST_PATH

#: What happens to a path between its being listed and being opened: gone, or something else now.
VANISHED = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ESTALE))
#: names that are sorted at a time
_RUN = 20_000
_PIECE = 32 * 1024
#: Two bytes that no name has; the first one comes before all others in their order.
MARK, SEPARATOR = b"\0", b"/"


class Found(NamedTuple):
    """Something in the tree: its path relative to the root, its name, and its status.

    ``parent`` is a descriptor of the directory that it is in, valid until the next one is asked for.
    """

    path: bytes
    name: bytes
    parent: int
    status: os.stat_result


class Excludes:
    """Shell patterns of paths to leave out, relative to the root; ``*`` matches slashes too."""

    def __init__(self, patterns: Sequence[str]) -> None:
        expressions = "|".join(
            fnmatch.translate(pattern.strip("/")) for pattern in patterns if pattern.strip("/")
        )
        self._match = re.compile(expressions).match if expressions else None

    def __bool__(self) -> bool:
        return self._match is not None

    def __contains__(self, path: object) -> bool:
        return (
            self._match is not None and isinstance(path, bytes) and self._match(os.fsdecode(path)) is not None
        )

    def covers(self, components: Sequence[bytes]) -> bool:
        """Return whether a path is left out, by itself or because of a directory that it is in."""
        return any(b"/".join(components[:length]) in self for length in range(1, len(components) + 1))


def unreadable(base: str, path: bytes, error: OSError) -> HostError:
    """Return the error for something that can't be read."""
    return HostError("file_unreadable", path=shown(base, path), cause=error.strerror or error)


def shown(base: str, path: bytes) -> str:
    """Return a path below the root for a message."""
    return printable(os.path.join(os.fsencode(base), path))


def walk(
    root: int, base: str, excludes: Excludes, notes: Notes, listed: Listed | None = None
) -> Iterator[Found]:
    """Yield everything below a directory, which itself comes first as ``.``.

    The order is that of the paths' components, compared as bytes: a directory, then what is in it, by name.

    :param root: descriptor of the directory; it stays the caller's.
    :param base: its path, for messages.
    :param listed: what was there at an earlier moment, in the same order: nothing else is yielded.

    What vanishes meanwhile becomes a notice, and so does what an archive can't hold: who writes media must not be able
    to keep the rest from being backed up. Raise HostError ``file_unreadable``.
    """
    yield Found(b".", b".", root, os.fstat(root))
    levels: list[tuple[int, bytes, Iterator[bytes]]] = []
    try:
        first = listed.level() if listed else sorted_names(root, base, b"")
        levels.append((os.dup(root), b"", first))
        while levels:
            parent, prefix, names = levels[-1]
            item = next(names, None)
            if item is None:
                levels.pop()
                os.close(parent)
                continue
            name = item.rstrip(MARK)
            path = prefix + name
            if not listed and (left_out(name, path, excludes, notes, base) or too_long(path, notes, base)):
                continue
            try:
                status = os.stat(name, dir_fd=parent, follow_symlinks=False)
                is_directory = stat.S_ISDIR(status.st_mode)
                if listed and is_directory != item.endswith(MARK):
                    raise FileNotFoundError(errno.ENOENT, "something else bears its name")
                if is_directory and too_deep(path, notes, base):
                    continue
                fd = open_directory(name, parent) if is_directory else -1
            except OSError as error:
                if error.errno not in VANISHED:
                    raise unreadable(base, path, error) from error
                notes.add("file_vanished", path=shown(base, path))
                if listed and item.endswith(MARK):
                    listed.skip()
                continue
            if fd >= 0:
                levels.append((fd, path + b"/", iter(())))
            yield Found(path, name, parent, status)
            if fd >= 0:
                names = listed.level() if listed else sorted_names(fd, base, path)
                levels[-1] = (fd, path + b"/", names)
    finally:
        for parent, _prefix, _names in levels:
            os.close(parent)


class Listed(Protocol):
    """The names in a tree at an earlier moment. Those of directories end with :data:`MARK`."""

    def level(self) -> Iterator[bytes]:
        """Return the names in the directory that was named last."""

    def skip(self) -> None:
        """Pass over what is in the directory that was named last."""


def left_out(name: bytes, path: bytes, excludes: Excludes, notes: Notes, base: str) -> bool:
    """Return whether something is not to be in a backup: what a restore works on, which is named, or is excluded."""
    if path in excludes:
        return True
    if is_private(name):
        notes.add("private_left_out", path=shown(base, path))
        return True
    return False


def too_long(path: bytes, notes: Notes, base: str) -> bool:
    """Return whether an archive can't hold a path because of its bytes, and say so."""
    if len(path) > LONGEST_PATH:
        limit = f"{LONGEST_PATH} bytes"
    elif len(path) - path.rfind(b"/") - 1 > LONGEST_NAME:
        limit = f"{LONGEST_NAME} bytes in a name"
    else:
        return False
    notes.add("path_left_out", path=shown(base, path), limit=limit)
    return True


def too_deep(path: bytes, notes: Notes, base: str) -> bool:
    """Return whether an archive can't hold what is in a directory because of its levels, and say so."""
    if path.count(b"/") + 1 < DEEPEST_PATH:
        return False
    notes.add("path_left_out", path=shown(base, path), limit=f"{DEEPEST_PATH} levels")
    return True


def sorted_names(fd: int, base: str, path: bytes, *, mark: bool = False) -> Iterator[bytes]:
    """Return the names in a directory in the order of their bytes.

    :param mark: put :data:`MARK` after those of directories, which leaves the order as it is.

    Sorted runs are kept compressed and merged: a million names in one directory, which is what a media folder
    may have, measured 13 MB instead of 70.

    Raise HostError ``file_unreadable``.
    """
    runs: list[bytes] = []
    names: list[bytes] = []
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                name = os.fsencode(entry.name)
                names.append(name + MARK if mark and entry.is_dir(follow_symlinks=False) else name)
                if len(names) == _RUN:
                    names.sort()
                    runs.append(zlib.compress(SEPARATOR.join(names), 1))
                    names = []
    except OSError as error:
        raise unreadable(base, path, error) from error
    names.sort()
    if not runs:
        return iter(names)
    return heapq.merge(*(_unpacked(run) for run in runs), names)


def _unpacked(run: bytes) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    rest = b""
    while not inflate.eof:
        names = (rest + inflate.decompress(run, _PIECE)).split(SEPARATOR)
        run = inflate.unconsumed_tail
        rest = names.pop()
        yield from names
    yield rest
