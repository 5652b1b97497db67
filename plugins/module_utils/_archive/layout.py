# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a manifest can be true: its numbers against each other and against the archive's size.

Everything that can be told without reading frames is told here, before anything is allocated or created.
"""

from __future__ import annotations

from typing import NoReturn

from .._errors import ArchiveError
from . import tarfmt
from .frames import LARGEST_FILES_FRAME, LARGEST_MEMBERS_FRAME, LARGEST_PART_FRAME, longest, member_size
from .manifest import DirectoryEntry, Manifest, MemberEntry, TableEntry
from .names import (
    BACKUP_JSON,
    CONFIG_PREFIX,
    DATA_PREFIX,
    DATABASE_PREFIX,
    REDIS_PREFIX,
    check_name,
    index_member,
    part_member,
)
from .rediskeys import keys_member

#: how a frame is used; a frame of a directory's contents is not claimed by the manifest
_FREE, _PART, _MEMBERS, _INDEX = range(4)
#: raw bytes that a frame may have, by its use
_LARGEST = {
    _FREE: LARGEST_FILES_FRAME,
    _PART: LARGEST_PART_FRAME,
    _MEMBERS: LARGEST_MEMBERS_FRAME,
    _INDEX: LARGEST_FILES_FRAME,
}


class Layout:
    """What each frame holds, according to a manifest that has been found consistent."""

    def __init__(self, manifest: Manifest, end: int, path: str) -> None:
        """Check a manifest.

        :param end: byte offset at which the frames end and the manifest's own frame begins.
        :param path: of the archive, for the message.

        Raise ArchiveError ``manifest_false`` naming what can't be true.
        """
        self._manifest = manifest
        self._path = path
        self._use = bytearray(len(manifest.frames))
        self._frames(end)
        self._members()
        self._redis({entry.name for entry in manifest.members})
        if manifest.database is not None:
            self._tables(manifest.database.tables)
        self._directories(manifest.directories)
        for number, frame in enumerate(manifest.frames):
            if frame.raw_size > _LARGEST[self._use[number]]:
                self._refuse(f"frames[{number}].raw_size")
            if self._use[number] == _FREE and not manifest.directories:
                self._refuse(f"frames[{number}]")

    def claimed_frames(self) -> bytearray:
        """Return a byte for each frame, 0 for those that must be contents of directories."""
        return bytearray(self._use)

    def _refuse(self, where: str) -> NoReturn:
        raise ArchiveError("manifest_false", path=self._path, where=where)

    def _frames(self, end: int) -> None:
        expected = 0
        for number, frame in enumerate(self._manifest.frames):
            if frame.offset != expected:
                self._refuse(f"frames[{number}].offset")
            if frame.raw_size % tarfmt.BLOCK:
                self._refuse(f"frames[{number}].raw_size")
            # In a file with holes length costs nothing.
            if frame.length > longest(frame.raw_size):
                self._refuse(f"frames[{number}].length")
            expected += frame.length
        if expected != end:
            self._refuse("frames")

    def _claim(self, number: int, use: int, where: str, shared: bool = False) -> int:
        """Mark a frame as used and return its raw size."""
        if number >= len(self._use) or (
            self._use[number] != _FREE and not (shared and self._use[number] == use)
        ):
            self._refuse(where)
        self._use[number] = use
        return self._manifest.frames[number].raw_size

    def _members(self) -> None:
        manifest = self._manifest
        names: set[str] = set()
        for group, members in (("members", manifest.members), ("config", manifest.config)):
            for position, entry in enumerate(members):
                where = f"{group}[{position}]"
                check_name(entry.name)
                if entry.name in names or not _expected_name(group, entry):
                    self._refuse(f"{where}.name")
                names.add(entry.name)
                raw_size = self._claim(entry.frame, _MEMBERS, f"{where}.frame", shared=True)
                if entry.offset < tarfmt.BLOCK or entry.offset + entry.bytes > raw_size:
                    self._refuse(f"{where}.offset")
        first = manifest.members[0] if manifest.members else None
        if first is None or first.name != BACKUP_JSON or first.frame != 0:
            self._refuse("members[0]")

    def _redis(self, names: set[str]) -> None:
        redis = self._manifest.redis
        if redis is not None and redis.members > len(names):
            self._refuse("redis.members")
        wanted = {keys_member(number + 1) for number in range(redis.members)} if redis else set()
        if wanted != {name for name in names if name.startswith(REDIS_PREFIX)}:
            self._refuse("redis.members")

    def _tables(self, tables: tuple[TableEntry, ...]) -> None:
        names: set[tuple[str, str]] = set()
        for position, table in enumerate(tables):
            where = f"database.tables[{position}]"
            if (table.schema, table.name) in names or not table.schema or not table.name:
                self._refuse(f"{where}.name")
            names.add((table.schema, table.name))
            if table.rows != sum(part.rows for part in table.parts):
                self._refuse(f"{where}.rows")
            if table.bytes != sum(part.bytes for part in table.parts):
                self._refuse(f"{where}.bytes")
            for index, part in enumerate(table.parts):
                if part.number != index + 1:
                    self._refuse(f"{where}.parts[{index}].number")
                raw_size = self._claim(part.frame, _PART, f"{where}.parts[{index}].frame")
                if raw_size != member_size(part_member(table.schema, table.name, part.number), part.bytes):
                    self._refuse(f"{where}.parts[{index}].bytes")

    def _directories(self, directories: tuple[DirectoryEntry, ...]) -> None:
        names: set[str] = set()
        for position, directory in enumerate(directories):
            where = f"directories[{position}]"
            if directory.name in names or not directory.name:
                self._refuse(f"{where}.name")
            names.add(directory.name)
            for index, entry in enumerate(directory.index):
                raw_size = self._claim(entry.frame, _INDEX, f"{where}.index[{index}].frame")
                if raw_size != member_size(index_member(directory.name, index + 1), entry.bytes):
                    self._refuse(f"{where}.index[{index}].bytes")
            if not directory.index:
                self._refuse(f"{where}.index")


def _expected_name(group: str, entry: MemberEntry) -> bool:
    if group == "config":
        return entry.name.startswith(CONFIG_PREFIX)
    if entry.name.startswith(DATA_PREFIX):
        return False
    return entry.name == BACKUP_JSON or entry.name.startswith((DATABASE_PREFIX, REDIS_PREFIX))
