# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives can be read with stock tools alone. If a tool is missing, these tests fail."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.tests.support.archive_samples import TABLES, build, tree

EXTRACT = {"gzip": ["tar", "-xzf"], "zstd": ["tar", "--zstd", "-xf"], "none": ["tar", "-xf"]}
TEST = {"gzip": ["gzip", "-t"], "zstd": ["zstd", "-tq"]}


def run(command: list[str], **options: object) -> str:
    done = subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    # GNU tar's warnings about names that are not UTF-8, and about times before 1970
    expected = (b"hdrcharset", b"implausibly old time stamp")
    complaints = [line for line in done.stderr.splitlines() if not any(word in line for word in expected)]
    assert not complaints, complaints
    output: str = done.stdout.decode(errors="surrogateescape")
    return output


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_tar_extracts_the_same_as_was_backed_up(tmp_path: Path, media: Path, compression: str) -> None:
    archive = tmp_path / "archive"
    build(archive, compression, directories={"media": media, "odd name": media / "company1"})
    if compression in TEST:
        run(TEST[compression], input=archive.read_bytes())
    out = tmp_path / "out"
    out.mkdir()
    options = ["-C", str(out), "--same-permissions", "--numeric-owner"]
    run([*EXTRACT[compression], str(archive), *options], env={**os.environ, "LC_ALL": "C.UTF-8"})
    # tar restores whole seconds
    assert _seconds(out / "files" / "media") == _seconds(media)
    assert _seconds(out / "files" / "odd%20name") == _seconds(media / "company1")
    for number, csv in enumerate(TABLES["public", "Messages"], 1):
        assert (out / f"database/data/public.Messages/{number:06d}.csv").read_bytes() == csv
    assert sorted(os.listdir(out / "files")) == ["media", "media.index", "odd%20name", "odd%20name.index"]


def _seconds(root: Path) -> dict[bytes, tuple[object, ...]]:
    found = {}
    for path, facts in tree(root).items():
        *others, mtime = facts
        found[path] = (*others, mtime // 10**9)
    return found


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_tar_lists_the_members_in_the_documented_order(tmp_path: Path, media: Path, compression: str) -> None:
    archive = tmp_path / "archive"
    build(archive, compression, directories={"media": media / "company1"})
    listing = {"gzip": ["-tzf"], "zstd": ["--zstd", "-tf"], "none": ["-tf"]}[compression]
    names = run(["tar", *listing, str(archive)]).splitlines()
    assert names[:8] == [
        "backup.json",
        "database/pre-data.sql",
        "database/catalog.jsonl",
        "database/data/public.Messages/000001.csv",
        "database/data/public.Messages/000002.csv",
        "database/sequences.json",
        "database/post-data.sql",
        "files/media/",
    ]
    assert names[-3:] == ["files/media.index/000001.jsonl", "config/backend.env", "manifest.json"]


def test_one_part_can_be_taken_out_by_name(tmp_path: Path) -> None:
    build(tmp_path / "a.tar.gz")
    member = "database/data/public.Messages/000002.csv"
    command = ["tar", "-xzOf", str(tmp_path / "a.tar.gz"), member]
    assert run(command).encode() == TABLES["public", "Messages"][1]
