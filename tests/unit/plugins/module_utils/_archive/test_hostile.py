# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives with correct hashes and a false manifest are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import frames, tarfmt
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import Forge

CSV = b"id\n1\n2\n"


def checked(path: Path) -> None:
    with ArchiveReader.open(str(path), None, KINDS) as reader:
        check_archive(reader, 2)


def refusal(forge: Forge, tmp_path: Path, spoil: Callable[[bytes], bytes] | None = None) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        checked(forge.write(tmp_path / "evil", spoil))
    assert caught.value.text("pt") != str(caught.value)
    return caught.value


def test_an_honest_forgery_is_taken(tmp_path: Path) -> None:
    forge = Forge()
    forge.table(CSV, 2)
    forge.member("config/x", b"y", "config")
    checked(forge.write(tmp_path / "a"))


@pytest.mark.parametrize("change", [{"mode": 0o644}, {"uid": 7}, {"user": "root"}, {"mtime_ns": -(10**9)}])
def test_other_attributes_than_in_the_tar_header(tmp_path: Path, change: dict[str, object]) -> None:
    forge = Forge()
    forge.member("config/x", b"y", "config")
    said = {"mode": 0o600, "uid": 0, "gid": 0, "user": "", "group": "", "mtime_ns": 0}
    forge.manifest["config"][0]["attributes"] = said
    checked(forge.write(tmp_path / "honest"))
    forge.manifest["config"][0]["attributes"] = {**said, **change}
    assert refusal(forge, tmp_path).facts.get("problem") == "member"


@pytest.mark.parametrize("rows", [0, 1, 3, 10**9])
def test_rows_that_are_not_there(tmp_path: Path, rows: int) -> None:
    forge = Forge()
    forge.table(CSV, rows)
    assert refusal(forge, tmp_path).facts.get("problem") == "rows"


@pytest.mark.parametrize("columns", [[], ["x"], ["id", "x"]])
def test_other_columns_than_the_header_line_s(tmp_path: Path, columns: list[str]) -> None:
    forge = Forge()
    forge.table(CSV, 2, columns)
    assert refusal(forge, tmp_path).facts.get("problem") == "columns"


def test_content_that_is_no_csv(tmp_path: Path) -> None:
    for csv in (b"", b"id", b'id\n"1\n'):
        forge = Forge()
        forge.table(csv, 0)
        assert refusal(forge, tmp_path).facts.get("problem") == "columns"


@pytest.mark.parametrize(
    "name",
    [
        "database/data/public.U/000001.csv",
        "database/data/public.T/000002.csv",
        "../victim",
        "/etc/passwd",
        "x",
    ],
)
def test_a_part_under_the_name_of_another(tmp_path: Path, name: str) -> None:
    forge = Forge()
    forge.table(CSV, 2, name=name)
    assert refusal(forge, tmp_path).facts.get("problem") == "member"


@pytest.mark.parametrize(
    "name",
    [
        "config/../x",
        "config/",
        "/config/x",
        "config/a\\b",
        "config/a\nb",
        "config//x",
        "redis/x",
        "x",
        "database/data/public.T/000001.csv",
    ],
)
def test_hostile_member_names(tmp_path: Path, name: str) -> None:
    forge = Forge()
    forge.member(name, b"x", "config")
    assert refusal(forge, tmp_path).code in ("name_invalid", "manifest_false")


def test_members_under_other_names_and_twice(tmp_path: Path) -> None:
    forge = Forge()
    forge.member("config/x", b"x", "config", claimed="config/y")
    assert refusal(forge, tmp_path).facts.get("problem") == "member"
    forge = Forge()
    forge.member("config/x", b"x", "config")
    forge.member("config/x", b"x", "config")
    assert refusal(forge, tmp_path).code == "manifest_false"


def _change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *above, last = [int(key) if key.isdigit() else key for key in path.split("/")]
        inner: Any = document
        for key in above:
            inner = inner[key]
        inner[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("frames/1/offset", 0),
        ("frames/1/offset", 10**15),
        ("frames/0/offset", 1),
        ("frames/1/length", 1),
        ("frames/1/length", 10**15),
        ("frames/1/raw_size", 512),
        ("frames/1/raw_size", 10**9),
        ("frames/1/raw_size", 2**40),
        ("frames/1/raw_size", 1023),
        ("frames/1/sha256", "0" * 64),
        ("members/0/frame", 1),
        ("members/0/frame", 10**9),
        ("members/0/offset", 0),
        ("members/0/offset", 513),
        ("members/0/bytes", 10**9),
        ("members/0/bytes", 1),
        ("members/0/sha256", "0" * 64),
        ("members", []),
        ("members/0/name", "manifest.json"),
        ("members/0/name", "database/x"),
        ("config/0/frame", 0),
        ("database/tables/0/rows", 3),
        ("database/tables/0/bytes", 1),
        ("database/tables/0/name", ""),
        ("database/tables/0/name", "U"),
        ("database/tables/0/parts/0/number", 2),
        ("database/tables/0/parts/0/frame", 0),
        ("database/tables/0/parts/0/frame", 99),
        ("database/tables/0/parts/0/bytes", 10**9),
        ("database/tables/0/parts/0/sha256", "0" * 64),
        ("database/tables/0/parts", []),
        ("database", None),
        ("compression", "zstd"),
        ("compression", "none"),
        ("encryption", "aes256"),
        ("format", 2),
        ("format", 0),
        ("id", "another"),
        ("frames", []),
    ],
)
def test_single_lies_in_the_manifest(tmp_path: Path, path: str, value: Any) -> None:
    forge = Forge()
    forge.table(CSV, 2)
    forge.member("config/x", b"y" * 2000, "config")
    _change(path, value)(forge.manifest)
    refusal(forge, tmp_path)


def test_a_table_and_a_directory_twice(tmp_path: Path) -> None:
    forge = Forge()
    table = forge.table(CSV, 2)
    forge.manifest["database"]["tables"].append(table)
    assert refusal(forge, tmp_path).code == "manifest_false"


def test_frames_that_overlap_or_leave_gaps(tmp_path: Path) -> None:
    for shift in (-1, 1):
        forge = Forge()
        forge.table(CSV, 2)
        forge.manifest["frames"][1]["offset"] += shift
        assert refusal(forge, tmp_path).code == "manifest_false"


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_in_a_part(tmp_path: Path, compression: str) -> None:
    forge = Forge(compression)
    csv = b"id\n" + b"1" * 40_000_000 + b"\n"
    table = forge.table(csv, 1)
    for entry in (table, table["parts"][0]):
        entry["bytes"] = 100
    forge.manifest["frames"][1]["raw_size"] = 1024
    assert refusal(forge, tmp_path).facts.get("problem") == "frame_size"


def test_a_frame_with_less_than_it_claims(tmp_path: Path) -> None:
    forge = Forge()
    table = forge.table(CSV, 2)
    for entry in (table, table["parts"][0]):
        entry["bytes"] = 10**9
    forge.manifest["frames"][1]["raw_size"] = 10**9
    assert refusal(forge, tmp_path).code == "manifest_false"
    forge.manifest["frames"][1]["raw_size"] = 512 + 10**9 + tarfmt.padding(10**9)
    assert refusal(forge, tmp_path).facts.get("problem") == "frame"


def test_a_member_that_shares_its_frame_with_something_hidden(tmp_path: Path) -> None:
    forge = Forge()
    raw = frames.member("config/a", b"a") + frames.member("config/hidden", b"b")
    number = forge.frame(raw)
    entry = {"name": "config/a", "frame": number, "offset": 512, "bytes": 1, "sha256": _sha256(b"a")}
    forge.manifest["config"].append(entry)
    assert refusal(forge, tmp_path).facts.get("problem") == "frame_content"
    hidden = {"name": "config/hidden", "frame": number, "offset": 1536, "bytes": 1, "sha256": _sha256(b"b")}
    forge.manifest["config"].append(hidden)
    checked(forge.write(tmp_path / "honest"))


def test_members_that_overlap(tmp_path: Path) -> None:
    forge = Forge()
    number = forge.frame(frames.member("config/a", b"a" * 2000))
    for name, start in (("config/a", 512), ("config/b", 1024)):
        payload = b"a" * (2000 - start + 512)
        entry = {
            "name": name,
            "frame": number,
            "offset": start,
            "bytes": len(payload),
            "sha256": _sha256(payload),
        }
        forge.manifest["config"].append(entry)
    assert refusal(forge, tmp_path).code in ("manifest_false", "header_false")


def _sha256(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format":1,"format":1}']
)
def test_manifests_that_are_none(tmp_path: Path, text: bytes) -> None:
    assert refusal(Forge(), tmp_path, lambda _manifest: text).code == "json_invalid"


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"format":2,"id":"x"}', b'{"format":1,"id":"x"}', b'{"format":1}']
)
def test_a_first_member_that_says_something_else(tmp_path: Path, text: bytes) -> None:
    forge = Forge()
    forge.blobs.clear()
    forge.manifest["frames"].clear()
    forge.manifest["members"].clear()
    forge.member("backup.json", text)
    assert refusal(forge, tmp_path).code in ("json_invalid", "manifest_false")


def test_every_number_of_a_manifest_may_be_absurd(tmp_path: Path) -> None:
    forge = Forge()
    forge.table(CSV, 2)
    text = json.dumps(forge.manifest)
    for absurd in ("1" + "0" * 30, "1e400", "-1", "9223372036854775807", "NaN"):
        for place in [
            place for place, letter in enumerate(text) if letter.isdigit() and text[place - 1] == " "
        ]:
            end = place
            while text[end].isdigit():
                end += 1
            spoilt = (text[:place] + absurd + text[end:]).encode()
            path = forge.write(tmp_path / "evil", lambda _manifest, spoilt=spoilt: spoilt)  # type: ignore[misc]
            try:
                checked(path)
            except ArchiveError:
                continue
            # numbers that only describe the source may have any value
            before = text[:place]
            assert before.endswith(('"server_version_num": ', '"size": ')), before[-40:]
