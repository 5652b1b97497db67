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
from typing import Callable

from .._errors import ArchiveError, Notice
from .contents import Contents
from .entries import DIRECTORY, SYMLINK, Entry
from .manifest import DirectoryEntry
from .names import printable
from .parallel import Progress, threads
from .pathcodec import check_path, leaves_directory
from .reader import ArchiveReader
from .staging import OwnerMap, Staging

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
    paths: Sequence[str] | None = None,
    allow_unsafe_links: bool = False,
    progress: Progress | None = None,
) -> Unpacked:
    """Unpack a directory into an existing empty directory of mode 0700, proving everything on the way.

    :param entry: one of the reader's manifest.
    :param jobs: threads that read, prove and write, beside the calling one (at most 8 are used).
    :param owner_map: gives the ids that an owner gets; without it the ids are kept as they are.
    :param paths: only these files and directories, relative to the directory; only the frames that hold them
        are read. Directories above them are created too.
    :param allow_unsafe_links: also create symbolic links that point out of the directory.

    Everything is durable on return. After an error, what was created so far is left to the caller to remove.

    Raise ArchiveError for anything that is not as the manifest says, for ``unsafe_link`` and for
    ``path_not_in_backup``, HostError for what can't be created or written.
    """
    selection = None if paths is None else _Selection(paths, reader, entry)
    staging = Staging(staging_path, owner_map)
    try:
        sink = _Unpacking(reader, entry, staging, selection, allow_unsafe_links)
        seen = reader.layout.claimed_frames()
        with ThreadPoolExecutor(threads(jobs), "sidekick-unpack") as pool:
            contents = Contents(reader, entry, pool, threads(jobs) + 1, sink, seen, progress)
            contents.read()
        sink.finish(contents)
        if selection is not None:
            selection.check()
        staging.sync()
    finally:
        staging.close()
    notices = (Notice("owner_not_set", path=staging_path),) if staging.owners_lost else ()
    return Unpacked(contents.files, contents.bytes, notices)


class _Selection:
    """Some paths, and whether each of them was found."""

    def __init__(self, paths: Sequence[str], reader: ArchiveReader, directory: DirectoryEntry) -> None:
        self._reader = reader
        self._directory = directory
        self._missing: set[tuple[bytes, ...]] = set()
        for path in paths:
            try:
                self._missing.add(check_path(os.fsencode(path.rstrip("/")) or b"/"))
            except ValueError:
                self._refuse(os.fsencode(path))
        self._wanted = frozenset(self._missing)
        self._above = frozenset(path[:length] for path in self._wanted for length in range(len(path)))

    def wants(self, components: tuple[bytes, ...], is_directory: bool) -> bool:
        """Tell whether an entry is selected, is in a selected directory, or is above something selected."""
        self._missing.discard(components)
        if is_directory and components in self._above:
            return True
        return any(components[:length] in self._wanted for length in range(len(components) + 1))

    def check(self) -> None:
        """Raise ArchiveError ``path_not_in_backup`` if a path was not found."""
        for components in sorted(self._missing):
            self._refuse(b"/".join(components))

    def _refuse(self, path: bytes) -> None:
        raise ArchiveError(
            "path_not_in_backup", path=self._reader.path, name=self._directory.name, entry=printable(path)
        )


class _Unpacking:
    """Takes contents and creates them. Symbolic links and what directories look like come last."""

    def __init__(
        self,
        reader: ArchiveReader,
        directory: DirectoryEntry,
        staging: Staging,
        selection: _Selection | None,
        allow_unsafe_links: bool,
    ) -> None:
        self._reader = reader
        self._directory = directory
        self._staging = staging
        self._selection = selection
        self._allow_unsafe_links = allow_unsafe_links
        self._links: list[tuple[bytes, bytes]] = []
        self._later: set[int] = set()

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Tell whether an entry is selected."""
        return self._selection is None or self._selection.wants(components, entry.type == DIRECTORY)

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
