# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Totals of a directory without excluded paths, and its size on a disk, from its index."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from .contents import check_totals, index_entries
from .directory_entry import DirectoryEntry
from .entries import DIRECTORY, FILE, HARDLINK
from .holes import is_zero, take_holes, zero_frames
from .pathcodec import check_path
from .reader import ArchiveReader
from .walk import Excludes


class Remaining(NamedTuple):
    """A directory without excluded paths.

    :param entry: its entry, with the totals of the rest.
    :param excluded: number of excluded paths, including directories and their contents.
    """

    entry: DirectoryEntry
    excluded: int


def remaining(reader: ArchiveReader, directory: DirectoryEntry, excludes: Excludes) -> Remaining:
    """Count excluded and other paths of a directory. Contents of excluded files are not read.

    Raise ArchiveError if anything is damaged or inconsistent; ``manifest_false`` if the manifest's totals differ.
    """
    excluded = files = size = 0
    #: excluded file with other names → its size, until one of these is not excluded
    linked: dict[bytes, int] = {}
    all_files = all_bytes = 0
    for number in range(len(directory.index)):
        for entry in index_entries(reader, directory, number):
            is_file = entry.type != DIRECTORY
            own = entry.size if entry.type == FILE else 0
            all_files, all_bytes = all_files + is_file, all_bytes + own
            if not excludes.covers(check_path(entry.path)):
                files, size = files + is_file, size + own
                if entry.type == HARDLINK:
                    # The content of the excluded name is restored under this one.
                    size += linked.pop(entry.link, 0)
                continue
            excluded += 1
            if entry.type == FILE and entry.links > 1:
                linked[entry.path] = own
    check_totals(reader, directory, all_files, all_bytes)
    return Remaining(replace(directory, files=files, bytes=size), excluded)


def disk_size(reader: ArchiveReader, directory: DirectoryEntry, excludes: Excludes | None = None) -> int:
    """Return the bytes of a directory's files on a disk, without large holes.

    :param directory: without what is excluded, see :func:`remaining`.

    Raise ArchiveError if anything is damaged or inconsistent.
    """
    frames = reader.manifest.frames
    zeros = {
        number for numbers in zero_frames(frames) if is_zero(reader.frame(numbers[0])) for number in numbers
    }
    if not zeros:
        return directory.bytes
    holes = 0
    for number in range(len(directory.index)):
        for entry in index_entries(reader, directory, number):
            if not excludes or not excludes.covers(check_path(entry.path)):
                holes += take_holes(entry, frames, zeros)
    return max(directory.bytes - holes, 0)
