# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory with all types of files, and keys."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.frames import FRAME_SIZE
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import PASSPHRASE


@pytest.fixture(scope="session")
def passphrase() -> Key:
    """One key for all tests, because deriving it takes time."""
    return Key.from_text(PASSPHRASE)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A media folder with odd names, links, modes and times, and files smaller and larger than a frame."""
    dice = random.Random(42)
    root = tmp_path / "media"
    (root / "company1" / "áudio 💬").mkdir(parents=True)
    (root / "empty" / "empty").mkdir(parents=True)
    for number in range(40):
        (root / "company1" / f"{number}.jpg").write_bytes(dice.randbytes(dice.randrange(60_000)))
    (root / "company1" / "texto.txt").write_bytes(b"ola mundo\n" * 50_000)
    (root / "company1" / "empty").write_bytes(b"")
    (root / "company1" / "áudio 💬" / "line\nbreak\t%41").write_bytes(b"x" * 512)
    (root / "video.mp4").write_bytes(dice.randbytes(20 * 1024 * 1024 + 77))
    (root / "exact.bin").write_bytes(dice.randbytes(FRAME_SIZE - 512))
    (root / ("n" * 255)).write_bytes(b"longest name")
    base = os.fsencode(root)
    for name in (
        b"bad\xff\xfename",
        b"back\\slash",
        b" spaces ",
        b"-rf",
        b"*",
        b"...",
        b"\x01\x7f",
        b"a.b",
        b"a",
    ):
        with open(os.path.join(base, name), "wb") as file:
            file.write(b"content of " + name)
    deep = root / "/".join(["d" * 100] * 12)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"deep")
    os.symlink("company1/1.jpg", root / "link")
    os.symlink(b"bad\xff\xfename", os.path.join(base, b"link\xff"))
    os.symlink("missing" * 20, root / "dangling")
    os.symlink("../a", root / "company1" / "up")
    os.link(root / "company1" / "2.jpg", root / "empty" / "hard")
    os.link(root / "company1" / "2.jpg", root / "zzz-hard")
    os.link(root / "video.mp4", root / "zzz-video")
    (root / "company1" / "3.jpg").chmod(0o400)
    (root / "company1" / "4.jpg").chmod(0o755)
    (root / "empty").chmod(0o1777)
    if os.geteuid() == 0:
        os.chown(root / "company1" / "5.jpg", 12345, 54321)
        os.chown(root / "link", 3_000_000, 1, follow_symlinks=False)
        os.chown(root / "company1" / "6.jpg", 4_000_000_000, 4_000_000_000)
    os.utime(root / "company1" / "7.jpg", ns=(1, 1_234_567_890_123_456_789))
    os.utime(root / "company1" / "8.jpg", ns=(1, -5_000_000_001))
    os.utime(root / "link", ns=(1, 99), follow_symlinks=False)
    os.utime(root / "empty", ns=(1, 1_111_111_111_222_222_222))
    os.utime(root, ns=(1, 1_000_000_000_999_999_999))
    return root
