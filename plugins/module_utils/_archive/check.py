# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proving all of an archive: every frame, part, member and file, and that there is nothing else in it."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Callable

from .._errors import ArchiveError
from . import tarfmt
from .contents import Contents, check_totals
from .csvrows import csv_shape
from .entries import DIRECTORY, Entry
from .frames import known_header
from .manifest import MemberEntry, PartEntry, TableEntry
from .names import REDIS_PREFIX, part_member
from .parallel import Progress, ordered, threads
from .reader import ArchiveReader
from .rediskeys import decode_keys, keys_member


@dataclass(frozen=True)
class Checked:
    """What was proved: frames, parts of tables, files of directories (all but directories), rows of tables,
    and bytes of content of parts, members and files."""

    frames: int
    parts: int
    files: int
    rows: int
    bytes: int


def check_archive(reader: ArchiveReader, jobs: int, progress: Progress | None = None) -> Checked:
    """Prove an archive whose manifest the reader has proved already.

    Each part is decompressed, its columns and rows held against the manifest; each member and file against
    its tar header, size and SHA-256; each frame has to be full of what the manifest and the indexes list.

    :param jobs: threads beside the calling one (at most 8 are used).
    :param progress: called with numbers of files and bytes done since the last call.

    Raise ArchiveError for the first thing that is not as it should be.
    """
    manifest = reader.manifest
    tables = manifest.database.tables if manifest.database else ()
    parts = [(table, part) for table in tables for part in table.parts]
    frames: dict[int, list[MemberEntry]] = {}
    for member in manifest.members + manifest.config:
        frames.setdefault(member.frame, []).append(member)
    rows = files = size = 0

    def report(done: int, content: int) -> None:
        nonlocal size
        size += content
        if progress is not None:
            progress(done, content)

    with ThreadPoolExecutor(threads(jobs), "sidekick-check") as pool:
        ahead = threads(jobs) + 1
        for content in ordered(
            pool,
            lambda item: _check_members(reader, item),
            frames.values(),
            ahead,
            lambda item: reader.cost(item[0].frame),
        ):
            report(0, content)
        _check_redis(reader)
        parts.sort(key=lambda item: item[1].frame)
        for part in ordered(
            pool,
            lambda item: _check_part(reader, *item),
            parts,
            ahead,
            lambda item: reader.cost(item[1].frame),
        ):
            rows += part.rows
            report(0, part.bytes)
        seen = reader.layout.claimed_frames()
        for directory in manifest.directories:
            contents = Contents(reader, directory, pool, ahead, _Nowhere(), seen, report)
            contents.read()
            files += contents.files
    _check_accounted(reader, seen)
    return Checked(len(manifest.frames), len(parts), files, rows, size)


def check_lists(reader: ArchiveReader, pool: Executor) -> None:
    """Parse whatever lists something else in an archive, as a restore does, and read no contents.

    The manifest is proved by opening the archive. Here come the keys of Redis and the indexes: each entry's values, its
    place in the order, the frames that it claims, what hard links refer to, and the totals.

    Raise ArchiveError for the first thing that a restore would refuse.
    """
    _check_redis(reader)
    seen = reader.layout.claimed_frames()
    for directory in reader.manifest.directories:
        listed = _Listed()
        Contents(reader, directory, pool, 1, listed, seen).read()
        check_totals(reader, directory, listed.files, listed.bytes)
    _check_accounted(reader, seen)


def _check_accounted(reader: ArchiveReader, seen: bytearray) -> None:
    if not all(seen):
        number = seen.index(0)
        first = reader.manifest.frames[number].first
        raise ArchiveError("frame_unaccounted", path=reader.path, frame=number, first=first)


class _Nowhere:
    """Takes contents that only have to be proved."""

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Everything is."""
        return True

    def other(self, entry: Entry, components: tuple[bytes, ...], member: int) -> None:
        """Nothing is done with it."""

    def file(self, entry: Entry, content: memoryview) -> None:
        """Nothing is done with it."""

    def large(self, entry: Entry) -> AbstractContextManager[Callable[[memoryview], None]]:
        """Nothing is done with it."""
        return contextlib.nullcontext(lambda content: None)

    def link(self, entry: Entry, target: bytes, settle: Callable[[], None]) -> None:
        """Nothing is done with it."""


class _Listed(_Nowhere):
    """Counts what is listed, and takes nothing of it."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Nothing is."""
        self.files += entry.type != DIRECTORY
        self.bytes += entry.size
        return False


def _check_part(reader: ArchiveReader, table: TableEntry, part: PartEntry) -> PartEntry:
    content = reader.part(table, part)
    name = part_member(table.schema, table.name, part.number)
    shape = csv_shape(content)
    if shape is None or shape.columns != table.columns:
        raise ArchiveError("columns_false", path=reader.path, member=name)
    if shape.rows != part.rows:
        raise ArchiveError("rows_false", path=reader.path, member=name, found=shape.rows, expected=part.rows)
    return part


def redis_members(reader: ArchiveReader) -> Iterator[MemberEntry]:
    """Yield the members that hold keys of Redis, in their order."""
    redis = reader.manifest.redis
    members = {entry.name: entry for entry in reader.manifest.members}
    for number in range(redis.members if redis else 0):
        yield members[keys_member(number + 1)]


def _check_redis(reader: ArchiveReader) -> None:
    redis = reader.manifest.redis
    found = 0
    for entry in redis_members(reader):
        found += sum(1 for _key in decode_keys(reader.member(entry), f"{reader.path}: {entry.name}"))
    if redis is not None and found != redis.keys:
        raise ArchiveError(
            "rows_false", path=reader.path, member=REDIS_PREFIX, found=found, expected=redis.keys
        )


def _check_members(reader: ArchiveReader, members: list[MemberEntry]) -> int:
    """Prove a frame of members; return the bytes of their content."""
    number = members[0].frame
    raw = reader.frame(number)
    at = 0
    for entry in sorted(members, key=lambda member: member.offset):
        header, start = reader.header(raw, at, number)
        known = raw[at:start] == (known_header(entry) or raw[at:start])
        end = start + header.size
        at = end + tarfmt.padding(end)
        agrees = (
            known
            and header.name == entry.name.encode("utf-8", "surrogateescape")
            and (header.type, header.size, start) == (tarfmt.FILE, entry.bytes, entry.offset)
            and at <= len(raw)
            and not any(raw[end:at])
            and hashlib.sha256(memoryview(raw)[start:end]).hexdigest() == entry.sha256
        )
        if not agrees:
            raise ArchiveError("member_false", path=reader.path, member=entry.name)
    if at != len(raw):
        first = reader.manifest.frames[number].first
        raise ArchiveError("frame_unaccounted", path=reader.path, frame=number, first=first)
    return sum(entry.bytes for entry in members)
