# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a manifest is consistent with itself and with the archive's size.

Everything that can be checked without reading frames is checked here, before anything is allocated or created.
Each component claims its frames and members; a frame or member that nobody claims is an error.
"""

from __future__ import annotations

from typing import NoReturn

from .._errors import ArchiveError
from . import tarfmt
from .frames import LARGEST_FILES_FRAME, LARGEST_MEMBERS_FRAME, LARGEST_PART_FRAME, longest
from .manifest import Manifest, MemberEntry
from .names import BACKUP_JSON, check_name

#: uses of a frame; the manifest does not claim frames with the contents of directories
_FREE, _PART, _MEMBERS, _INDEX = range(4)
#: largest raw size of a frame in bytes, by its use
_LARGEST = {
    _FREE: LARGEST_FILES_FRAME,
    _PART: LARGEST_PART_FRAME,
    _MEMBERS: LARGEST_MEMBERS_FRAME,
    _INDEX: LARGEST_FILES_FRAME,
}


class Layout:
    """The use of each frame, according to a manifest that has been checked."""

    def __init__(self, manifest: Manifest, end: int, path: str) -> None:
        """Check a manifest.

        :param end: byte offset at which the frames end and the manifest's own frame begins.
        :param path: path of the archive, for the error.

        Raise ArchiveError ``manifest_false``, naming the inconsistent value.
        """
        self._manifest = manifest
        self._path = path
        self._use = bytearray(len(manifest.frames))
        #: name of a member → where the manifest lists it, until a component claims it
        self._unclaimed: dict[str, str] = {}
        self._names: set[str] = set()
        self._has_rest = False
        self._frames(end)
        self._members()
        for entry in manifest.entries.values():
            entry.claim(self)
        for where in self._unclaimed.values():
            self.refuse(f"{where}.name")
        for number, frame in enumerate(manifest.frames):
            if frame.raw_size > _LARGEST[self._use[number]]:
                self.refuse(f"frames[{number}].raw_size")
            if self._use[number] == _FREE and not self._has_rest:
                self.refuse(f"frames[{number}]")

    def claimed_frames(self) -> bytearray:
        """Return one byte per frame, 0 for frames that must be contents of directories."""
        return bytearray(self._use)

    def refuse(self, where: str) -> NoReturn:
        """Raise ArchiveError ``manifest_false`` for a path in the manifest."""
        raise ArchiveError("manifest_false", problem="value", path=self._path, where=where)

    def claim_part(self, number: int, where: str) -> int:
        """Claim a frame that is a part of a table; return its raw size in bytes.

        :param where: path of the number in the manifest, for the error.
        """
        return self._claim(number, _PART, where)

    def claim_index(self, number: int, where: str) -> int:
        """Claim a frame of a directory's index, like :meth:`claim_part`."""
        return self._claim(number, _INDEX, where)

    def claim_rest(self) -> None:
        """Claim the frames that nothing else claims, for the contents of directories."""
        self._has_rest = True

    def claim_member(self, entry: MemberEntry, prefix: str, where: str) -> None:
        """Claim a member that only a component's entry lists.

        :param prefix: prefix that its name must have.
        :param where: the member's path in the manifest.
        """
        self._member(entry, where)
        if not entry.name.startswith(prefix):
            self.refuse(f"{where}.name")

    def claim_members(self, prefix: str) -> set[str]:
        """Claim all members of the manifest whose name has this prefix; return their names."""
        names = {name for name in self._unclaimed if name.startswith(prefix)}
        for name in names:
            del self._unclaimed[name]
        return names

    def _frames(self, end: int) -> None:
        expected = 0
        for number, frame in enumerate(self._manifest.frames):
            if frame.offset != expected:
                self.refuse(f"frames[{number}].offset")
            if frame.raw_size % tarfmt.BLOCK:
                self.refuse(f"frames[{number}].raw_size")
            # Compressed length is bounded too: in a sparse archive, a huge length costs its author nothing.
            if frame.length > longest(frame.raw_size):
                self.refuse(f"frames[{number}].length")
            expected += frame.length
        if expected != end:
            self.refuse("frames")

    def _claim(self, number: int, use: int, where: str, shared: bool = False) -> int:
        """Mark a frame as used and return its raw size."""
        if number >= len(self._use) or (
            self._use[number] != _FREE and not (shared and self._use[number] == use)
        ):
            self.refuse(where)
        self._use[number] = use
        return self._manifest.frames[number].raw_size

    def _members(self) -> None:
        for position, entry in enumerate(self._manifest.members):
            self._member(entry, f"members[{position}]")
            self._unclaimed[entry.name] = f"members[{position}]"
        first = self._manifest.members[0] if self._manifest.members else None
        if first is None or first.name != BACKUP_JSON or first.frame != 0:
            self.refuse("members[0]")
        del self._unclaimed[BACKUP_JSON]

    def _member(self, entry: MemberEntry, where: str) -> None:
        check_name(entry.name)
        if entry.name in self._names:
            self.refuse(f"{where}.name")
        self._names.add(entry.name)
        raw_size = self._claim(entry.frame, _MEMBERS, f"{where}.frame", shared=True)
        if entry.offset < tarfmt.BLOCK or entry.offset + entry.bytes > raw_size:
            self.refuse(f"{where}.offset")
