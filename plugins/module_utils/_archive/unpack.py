# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking a directory of an archive, all of it or some paths."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Callable, NoReturn

from .._errors import ArchiveError, Notice
from .contents import Contents, check_totals
from .directory_entry import DirectoryEntry
from .entries import DIRECTORY, SYMLINK, Entry, wrong_entry
from .find import Components, DirectoryIndex
from .names import printable
from .parallel import Progress, threads
from .pathcodec import check_path, leaves_directory
from .reader import ArchiveReader
from .staging import OwnerMap, Staging
from .walk import Excludes

#: hard links that wait for the files that they are further names of
_MOST_LINKS = 1000


@dataclass(frozen=True)
class Unpacked:
    """What was unpacked: ``files`` counts all but directories, ``bytes`` the content of regular files."""

    files: int
    bytes: int
    notices: tuple[Notice, ...]


def unpack_directory(
    reader: ArchiveReader,
    entry: DirectoryEntry,
    staging_path: str,
    *,
    jobs: int,
    owner_map: OwnerMap | None = None,
    paths: Sequence[str | bytes] | Selection | None = None,
    choose: Callable[[Entry], bool] | None = None,
    exclude: Excludes | None = None,
    allow_unsafe_links: bool = False,
    progress: Progress | None = None,
) -> Unpacked:
    """Unpack a directory into an existing empty directory of mode 0700, proving everything on the way.

    :param entry: one of the reader's manifest; with ``exclude``, what :func:`.index_totals.remaining` makes of it.
    :param jobs: threads that read, prove and write, in addition to the calling one (at most 8 are used).
    :param owner_map: gives the ids that an owner gets; without it the ids are kept as they are.
    :param paths: only these files and directories, relative to the directory; only the frames that hold them
        are read, and of the index what leads to them. Directories above them are created too.
    :param choose: tells which of the selected files and links are wanted. Asked once for each file and hard link,
        in their order, and more than once for a symbolic link.
    :param exclude: these paths and what is in them are neither created nor read; without ``paths`` and ``choose``.
    :param allow_unsafe_links: also create symbolic links that point out of the directory.

    Everything is durable on return. After an error, what was created so far is left to the caller to remove.

    Raise ArchiveError for anything that is not as the manifest says, for ``unsafe_link`` and for
    ``paths_not_in_backup``, HostError for what can't be created or written.
    """
    selection = paths
    if selection is not None and not isinstance(selection, Selection):
        selection = Selection(selection, DirectoryIndex(reader, entry))
    staging = Staging(staging_path, owner_map)
    try:
        above = selection.above if selection else ()
        for parent in above:
            staging.directory(parent)
        sink = _Unpacking(reader, entry, staging, selection, choose, exclude, allow_unsafe_links)
        seen = reader.layout.claimed_frames()
        with ThreadPoolExecutor(threads(jobs), "sidekick-unpack") as pool:
            contents = Contents(
                reader,
                entry,
                pool,
                threads(jobs) + 1,
                sink,
                seen,
                progress,
                members=selection.members if selection else None,
                find=selection.find if selection else None,
            )
            contents.read()
        if exclude:
            check_totals(reader, entry, contents.files, contents.bytes)
        sink.finish(contents)
        for parent in reversed(above):
            staging.settle_directory(parent)
        staging.sync()
    finally:
        staging.close()
    return Unpacked(contents.files, contents.bytes, staging.notices)


class Selection:
    """Some paths of a directory, each of which is there."""

    def __init__(self, paths: Sequence[str | bytes], index: DirectoryIndex) -> None:
        """Raise ArchiveError ``paths_not_in_backup``, and what reading the index raises."""
        self.index = index
        wanted = {self._components(os.fsencode(path)) for path in paths}
        for path in sorted(wanted):
            if self.index.get(path) is None:
                self._refuse(b"/".join(path))
        #: without those that are in others of them, in the order of the index
        self.paths = sorted(
            path for path in wanted if not any(path[:length] in wanted for length in range(len(path)))
        )
        self._wanted = frozenset(self.paths)
        #: the directories above the paths, outermost first
        self.above = tuple(self._directory_entry(path) for path in sorted(self._above()))
        #: numbers of the index members that list the paths and what is in them
        self.members = sorted({number for path in self.paths for number in self.index.members(path)})

    def wants(self, components: Components) -> bool:
        """Return whether an entry is selected, or is in a selected directory."""
        return any(components[:length] in self._wanted for length in range(len(components) + 1))

    def find(self, path: bytes) -> Entry | None:
        """Return the entry of a path, selected or not."""
        return self.index.get(check_path(path))

    def _components(self, path: bytes) -> Components:
        try:
            return check_path(path.rstrip(b"/") or b"/")
        except ValueError:
            self._refuse(path)

    def _above(self) -> set[Components]:
        return {path[:length] for path in self.paths for length in range(len(path))}

    def _directory_entry(self, path: Components) -> Entry:
        entry = self.index.get(path)
        if entry is None or entry.type != DIRECTORY:
            raise wrong_entry(self.index.reader.path, self.index.directory.name, b"/".join(path) or b".")
        return entry

    def _refuse(self, path: bytes) -> NoReturn:
        asked = f"{self.index.directory.name}/{printable(path)}"
        raise ArchiveError("paths_not_in_backup", id=self.index.reader.manifest.id, paths=asked, similar="-")


class _Unpacking:
    """Takes contents and creates them. Symbolic links and what directories look like come last."""

    def __init__(
        self,
        reader: ArchiveReader,
        directory: DirectoryEntry,
        staging: Staging,
        selection: Selection | None,
        choose: Callable[[Entry], bool] | None,
        exclude: Excludes | None,
        allow_unsafe_links: bool,
    ) -> None:
        self._reader = reader
        self._directory = directory
        self._staging = staging
        self._selection = selection
        self._choose = choose
        self._exclude = exclude
        self._allow_unsafe_links = allow_unsafe_links
        self._links: list[tuple[bytes, bytes]] = []
        self._later: set[int] = set()

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Return whether an entry is selected."""
        if self._selection is not None and not self._selection.wants(components):
            return False
        if self._exclude and self._exclude.covers(components):
            return False
        return self._choose is None or entry.type == DIRECTORY or self._choose(entry)

    def other(self, entry: Entry, components: tuple[bytes, ...], member: int) -> None:
        """Create a directory; remember the index member for :meth:`finish`."""
        self._later.add(member)
        if entry.type == DIRECTORY:
            self._staging.directory(entry)
        elif leaves_directory(entry.link, len(components) - 1) and not self._allow_unsafe_links:
            raise ArchiveError(
                "unsafe_link",
                path=self._reader.path,
                name=self._directory.name,
                entry=printable(entry.path),
                target=printable(entry.link),
            )

    def file(self, entry: Entry, content: memoryview) -> None:
        """Create a small file."""
        with self._staging.file(entry) as write:
            write(content)

    def large(self, entry: Entry) -> AbstractContextManager[Callable[[memoryview], None]]:
        """Create a large file."""
        return self._staging.file(entry)

    def link(self, entry: Entry, target: bytes, settle: Callable[[], None]) -> None:
        """Remember a hard link; create those that are waiting when there are many."""
        self._links.append((entry.path, target))
        if len(self._links) >= _MOST_LINKS:
            settle()
            self._create_links()

    def finish(self, contents: Contents) -> None:
        """Create the links, and give the directories owner, mode and time.

        The index members with directories or symbolic links are read once more, backwards, so that what is in
        a directory comes before the directory itself.
        """
        self._create_links()
        for member in sorted(self._later, reverse=True):
            for entry in reversed(list(contents.entries(member))):
                if entry.type not in (SYMLINK, DIRECTORY) or not self.wants(entry, check_path(entry.path)):
                    continue
                if entry.type == SYMLINK:
                    self._staging.symlink(entry)
                else:
                    self._staging.settle_directory(entry)

    def _create_links(self) -> None:
        for path, target in self._links:
            self._staging.hardlink(path, target)
        self._links.clear()
