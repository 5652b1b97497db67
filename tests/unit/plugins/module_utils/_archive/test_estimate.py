# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estimated size of an archive is close to the real size."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import COMPRESSIONS, codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.estimate import estimate_packed

#: Words of chat texts, which are repeated often.
_WORDS = ["bom", "dia", "tudo", "bem", "pedido", "número", "obrigado", "boleto", "atendimento", "entrega"]


def _text(size: int) -> bytes:
    chosen = random.Random(size)
    return " ".join(chosen.choices(_WORDS, k=size // 6)).encode()[:size]


def _photos(root: Path) -> None:
    for number in range(60):
        (root / f"{number}.jpg").write_bytes(os.urandom(20_000))


def _exports(root: Path) -> None:
    for number in range(60):
        (root / f"{number}.csv").write_bytes(_text(20_000))


def _mixed(root: Path) -> None:
    """Create media like Ticketz's: a few large videos, many small pictures, some text."""
    for number in range(3):
        (root / f"{number}.mp4").write_bytes(os.urandom(800_000))
    for folder in range(6):
        (root / f"{folder}").mkdir()
        for number in range(20):
            (root / f"{folder}" / f"{number}.webp").write_bytes(os.urandom(3_000))
        (root / f"{folder}" / "log.txt").write_bytes(_text(100_000))


def _one_among_some(root: Path) -> None:
    """Create files so that nearly all bytes are in one, few enough that the estimate reads all of them."""
    (root / "video.mp4").write_bytes(os.urandom(2_000_000))
    for number in range(20):
        (root / f"{number}.txt").write_bytes(_text(5_000))


def _one_among_many(root: Path) -> None:
    """Create files so that nearly all bytes are in one, which a random sample of files would rarely include."""
    _one_among_some(root)
    for number in range(20, 200):
        (root / f"{number}.txt").write_bytes(_text(2_000))


def _packed(root: Path, compression: str) -> int:
    packer = codec(compression)
    return sum(len(packer.compress(path.read_bytes())) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize("fill", [_photos, _exports, _mixed, _one_among_some, _one_among_many])
def test_it_is_about_what_is_written(fill: Callable[[Path], None], tmp_path: Path) -> None:
    fill(tmp_path)
    for compression in COMPRESSIONS:
        told, written = estimate_packed(str(tmp_path), codec(compression)), _packed(tmp_path, compression)
        assert 0.8 * written < told < 1.2 * written, compression


def test_what_is_not_written_does_not_count(tmp_path: Path) -> None:
    assert estimate_packed(str(tmp_path), codec("none")) == 0
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    assert estimate_packed(str(tmp_path), codec("none")) == 0
    (tmp_path / "video.mp4").write_bytes(os.urandom(100_000))
    for number in range(5):
        os.link(tmp_path / "video.mp4", tmp_path / f"again{number}")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "thumb.tmp").write_bytes(os.urandom(50_000))
    assert estimate_packed(str(tmp_path), codec("none"), ("*.tmp",)) == 100_000
    assert estimate_packed(str(tmp_path), codec("none")) == 150_000
    # A hole needs no space in a compressed archive.
    os.truncate(tmp_path / "empty", 50_000_000)
    assert estimate_packed(str(tmp_path), codec("gzip"), ("*.tmp",)) < 1_000_000
