# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups. Claim: a small archive fills the memory of the host that reads it.

All hashes of these archives are right. The bound is the one of docs/security.md, whatever the number of threads.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import frames, tarfmt, trailer
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.frames import (
    LARGEST_FILES_FRAME,
    LARGEST_MEMBERS_FRAME,
    LARGEST_PART_FRAME,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import part_member
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.parallel import MOST_IN_FLIGHT
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ROOT, Forge, entry, sha256

MEGABYTE = 1024 * 1024
#: The archives of this file have no larger honest frame.
LARGEST = 32 * MEGABYTE
#: Frames of an archive with many.
FRAMES = 10
#: Bytes beyond what the interpreter takes by itself: what is under way, once more where a library joins the pieces of what
#: it has decompressed, and one frame with what is made of it.
BOUND = 2 * MOST_IN_FLIGHT + 3 * LARGEST

_SCRIPT = """
import re, sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError

def peak():
    # What getrusage() says begins with the memory of the process that this one was forked from.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) * 1024

jobs, *paths = sys.argv[1:]
before = peak()
for path in paths:
    try:
        with ArchiveReader.open(path, None, KINDS) as reader:
            check_archive(reader, int(jobs))
        print(path, "taken")
    except SidekickError as error:
        print(path, error.code)
print(peak() - before)
"""


def _zeros(megabytes: float) -> bytes:
    return bytes(int(megabytes * MEGABYTE))


def _parts(forge: Forge, contents: list[bytes], claimed: int | None = None) -> None:
    """Add a table of these parts; the manifest may claim another size for their frames."""
    parts = []
    for number, csv in enumerate(contents, 1):
        name = part_member("public", "T", number)
        size = frames.member_size(name, claimed) if claimed is not None else None
        frame = forge.frame(frames.member(name, csv), name, size)
        rows = {"number": number, "frame": frame, "rows": csv.count(b"\n") - 1, "sha256": sha256(csv)}
        parts.append({**rows, "bytes": len(csv) if claimed is None else claimed})
    # The last one lies, so that all others are read before anything is refused.
    parts[-1]["rows"] += 1
    totals = {name: sum(part[name] for part in parts) for name in ("rows", "bytes")}  # type: ignore[misc]
    forge.table(b"id\n", 0)
    forge.manifest["frames"].pop()
    forge.blobs.pop()
    forge.manifest["database"]["tables"][0].update(parts=parts, **totals)


def parts_of_their_size(forge: Forge, megabytes: float) -> None:
    _parts(forge, [b"id\n" + (b"0" * 65_535 + b"\n") * int(megabytes * 16)] * FRAMES)


def a_part_that_holds_more(forge: Forge, megabytes: float) -> None:
    _parts(forge, [b"id\n" + _zeros(megabytes * 4)], claimed=1000)


def a_part_that_says_it_is_huge(forge: Forge, megabytes: float) -> None:
    _parts(forge, [b"id\n" + _zeros(megabytes)], claimed=LARGEST_PART_FRAME)


def members_of_their_size(forge: Forge, megabytes: float) -> None:
    for number in range(FRAMES):
        forge.member(f"database/{number}", _zeros(megabytes))
    forge.manifest["members"][-1]["sha256"] = "0" * 64


def a_member_that_holds_more(forge: Forge, megabytes: float) -> None:
    forge.frame(_zeros(megabytes * 4), raw_size=4096)
    facts = {"frame": len(forge.blobs) - 1, "offset": 512, "bytes": 3584, "sha256": "0" * 64}
    forge.manifest["members"].append({"name": "database/more", **facts})


def a_member_that_says_it_is_huge(forge: Forge, megabytes: float) -> None:
    forge.frame(_zeros(megabytes), raw_size=LARGEST_MEMBERS_FRAME + 512)
    facts = {"frame": len(forge.blobs) - 1, "offset": 512, "bytes": 1, "sha256": "0" * 64}
    forge.manifest["members"].append({"name": "database/huge", **facts})


def files_in_frames_of_their_size(forge: Forge, megabytes: float) -> None:
    """One directory for each frame, as large as frames of contents may be."""
    content = _zeros(min(megabytes, LARGEST_FILES_FRAME // MEGABYTE - 1))
    for number in range(FRAMES):
        forge.directory([ROOT, (entry(b"a"), content)], name=f"d{number}")
    forge.manifest["directories"][-1]["files"] += 1


def contents_that_hold_more(forge: Forge, megabytes: float) -> None:
    directory = forge.directory([ROOT, (entry(b"a"), _zeros(megabytes))])
    number = directory["index"][0]["frame"] - 1
    forge.manifest["frames"][number]["raw_size"] = 4096


#: In one frame, which is refused for itself.
SINGLE: list[Callable[[Forge, float], None]] = [
    a_part_that_holds_more, a_part_that_says_it_is_huge, a_member_that_holds_more, a_member_that_says_it_is_huge,
    contents_that_hold_more,
]  # fmt: skip
#: In many frames, each of which is as large as it says.
MANY: list[Callable[[Forge, float], None]] = [
    parts_of_their_size, members_of_their_size, files_in_frames_of_their_size,
]  # fmt: skip


def _bombs(folder: Path, kinds: list[Callable[[Forge, float], None]], sizes: list[float]) -> list[Path]:
    """Write each bomb of each compression in each size; return their paths."""
    paths = []
    for make, compression, size in itertools.product(kinds, ("gzip", "zstd"), sizes):
        forge = Forge(compression)
        make(forge, size)
        paths.append(forge.write(folder / f"{make.__name__}_{compression}_{size:g}"))
    return paths


def _hollow(folder: Path) -> list[Path]:
    """Archives with holes: where a frame is said to be, and where the manifest is."""
    forge = Forge("none")
    forge.frame(_zeros(1))
    hole = 4096 * MEGABYTE
    forge.manifest["frames"][-1]["length"] += hole
    text = json.dumps(forge.manifest).encode()
    raw = frames.member("manifest.json", text) + tarfmt.END
    offset = sum(map(len, forge.blobs)) + hole
    paths = [folder / "hole_in_a_frame", folder / "hole_in_the_manifest"]
    ends = (
        (raw, trailer.Trailer(offset, len(raw), len(raw), sha256(raw))),
        (raw, trailer.Trailer(offset - hole, len(raw) + hole, len(raw), sha256(raw))),
    )
    for path, (manifest, place) in zip(paths, ends):
        with open(path, "wb") as file:
            file.write(b"".join(forge.blobs))
            file.seek(hole, os.SEEK_CUR)
            file.write(manifest + trailer.encode(forge.codec, place))
    return paths


def _read(paths: list[Path], jobs: int) -> tuple[dict[str, str], int]:
    """Verify archives in a process of its own; return what became of each, and how its memory has grown."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _SCRIPT, str(jobs), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    *lines, grown = done.stdout.splitlines()
    return {Path(path).name: code for path, code in (line.rsplit(" ", 1) for line in lines)}, int(grown)


def _refused(paths: list[Path], jobs: int) -> None:
    codes, grown = _read(paths, jobs)
    assert len(codes) == len(paths)
    assert set(codes.values()) <= {
        "manifest_false", "archive_damaged", "json_invalid", "archive_truncated",
    }, codes  # fmt: skip
    assert grown < BOUND, f"{grown / MEGABYTE:.0f} MB with {jobs} jobs"


@attack(STORE_WRITER, "fills the memory of who reads an archive by what it decompresses to, or says it would")
def test_bombs(tmp_path: Path) -> None:
    _refused(_bombs(tmp_path, SINGLE, [12]) + _hollow(tmp_path), 8)


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A hundred archives and more."""
    folder = tmp_path_factory.mktemp("bombs")
    paths = _bombs(folder, SINGLE, [0.5, 1, 2, 3, 5, 8, 13, 21, LARGEST // MEGABYTE - 1])
    return [*paths, *_bombs(folder, MANY, [8.5, LARGEST // MEGABYTE - 1]), *_hollow(folder)]


@pytest.mark.long
@attack(STORE_WRITER, "fills the memory of who reads one of a hundred archives")
@pytest.mark.parametrize("jobs", [2, 8])
def test_a_hundred_bombs(hundred: list[Path], jobs: int) -> None:
    assert len(hundred) >= 100
    _refused(hundred, jobs)
