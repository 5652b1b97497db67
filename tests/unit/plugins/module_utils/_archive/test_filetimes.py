# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times that are far from today. A file system in memory can store all of them, ext4 only 1901 to 2446."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.filetimes import is_kept, set_time
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import check_readback
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.unpack import unpack_directory
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build, tree

SECOND = 10**9
TIMES = {
    "2117": 4_638_988_800 * SECOND,
    "1822": -4_670_438_400 * SECOND + 1,
    "1601, where CIFS begins": -11_644_473_600 * SECOND,
    "2500": 16_725_225_600 * SECOND + 999_999_999,
    "milliseconds taken for seconds": 1_700_000_000_000 * SECOND,
    "the last second": (2**63 - 1) * SECOND,
}


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("when", TIMES)
def test_every_time_of_a_file_comes_back(
    tmp_path: Path, memory: Path, passphrase: Key, when: str, encrypted: bool
) -> None:
    key = passphrase if encrypted else None
    source = memory / "source"
    (source / "company1").mkdir(parents=True)
    (source / "company1" / "foto.jpg").write_bytes(b"photo")
    (source / "large.mp4").write_bytes(bytes(9_000_000))
    os.symlink("foto.jpg", source / "company1" / "link")
    for path in (
        source / "company1" / "foto.jpg",
        source / "large.mp4",
        source / "company1" / "link",
        source,
    ):
        os.utime(path, ns=(1, TIMES[when]), follow_symlinks=False)
    assert source.stat().st_mtime_ns == TIMES[when]
    before = tree(source)
    written = build(tmp_path / "archive", key=key, directories={"public": source})
    check_readback(str(tmp_path / "archive"), written, key)
    here, there = tmp_path / "here", memory / "there"
    for out in (here, there):
        out.mkdir(mode=0o700)
    with ArchiveReader.open(str(tmp_path / "archive"), key, KINDS) as reader:
        check_archive(reader, 2)
        (entry,) = directories_of(reader.manifest)
        assert unpack_directory(reader, entry, str(there), jobs=2).notices == ()
        notices = unpack_directory(reader, entry, str(here), jobs=2).notices
    assert tree(there) == before
    if tree(here) == before:
        assert notices == ()
    else:
        assert [notice.code for notice in notices] == ["time_not_kept"]
        assert str(here) in notices[0].text("pt")
        assert notices[0].text("pt") != notices[0].text("en")
        assert tree(here, metadata=False) == tree(there, metadata=False)
        assert is_kept((here / "large.mp4").stat().st_mtime_ns, TIMES[when])


def test_what_a_disk_made_of_a_time_is_known_again(tmp_path: Path, memory: Path) -> None:
    for place in (tmp_path, memory):
        path = place / "file"
        path.touch()
        for wanted in (*TIMES.values(), -1, 0, 1, 1_700_000_000 * SECOND):
            kept = set_time(os.fsencode(path.name), wanted, os.open(place, os.O_RDONLY))
            assert kept == (path.stat().st_mtime_ns == wanted)
            assert is_kept(path.stat().st_mtime_ns, wanted)
    assert not is_kept(1_700_000_000 * SECOND, 1_700_000_001 * SECOND)
    assert not is_kept(1_700_000_000 * SECOND, TIMES["2117"])
    assert not is_kept(1_700_000_000 * SECOND, TIMES["1822"])
    assert not is_kept(TIMES["2500"], TIMES["2117"])
