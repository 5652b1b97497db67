# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking directories of an archive of earlier tools, in one pass over it."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator, Mapping

from ..._errors import HostError
from ..entries import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry, parse_entry
from ..parallel import Progress
from ..staging import Staging
from ..unpack import Unpacked
from .entries import LegacyArchive
from .survey import Totals

#: what a directory gets that the archive only implies
_PLAIN_MODE = 0o755


def unpack(
    archive: LegacyArchive, places: Mapping[str, str], progress: Progress | None = None
) -> dict[str, Unpacked]:
    """Unpack directories into existing empty directories of mode 0700.

    The archive must have been surveyed before: that its members don't get in each other's way is not proved again.
    Owners are kept by number, times to what the archive has of them; bits by which a program would run as somebody
    else are not.

    :param places: name of a directory in the archive → where it goes. Those that are not named are passed over.
    :param progress: called with numbers of files and bytes.

    Everything is durable on return. After an error, what was created so far is left to the caller to remove.

    Raise ArchiveError for whatever is no longer as it was verified, HostError for what can't be created or written.
    """
    opened: dict[str, _Place] = {}
    try:
        for name, path in places.items():
            opened[name] = _Place(path)
        for item, content in archive.items():
            place = opened.get(item.directory) if item.directory is not None else None
            if place is not None:
                place.take(item.entry, content())
                if progress is not None:
                    progress(int(item.entry.type != DIRECTORY), item.entry.size)
        return {name: place.finish() for name, place in opened.items()}
    finally:
        for place in opened.values():
            place.close()


class _Place:
    """One directory that is being filled. Symbolic links and what directories look like come last."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._staging = _LegacyStaging(path, None)
        self._later = _Later(path)
        self._totals = Totals()
        self._parent = b""
        self._root = False

    def take(self, entry: Entry, content: Iterator[memoryview]) -> None:
        """Create a member, or remember it."""
        parent = entry.path.rpartition(b"/")[0]
        if parent != self._parent:
            for path in self._staging.make_above(parent):
                self._later.add(self._implied(path), implied=True)
            self._parent = parent
        if entry.type == FILE:
            with self._staging.file(entry) as write:
                for piece in content:
                    write(piece)
        elif entry.type == HARDLINK:
            self._staging.hardlink(entry.path, entry.link)
        else:
            if entry.type == DIRECTORY:
                self._staging.directory(entry)
                self._root = self._root or entry.path == b"."
            self._later.add(entry)
        self._totals.files += entry.type != DIRECTORY
        self._totals.bytes += entry.size

    def finish(self) -> Unpacked:
        """Create the links, and give the directories owner, mode and time; the innermost first."""
        if not self._root:
            self._later.add(self._implied(b"."), implied=True)
        for entry in self._later.entries(implied=False):
            if entry.type == SYMLINK:
                self._staging.symlink(entry)
        for implied in (True, False):
            for entry in self._later.entries(implied=implied):
                if entry.type == DIRECTORY:
                    self._staging.settle_directory(entry)
        self._staging.sync()
        return Unpacked(self._totals.files, self._totals.bytes, self._staging.notices)

    def close(self) -> None:
        """Close all descriptors."""
        self._staging.close()
        self._later.close()

    def _implied(self, path: bytes) -> Entry:
        status = os.stat(self._path)
        return Entry(
            path, DIRECTORY, 0, _PLAIN_MODE, status.st_uid, status.st_gid, "", "", status.st_mtime_ns
        )


class _LegacyStaging(Staging):
    """Also creates directories that the archive only implies, or lists after what is in them."""

    def make_above(self, path: bytes) -> list[bytes]:
        """Create a directory, and those above it, as far as they are missing; return those that were."""
        made: list[bytes] = []
        end = 0
        while path and end >= 0:
            end = path.find(b"/", end + 1)
            above = path if end < 0 else path[:end]
            if self._make(above):
                made.append(above)
        return made

    def directory(self, entry: Entry) -> None:
        """Create a directory, unless it is there."""
        if entry.path != b".":
            self._make(entry.path)

    def _make(self, path: bytes) -> bool:
        with self._guard(path):
            parent, name = self._parent(path)
            try:
                os.mkdir(name, 0o700, dir_fd=parent)
            except FileExistsError:
                return False
        return True


class _Later:
    """What is done at the end, in a file of its own: a folder may have a million directories."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._offsets = {False: array("Q"), True: array("Q")}
        try:
            # Without a name from the beginning, and in memory while it is small.
            self._file = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115  # closed by close()
        except OSError as error:
            raise HostError(
                "write_failed", path=tempfile.gettempdir(), cause=error.strerror or error
            ) from error
        self._end = 0

    def add(self, entry: Entry, *, implied: bool = False) -> None:
        """Remember an entry."""
        line = entry.to_json()
        try:
            self._file.write(line)
        except OSError as error:
            raise HostError(
                "write_failed", path=tempfile.gettempdir(), cause=error.strerror or error
            ) from error
        self._offsets[implied].append(self._end)
        self._end += len(line)

    def entries(self, *, implied: bool) -> Iterator[Entry]:
        """Yield the entries, the last one first."""
        for offset in reversed(self._offsets[implied]):
            self._file.seek(offset)
            yield parse_entry(self._file.readline(), self._path)

    def close(self) -> None:
        """Forget everything."""
        self._file.close()
