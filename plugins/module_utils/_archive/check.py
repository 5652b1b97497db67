# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Full verification of an archive: every frame, part, member and file, and that it contains nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, TypeVar

from .._errors import ArchiveError
from . import tarfmt
from .frames import known_header
from .manifest import MemberEntry
from .parallel import Progress, ordered, threads
from .reader import ArchiveReader

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Checked:
    """What was verified: frames, parts of tables, files of directories (all but directories), rows of tables,
    and bytes of content of parts, members and files."""

    frames: int
    parts: int
    files: int
    rows: int
    bytes: int


class Lists:
    """Parses the lists in an archive, and records the frames that they account for."""

    def __init__(self, reader: ArchiveReader, pool: Executor) -> None:
        self.reader = reader
        self.pool = pool
        self.seen = reader.layout.claimed_frames()

    def check_accounted(self) -> None:
        """Raise ArchiveError ``manifest_false`` for a frame that no list in the archive names."""
        if not all(self.seen):
            self.reader.refuse_frame("manifest_false", "frame_content", self.seen.index(0))


class Proof(Lists):
    """A verification in progress, to which each component adds what it has verified.

    :param ahead: how many items may be in flight.
    """

    def __init__(
        self, reader: ArchiveReader, pool: Executor, ahead: int, progress: Progress | None = None
    ) -> None:
        super().__init__(reader, pool)
        self.ahead = ahead
        self._progress = progress
        self.parts = self.files = self.rows = self.bytes = 0

    def report(self, done: int, content: int) -> None:
        """Count files and bytes of content."""
        self.bytes += content
        if self._progress is not None:
            self._progress(done, content)

    def ordered(
        self, work: Callable[[_Item], _Done], items: Iterable[_Item], cost: Callable[[_Item], int]
    ) -> Iterator[_Done]:
        """Yield ``work(item)`` for each item, in order, with several in flight.

        :param cost: bytes that one needs while it is in flight.
        """
        return ordered(self.pool, work, items, self.ahead, cost)


def check_archive(reader: ArchiveReader, jobs: int, progress: Progress | None = None) -> Checked:
    """Verify an archive whose manifest the reader has already verified.

    Each part is decompressed, its columns and rows compared with the manifest; each member and file against
    its tar header, size and SHA-256; each frame must be filled completely by what the manifest and the indexes
    list.

    :param jobs: threads in addition to the calling one (at most 8 are used).
    :param progress: called with numbers of files and bytes done since the last call.

    Raise ArchiveError for the first defect.
    """
    manifest = reader.manifest
    frames: dict[int, list[MemberEntry]] = {}
    for members in (manifest.members, *(entry.own_members() for entry in manifest.entries.values())):
        for member in members:
            frames.setdefault(member.frame, []).append(member)
    with ThreadPoolExecutor(threads(jobs), "sidekick-check") as pool:
        proof = Proof(reader, pool, threads(jobs) + 1, progress)
        for content in proof.ordered(
            lambda item: _check_members(reader, item),
            frames.values(),
            lambda item: reader.cost(item[0].frame),
        ):
            proof.report(0, content)
        for entry in manifest.entries.values():
            entry.prove(proof)
    proof.check_accounted()
    return Checked(len(manifest.frames), proof.parts, proof.files, proof.rows, proof.bytes)


def check_lists(reader: ArchiveReader, pool: Executor) -> None:
    """Parse all lists in an archive, as a restore does, without reading contents.

    Opening the archive verifies the manifest. This function verifies the members that describe a component,
    such as the indexes of directories: each entry's values, its position in the order, the frames that it
    claims, the targets of hard links, and the totals.

    Raise ArchiveError for the first thing that a restore would refuse.
    """
    lists = Lists(reader, pool)
    for entry in reader.manifest.entries.values():
        entry.parse_lists(lists)
    lists.check_accounted()


def _check_members(reader: ArchiveReader, members: list[MemberEntry]) -> int:
    """Verify a frame of members; return the bytes of their content."""
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
            raise ArchiveError("manifest_false", problem="member", path=reader.path, member=entry.name)
    if at != len(raw):
        reader.refuse_frame("manifest_false", "frame_content", number)
    return sum(entry.bytes for entry in members)
