# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names in a directory tree at one point in time, stored until the files are read.

They are stored compressed in an unnamed file, which disappears with the process, in the order of a walk: a
directory's name, marked as such, then its contents, then an empty name. Only names are read: the kernel returns
them with their types, much faster than a stat of each file.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from .._errors import Notice
from .._os_errors import Writing
from .dirfd import open_directory, open_root
from .notes import Notes
from .walk import (
    MARK,
    SEPARATOR,
    VANISHED,
    Excludes,
    left_out,
    shown,
    sorted_names,
    too_deep,
    too_long,
    unreadable,
)

#: Items compressed at a time, and compressed bytes read at a time.
_ITEMS = 4096
_PIECE = 8 * 1024
#: After how many items the caller's check is called.
_CHECKED = 10_000


class Spool:
    """The names in a directory tree, made by :func:`spool_names`."""

    def __init__(self, file: IO[bytes], count: int) -> None:
        self._file = file
        #: how many names there are
        self.count = count

    def reader(self) -> SpoolReader:
        """Return a reader that begins at the first name. Only one may be used at a time."""
        self._file.seek(0)
        return SpoolReader(_items(self._file))

    def close(self) -> None:
        """Forget the names."""
        self._file.close()


class SpoolReader:
    """Gives the names as :func:`.walk.walk` needs them."""

    def __init__(self, items: Iterator[bytes]) -> None:
        self._items = items

    def level(self) -> Iterator[bytes]:
        """Yield the names in the last directory returned; names of directories are marked."""
        for item in self._items:
            if not item:
                return
            yield item

    def skip(self) -> None:
        """Skip the contents of the last directory returned."""
        depth = 1
        while depth:
            item = next(self._items, b"")
            depth += 1 if item.endswith(MARK) else -1 if not item else 0


def spool_names(
    name: str,
    path: str,
    *,
    exclude: Sequence[str],
    notices: list[Notice],
    place: Path,
    check: Callable[[], None] = lambda: None,
) -> Spool:
    """Record the names of everything below a directory.

    :param name: the directory's name in the archive.
    :param exclude: as for :func:`.directories.pack_directory`.
    :param notices: receives what vanished meanwhile.
    :param place: the directory for the file.
    :param check: called now and then; whatever it raises ends the work.

    Raise HostError: ``directory_absent``, ``file_unreadable``, ``disk_filled``, ``write_failed``.
    """
    notes = Notes(notices, directory=name)
    root = open_root(name, path)
    file: IO[bytes] | None = None
    try:
        file = nameless_file(place)
        count = _write(file, _listed(root, path, Excludes(exclude), notes), place, check)
    except BaseException:
        if file:
            file.close()
        raise
    finally:
        os.close(root)
        notes.finish()
    return Spool(file, count)


def nameless_file(place: Path) -> IO[bytes]:
    """Create an unnamed private file in a directory. Raise HostError: ``disk_filled``, ``write_failed``."""
    with Writing(place):
        return tempfile.TemporaryFile(dir=place)


def _write(file: IO[bytes], items: Iterator[bytes], place: Path, check: Callable[[], None]) -> int:
    deflate = zlib.compressobj(1)
    count = 0
    batch: list[bytes] = []
    for item in items:
        batch.append(item)
        count += bool(item)
        if len(batch) == _ITEMS:
            _append(file, deflate.compress(SEPARATOR.join(batch) + SEPARATOR), place)
            batch = []
        if count % _CHECKED == 0:
            check()
    if batch:
        _append(file, deflate.compress(SEPARATOR.join(batch) + SEPARATOR), place)
    _append(file, deflate.flush(), place)
    with Writing(place):
        file.flush()
    return count


def _append(file: IO[bytes], data: bytes, place: Path) -> None:
    with Writing(place):
        file.write(data)


def _listed(root: int, base: str, excludes: Excludes, notes: Notes) -> Iterator[bytes]:
    """Yield the names in a tree, each level followed by an empty one."""
    levels: list[tuple[int, bytes, Iterator[bytes]]] = []
    try:
        levels.append((os.dup(root), b"", sorted_names(root, base, b"", mark=True)))
        while levels:
            parent, prefix, items = levels[-1]
            item = next(items, None)
            if item is None:
                levels.pop()
                os.close(parent)
                yield b""
                continue
            name = item.rstrip(MARK)
            path = prefix + name
            if left_out(name, path, excludes, notes, base) or too_long(path, notes, base):
                continue
            if item.endswith(MARK):
                if too_deep(path, notes, base):
                    continue
                try:
                    fd = open_directory(name, parent)
                except OSError as error:
                    if error.errno not in VANISHED:
                        raise unreadable(base, path, error) from error
                    notes.add("file_vanished", path=shown(base, path))
                    continue
                levels.append((fd, path + b"/", sorted_names(fd, base, path, mark=True)))
            yield item
    finally:
        for parent, _prefix, _items in levels:
            os.close(parent)


def _items(file: IO[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    rest = b""
    while True:
        piece = file.read(_PIECE)
        if not piece:
            return
        items = (rest + inflate.decompress(piece)).split(SEPARATOR)
        rest = items.pop()
        yield from items
