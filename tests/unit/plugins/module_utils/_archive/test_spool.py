# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only names that existed when a directory was listed are backed up."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.notes import Notes
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.spool import Spool, spool_names
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.walk import Excludes, walk
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, Notice


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """``spool(media, "*.tmp")``: the names in a directory, except the excluded ones."""
    made: list[Spool] = []

    def take(media: Path, *exclude: str, place: Path = tmp_path) -> Spool:
        notices: list[Notice] = []
        made.append(spool_names("media", str(media), exclude=exclude, notices=notices, place=place))
        assert {notice.code for notice in notices} <= {"private_left_out"}
        return made[-1]

    yield take
    for one in made:
        one.close()


def seen(media: Path, listed: Spool | None = None) -> tuple[list[bytes], list[str]]:
    """Return the paths in the order of the walk, and the warnings."""
    notices: list[Notice] = []
    root = os.open(media, os.O_RDONLY)
    try:
        reader = listed.reader() if listed else None
        found = [each.path for each in walk(root, str(media), Excludes(()), Notes(notices), reader)]
    finally:
        os.close(root)
    return found, [
        f"{notice.code} {Path(str(notice.facts['path'])).relative_to(media)}" for notice in notices
    ]


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Names that contain the spool's marks and separators, on several levels."""
    path = tmp_path / "media"
    for directory in ("a", "a-", "b/a/c/empty", "b/a b", "z"):
        (path / directory).mkdir(parents=True)
    for file in (
        "a.b",
        "a/x",
        "a/y",
        "a-/x",
        "b/a/c/1.jpg",
        "b/a.jpg",
        "b/a b/\n",
        "z/\x01",
        "z/\x7f.jpg",
        "ç",
    ):
        (path / file).write_text("content")
    (path / "link").symlink_to("a")
    (path / os.fsdecode(b"\xff\xfe")).write_text("no UTF-8")
    return path


def test_an_unchanged_tree_is_walked_as_ever(
    media: Path, tmp_path: Path, spool: Callable[..., Spool]
) -> None:
    with_spool = spool(media)
    plain = seen(media)
    assert seen(media, with_spool) == plain == seen(media, with_spool)
    assert with_spool.count == len(plain[0]) - 1 and not plain[1]
    # The spool's file has no name.
    assert sorted(os.listdir(tmp_path)) == ["media"]


def test_what_came_later_is_left_out_and_what_went_is_named(
    media: Path, tmp_path: Path, spool: Callable[..., Spool]
) -> None:
    listed = spool(media)
    before = seen(media)[0]
    (media / "a/new.jpg").write_text("new")
    (media / "new").mkdir()
    (media / "a/x").unlink()
    shutil.rmtree(media / "b/a")
    # These names have another type now.
    (media / "a.b").unlink()
    (media / "a.b").mkdir()
    (media / "a.b/inner").write_text("new")
    shutil.rmtree(media / "a-")
    (media / "a-").write_text("a file")
    found, noted = seen(media, listed)
    assert sorted(noted) == [f"file_vanished {name}" for name in ("a-", "a.b", "a/x", "b/a")]
    gone = {b"a-", b"a-/x", b"a.b", b"a/x", b"b/a", b"b/a/c", b"b/a/c/1.jpg", b"b/a/c/empty"}
    assert found == [path for path in before if path not in gone]


def test_excluded_and_private_names_are_not_listed(
    media: Path, tmp_path: Path, spool: Callable[..., Spool]
) -> None:
    private = media / ".ticketz-sidekick-restore.public.0123456789ab"
    private.mkdir()
    (private / "x").write_text("half restored")
    found, _noted = seen(media, spool(media, "b", "*.b"))
    assert not [path for path in found if path.startswith((b"b", b".ticketz")) or path == b"a.b"]
    assert b"a/x" in found


@pytest.mark.long
def test_a_large_directory_takes_little_memory(tmp_path: Path, spool: Callable[..., Spool]) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for number in range(50_000):
        os.close(os.open(media / f"{number * 7919 % 50_000}_image.jpeg", os.O_CREAT | os.O_WRONLY))
    tracemalloc.start()
    listed = spool(media)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert listed.count == 50_000 and peak < 8_000_000
    assert seen(media, listed)[0] == seen(media)[0]


def test_trouble_with_the_list_is_told(media: Path, tmp_path: Path, spool: Callable[..., Spool]) -> None:
    with pytest.raises(HostError) as caught:
        spool(tmp_path / "absent")
    assert caught.value.code == "directory_absent"
    with pytest.raises(HostError) as caught:
        spool(media, place=tmp_path / "absent")
    assert caught.value.code == "write_failed"
