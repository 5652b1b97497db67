# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first pass over an archive of earlier tools: everything in it is verified, and nothing is created."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from ..._errors import ArchiveError
from ..entries import DIRECTORY, FILE, HARDLINK, Entry
from ..names import printable
from ..parallel import Progress
from .entries import Item, LegacyArchive
from .layouts import RETRIEVED, SIDEKICK
from .members import TarStream
from .names import DIRECTORY as SEEN_DIRECTORY
from .names import FILE as SEEN_FILE
from .names import LINK, NameSet, Suspects
from .stream import RawStream

#: Takes a document: what it is, and its content in pieces, of which it need not read all.
Document = Callable[[Entry, Iterator[memoryview]], None]


@dataclass
class Totals:
    """What is in a directory: ``files`` counts all but directories, ``bytes`` the content of regular files."""

    files: int = 0
    bytes: int = 0


def _seen(item: Item) -> int:
    if item.entry.type == DIRECTORY:
        return SEEN_DIRECTORY
    return SEEN_FILE if item.entry.type == FILE else LINK


def survey(archive: LegacyArchive, document: Document, progress: Progress | None = None) -> dict[str, Totals]:
    """Read a whole archive, and prove that all of it can be unpacked.

    :param document: called for each document.
    :param progress: called with numbers of files and bytes.
    :returns: the totals of each directory that the archive has.

    Raise ArchiveError for damage, for whatever does not belong there, and for members that are in each other's way.
    """
    names = NameSet()
    found: dict[str, Totals] = {}
    for item, content in archive.items():
        entry = item.entry
        names.add(_seen(item), item.path)
        if entry.type == HARDLINK and not names.leads_to(_whole(item)):
            raise ArchiveError("legacy_archive_invalid", problem="many_links", path=archive.path)
        if item.directory is None:
            if entry.type == FILE:
                document(entry, content())
        else:
            totals = found.setdefault(item.directory, Totals())
            totals.files += entry.type != DIRECTORY
            totals.bytes += entry.size
        if progress is not None:
            progress(1, entry.size)
    lost = names.lost_target()
    if lost is not None:
        _link_to_nothing(archive, lost)
    suspects = names.suspects()
    if suspects:
        second = Suspects(names, suspects)
        for item, _content in archive.items():
            second.add(_seen(item), item.path)
        conflict = second.conflict()
        if conflict is not None:
            raise ArchiveError(
                "legacy_archive_invalid", problem="duplicate", path=archive.path, member=printable(conflict)
            )
    return found


def _whole(item: Item) -> bytes:
    """Return the whole path of what a hard link leads to."""
    own = item.entry.path
    return item.path[: len(item.path) - len(own)] + item.entry.link


def _link_to_nothing(archive: LegacyArchive, target: bytes) -> None:
    for item, _content in archive.items():
        if item.entry.type == HARDLINK and _whole(item) == target:
            raise ArchiveError(
                "legacy_archive_invalid",
                problem="link",
                path=archive.path,
                member=printable(item.path),
                target=printable(target),
            )


def recognise(fd: int, path: str) -> str | None:
    """Return ``sidekick`` or ``retrieved`` if a regular file begins like such an archive, else None."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return None
    try:
        # Damage behind the beginning does not make it something else.
        for member in TarStream(RawStream(fd, path, careful=True), path):
            name = member.name[2:] if member.name.startswith(b"./") else member.name
            if name in (b".", b""):
                continue
            if RETRIEVED.is_document(name):
                return "retrieved"
            return "sidekick" if SIDEKICK.place(name) is not None else None
    except ArchiveError:
        pass
    return None
