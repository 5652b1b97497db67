# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sparse files: holes are not read, are small in an archive, and are restored."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import slices
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.estimate import estimate_packed
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.gzipframes import GzipCodec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.holes import (
    HOLE,
    ZeroFrames,
    count_holes,
    runs,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.index_totals import (
    disk_size,
    remaining,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.unpack import (
    Unpacked,
    unpack_directory,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.walk import Excludes
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build

MEGABYTE = 1024 * 1024
#: Large enough for both sizes of frames of holes, and a remainder.
SIZE = 2 * HOLE + 13 * MEGABYTE + 77


def sparse(path: Path, size: int, data: Mapping[int, bytes]) -> None:
    """Write a sparse file with bytes only at some positions."""
    with open(path, "wb") as file:
        file.truncate(size)
        for at, content in data.items():
            file.seek(at)
            file.write(content)


def digest(path: Path) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(MEGABYTE):
            found.update(piece)
    return found.hexdigest()


def unpack(archive: Path, out: Path) -> Unpacked:
    out.mkdir(mode=0o700)
    with ArchiveReader.open(str(archive), None, KINDS) as reader:
        (directory,) = directories_of(reader.manifest)
        return unpack_directory(reader, directory, str(out), jobs=2)


def planned(archive: Path, *patterns: str) -> tuple[int, int]:
    """Return the total size of a directory's files, and their size on disk."""
    excludes = Excludes(patterns)
    with ArchiveReader.open(str(archive), None, KINDS) as reader:
        entry = remaining(reader, directories_of(reader.manifest)[0], excludes).entry
        return entry.bytes, disk_size(reader, entry, excludes)


NOISE = os.urandom(MEGABYTE)
SHAPES: dict[str, dict[int, bytes]] = {
    "nothing but a hole": {},
    "data in the middle": {HOLE + 12_345: NOISE},
    "data at both ends": {0: NOISE, SIZE - MEGABYTE: NOISE},
    "data at the beginning": {0: b"x"},
    "many small holes": dict.fromkeys(range(0, SIZE, 5 * MEGABYTE), b"x"),
}


@pytest.mark.parametrize("data", SHAPES.values(), ids=SHAPES)
def test_a_sparse_file_stays_one(tmp_path: Path, data: dict[int, bytes]) -> None:
    root, archive = tmp_path / "media", tmp_path / "archive"
    root.mkdir()
    sparse(root / "sparse", SIZE, data)
    notices: list[Notice] = []
    written = build(archive, directories={"media": root}, notices=notices)
    assert notices == []
    assert written.size < sum(map(len, data.values())) + MEGABYTE
    done = unpack(archive, tmp_path / "out")
    assert (done.files, done.bytes) == (1, SIZE)
    back = tmp_path / "out" / "sparse"
    assert digest(back) == digest(root / "sparse")
    assert back.stat().st_blocks <= (root / "sparse").stat().st_blocks + 128 * (len(data) + 1)
    # A restore does not require free space for the holes.
    size, needed = planned(archive)
    assert size == SIZE
    assert back.stat().st_blocks * 512 <= needed + MEGABYTE


def test_what_takes_space_is_told_truthfully(tmp_path: Path) -> None:
    root, archive = tmp_path / "media", tmp_path / "archive"
    root.mkdir()
    sparse(root / "hole", 3 * HOLE, {})
    # This file is just as small in an archive, but has no hole.
    (root / "letters").write_bytes(b"a" * HOLE)
    build(archive, "zstd", directories={"media": root})
    size, needed = planned(archive)
    assert size == 4 * HOLE
    assert HOLE <= needed <= HOLE + 16 * MEGABYTE
    assert planned(archive, "hole") == (HOLE, HOLE)
    letters, zeros = planned(archive, "letters")
    assert letters == 3 * HOLE
    assert zeros <= 16 * MEGABYTE


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_any_tar_reader_gets_it(tmp_path: Path, compression: str) -> None:
    root, archive = tmp_path / "media", tmp_path / "archive"
    root.mkdir()
    sparse(root / "sparse", SIZE, {HOLE: b"x"})
    build(archive, compression, directories={"media": root})
    if compression == "zstd":
        with ArchiveReader.open(str(archive), None, KINDS) as reader:
            plain = b"".join(map(reader.frame, range(len(reader.manifest.frames))))
        archive.write_bytes(plain)
    found = hashlib.sha256()
    with tarfile.open(archive) as tar:
        content = tar.extractfile("files/media/sparse")
        assert content
        while piece := content.read(MEGABYTE):
            found.update(piece)
    assert found.hexdigest() == digest(root / "sparse")


def test_what_is_written_into_a_hole_meanwhile_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, archive = tmp_path / "media", tmp_path / "archive"
    root.mkdir()
    sparse(root / "sparse", SIZE, {})
    find = slices.next_data

    def write_then(fd: int, at: int, size: int) -> int:
        found = find(fd, at, size)
        with open(root / "sparse", "r+b") as file:
            file.seek(HOLE)
            file.write(NOISE)
        return found

    monkeypatch.setattr(slices, "next_data", write_then)
    notices: list[Notice] = []
    build(archive, directories={"media": root}, notices=notices)
    assert [notice.code for notice in notices] == ["file_changed"]
    # The contents are verified nevertheless.
    assert unpack(archive, tmp_path / "out").bytes == SIZE


def test_more_holes_than_anybody_has_are_left_out_and_named(tmp_path: Path) -> None:
    root, archive = tmp_path / "media", tmp_path / "archive"
    root.mkdir()
    sparse(root / "a", 2 * 1024**4, {})
    sparse(root / "b", SIZE, {0: b"x"})
    (root / "c").write_bytes(b"c")
    notices: list[Notice] = []
    build(archive, directories={"media": root}, notices=notices)
    assert [(notice.code, notice.facts["path"]) for notice in notices] == [("sparse_left_out", f"{root}/a")]
    assert "1.1 TB" in notices[0].text("pt")
    assert unpack(archive, tmp_path / "out").files == 2


@pytest.mark.parametrize(
    ("data", "holes"),
    [
        ({}, 8 * MEGABYTE),
        ({0: NOISE}, 7 * MEGABYTE),
        ({3 * MEGABYTE: NOISE, 7 * MEGABYTE: NOISE}, 6 * MEGABYTE),
        ({0: NOISE * 8}, 0),
    ],
)
def test_holes_are_counted_where_they_are(tmp_path: Path, data: dict[int, bytes], holes: int) -> None:
    sparse(tmp_path / "file", 8 * MEGABYTE, data)
    with open(tmp_path / "file", "rb") as file:
        # A compressing file system reports few blocks for every file.
        status = os.stat_result((*os.fstat(file.fileno())[:10],), {"st_blocks": 0})
        assert count_holes(file.fileno(), status) == holes
        assert file.read(1) == (data.get(0) or b"\0")[:1]


def test_each_size_is_compressed_once() -> None:
    class Counting(GzipCodec):
        def compress(self, raw: bytes | bytearray | memoryview) -> bytes:
            sizes.append(len(raw))
            return super().compress(raw)

    sizes: list[int] = []
    zeros = ZeroFrames(Counting())
    found = [zeros.frame(size, name) for size in (MEGABYTE, HOLE) for name in ("a", "b")]
    assert sizes == [MEGABYTE, HOLE]
    assert [(frame.first, frame.raw_size) for frame in found] == [
        ("a", MEGABYTE),
        ("b", MEGABYTE),
        ("a", HOLE),
        ("b", HOLE),
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (bytes(100), [(100, False)]),
        (bytes(4096), [(4096, True)]),
        (b"x" * 200_000, [(200_000, False)]),
        (bytes(200_000), [(196_608, True), (3392, False)]),
        (b"x" + bytes(200_000), [(65_536, False), (131_072, True), (3393, False)]),
        (bytes(65_536) + b"x" + bytes(65_535), [(65_536, True), (65_536, False)]),
        # Zeros at both ends; no hole.
        (bytes(30_000) + b"x" + bytes(35_535), [(65_536, False)]),
    ],
)
def test_zeros_are_told_apart(content: bytes, found: list[tuple[int, bool]]) -> None:
    pieces = list(runs(memoryview(content)))
    assert [(len(piece), zeros) for piece, zeros in pieces] == found
    assert b"".join(piece for piece, _zeros in pieces) == content


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_no_space_is_wanted_for_holes(tmp_path: Path, compression: str) -> None:
    sparse(tmp_path / "sparse", 40 * 10**9, {20 * 10**9: NOISE})
    assert MEGABYTE / 2 <= estimate_packed(str(tmp_path), codec(compression)) <= 100 * MEGABYTE
    assert estimate_packed(str(tmp_path), codec("none")) >= 40 * 10**9 - MEGABYTE
