# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the members of an archive of earlier tools are: things in a directory, or a document such as the database's dump.

Every pass over an archive goes through here, so that what was verified in the first one is what the next one acts upon.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Callable, NamedTuple, NoReturn

from ..._errors import ArchiveError
from ..entries import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry
from ..names import printable
from ..pathcodec import check_path, leaves_directory
from .layouts import Layout
from .members import Member, TarStream
from .stream import RawStream

#: Bits that are taken over: a program must not run as somebody else because a tar says so.
_FILE_BITS, _DIRECTORY_BITS = 0o777, 0o3777

#: Yields the content of the member that came last, in pieces.
Content = Callable[[], Iterator[memoryview]]


class Item(NamedTuple):
    """One member.

    :param path: its whole path in the archive, as far as it is not only written otherwise (``./a/`` is ``a``).
    :param directory: name of the directory that it belongs to; None for a document, or a directory of documents.
    :param entry: what it is, with its path relative to the directory (of a document: all of it).
    """

    path: bytes
    directory: str | None
    entry: Entry


class LegacyArchive:
    """An open archive of another tool; read from its beginning as often as it is asked for, by one thread at a time."""

    def __init__(self, fd: int, path: str, layout: Layout, *, allow_unsafe_links: bool = False) -> None:
        """
        :param fd: descriptor of a regular file; it stays the caller's.
        :param allow_unsafe_links: also take symbolic links that point out of their directory.
        """
        self._fd = fd
        self.path = path
        self._layout = layout
        self._allow_unsafe_links = allow_unsafe_links
        self._identity = self._look()

    def items(self) -> Generator[tuple[Item, Content], None, None]:
        """Yield the members, each with what reads its content until the next one is asked for.

        Raise ArchiveError for whatever a backup of that layout can't have, whatever is damaged, and
        ``legacy_changed`` if the file is not the same as when it was opened.
        """
        self._unchanged()
        tar = TarStream(RawStream(self._fd, self.path), self.path)
        for member in tar:
            yield self._item(member), tar.content
        self._unchanged()

    def _look(self) -> tuple[int, ...]:
        found = os.fstat(self._fd)
        return found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _unchanged(self) -> None:
        if self._look() != self._identity:
            raise ArchiveError("legacy_changed", path=self.path)

    def _item(self, member: Member) -> Item:
        path = self._path(member.name, member.name)
        place = self._layout.place(path)
        if place is None:
            raise ArchiveError(
                "legacy_archive_invalid", problem="unknown", path=self.path, member=printable(member.name)
            )
        directory, relative = place
        if directory is None:
            if member.type not in (FILE, DIRECTORY) or (member.type == FILE) != self._layout.is_document(
                path
            ):
                raise ArchiveError(
                    "legacy_archive_invalid",
                    problem="type",
                    path=self.path,
                    member=printable(member.name),
                    kind=member.type,
                )
        elif relative == b"." and member.type != DIRECTORY:
            raise ArchiveError(
                "legacy_archive_invalid",
                problem="type",
                path=self.path,
                member=printable(member.name),
                kind=member.type,
            )
        link = member.link
        if member.type == SYMLINK:
            self._check_link(member, directory, relative)
        elif member.type == HARDLINK:
            link = self._linked(member, directory)
        bits = _DIRECTORY_BITS if member.type == DIRECTORY else _FILE_BITS
        entry = Entry(
            relative,
            member.type,
            member.size,
            member.mode & bits,
            member.uid,
            member.gid,
            "",
            "",
            member.mtime_ns,
            link=link,
        )
        return Item(path, directory, entry)

    def _path(self, name: bytes, member: bytes) -> bytes:
        """Return a name without what is only another way to write it."""
        path = name[2:] if name.startswith(b"./") and name != b"./" else name
        try:
            check_path(path)
        except ValueError:
            self._refuse("name", member)
        return path

    def _check_link(self, member: Member, directory: str | None, relative: bytes) -> None:
        if not member.link or len(member.link) > 4095:
            self._refuse("name", member.name)
        if leaves_directory(member.link, relative.count(b"/")) and not self._allow_unsafe_links:
            raise ArchiveError(
                "unsafe_link",
                path=self.path,
                name=directory,
                entry=printable(relative),
                target=printable(member.link),
            )

    def _linked(self, member: Member, directory: str | None) -> bytes:
        """Return what a hard link is another name of, relative to the directory."""
        place = self._layout.place(self._path(member.link, member.name))
        if place is None or place[0] != directory:
            raise ArchiveError(
                "legacy_archive_invalid",
                problem="link",
                path=self.path,
                member=printable(member.name),
                target=printable(member.link),
            )
        return place[1]

    def _refuse(self, problem: str, member: bytes) -> NoReturn:
        shown = printable(member)
        raise ArchiveError("legacy_archive_invalid", problem=problem, path=self.path, member=shown)
