# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that describes the format is correct: the reader printed there reads the archives that are written."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import cipher, trailer
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import BACKUP_JSON, TABLES, build

PAGE = Path(__file__).parents[5] / "docs" / "archive-format.md"


def reader_of_the_page() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names["read"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "a").mkdir(parents=True)
    (root / "a" / "small").write_bytes(b"small")
    (root / "a" / "large").write_bytes(random.Random(1).randbytes(20_000_000))
    build(tmp_path / "archive", "gzip", directories={"media": root})
    return tmp_path / "archive"


def test_the_reader_of_the_page_reads_everything(archive: Path) -> None:
    found = reader_of_the_page()(archive)
    assert found["backup.json"] == BACKUP_JSON
    assert found["config/backend.env"] == b"DB_NAME=ticketz\n"
    assert [found[f"public.Messages/{number}"] for number in (1, 2)] == TABLES["public", "Messages"]
    assert found["files/media/a/small"] == b"small"
    assert found["files/media/a/large"] == (archive.parent / "media" / "a" / "large").read_bytes()


def test_the_reader_of_the_page_finds_damage(archive: Path) -> None:
    good = bytearray(archive.read_bytes())
    dice = random.Random(2)
    for _turn in range(10):
        place = dice.randrange(len(good))
        good[place] ^= 4
        archive.write_bytes(good)
        good[place] ^= 4
        with pytest.raises((AssertionError, OSError, EOFError)):
            reader_of_the_page()(archive)


def test_the_lengths_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    place = trailer.Trailer(1, 2, 3, "0" * 64)
    for name in ("gzip", "zstd", "none"):
        assert re.search(
            rf"^\| `{name}` \| .* \| {len(trailer.encode(codec(name), place))} \|$", text, re.MULTILINE
        )
    assert f"clear header of {cipher.HEADER_SIZE} bytes" in text
    assert f"segments of {cipher.SEGMENT:,} bytes" in text
    assert os.linesep == "\n"
