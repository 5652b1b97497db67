# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for a directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .frames import member_size
from .jsonfields import Fields
from .names import LONGEST_DIRECTORY_NAME, index_member

if TYPE_CHECKING:
    from .layout import Layout


@dataclass(frozen=True)
class IndexEntry:
    """An index member of a directory: the position of its payload, number of entries, size and SHA-256."""

    frame: int
    offset: int
    entries: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class DirectoryEntry:
    """A directory: ``files`` counts everything but directories, ``bytes`` the content of regular files
    (hard-linked ones once)."""

    name: str
    path: str
    files: int
    bytes: int
    index: tuple[IndexEntry, ...]


def parse_directory(fields: Fields) -> DirectoryEntry:
    """Take a directory from a manifest. Raise ArchiveError ``json_invalid``."""
    return DirectoryEntry(
        fields.text("name", LONGEST_DIRECTORY_NAME),
        fields.text("path", 16384),
        fields.number("files"),
        fields.number("bytes"),
        fields.array("index", _index),
    )


def _index(fields: Fields) -> IndexEntry:
    return IndexEntry(
        fields.number("frame"),
        fields.number("offset"),
        fields.number("entries"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def claim_directories(layout: Layout, directories: tuple[DirectoryEntry, ...], where: str) -> None:
    """Claim the frames of the indexes, and for the contents all frames that nothing else claims.

    :param where: path of the directories in the manifest.

    Raise ArchiveError ``manifest_false``.
    """
    names: set[str] = set()
    for position, directory in enumerate(directories):
        here = f"{where}[{position}]"
        if directory.name in names or not directory.name:
            layout.refuse(f"{here}.name")
        names.add(directory.name)
        for index, entry in enumerate(directory.index):
            raw_size = layout.claim_index(entry.frame, f"{here}.index[{index}].frame")
            if raw_size != member_size(index_member(directory.name, index + 1), entry.bytes):
                layout.refuse(f"{here}.index[{index}].bytes")
        if not directory.index:
            layout.refuse(f"{here}.index")
    if directories:
        layout.claim_rest()
