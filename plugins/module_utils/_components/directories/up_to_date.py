# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a directory is equal to a backup, so that a restore would change nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ..._archive.contents import index_entries
from ..._archive.directory_entry import DirectoryEntry
from ..._archive.entries import DIRECTORY, FILE, SYMLINK, Entry
from ..._archive.filetimes import is_kept
from ..._archive.names import is_private
from ..._archive.pathcodec import check_path
from ..._archive.reader import ArchiveReader
from ..._archive.walk import Excludes
from ..._swap.places import Place


def directory_matches(reader: ArchiveReader, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
    """Return whether a directory is equal to the backup: the same paths, types, sizes, times and links.

    :param exclude: patterns of paths that are not restored, and must not exist.

    File contents are not read, because Ticketz neither reuses the names of media nor changes their content.
    """
    root = os.fsencode(place.live)
    count = 0
    for number in range(len(entry.index)):
        for item in index_entries(reader, entry, number):
            if exclude and exclude.covers(check_path(item.path)):
                continue
            if not _is_there(root, item):
                return False
            count += 1
    return count == 1 + sum(1 for _path in _below(root))


def _is_there(root: bytes, entry: Entry) -> bool:
    path = root if entry.path == b"." else os.path.join(root, entry.path)
    try:
        found = os.lstat(path)
        if entry.type == SYMLINK:
            return stat.S_ISLNK(found.st_mode) and os.readlink(path) == entry.link
    except OSError:
        return False
    if entry.type == DIRECTORY:
        return stat.S_ISDIR(found.st_mode)
    if not stat.S_ISREG(found.st_mode) or not is_kept(found.st_mtime_ns, entry.mtime_ns):
        return False
    return entry.type != FILE or found.st_size == entry.size


def _below(root: bytes) -> Iterator[bytes]:
    for path, directories, files in os.walk(root):
        if path == root:
            directories[:] = [name for name in directories if not is_private(name)]
        for name in (*directories, *files):
            yield os.path.join(path, name)
