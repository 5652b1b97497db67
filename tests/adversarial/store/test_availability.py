# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actors: the media writer, and any role of the database. Claim: one object of theirs stops all backups, or hides in none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.notes import Notes
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.spool import spool_names
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.walk import Excludes, walk
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verdict import INCOMPLETE, status_of
from ansible_collections.ticketz.sidekick.tests.support import runs


def nested(root: Path, name: str, levels: int) -> None:
    """Directories in each other, deeper than a path may be long."""
    here = os.open(root, os.O_RDONLY)
    for _level in range(levels):
        os.mkdir(name, dir_fd=here)
        inner = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("last", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


SHAPES: dict[str, Callable[[Path], None]] = {
    "201 levels": lambda root: nested(root, "d", 201),
    "250 levels": lambda root: nested(root, "d", 250),
    "4,001 bytes": lambda root: nested(root, "n" * 250, 16),
}


@pytest.mark.parametrize("beforehand", [False, True], ids=["walked", "listed beforehand"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_paths_that_no_archive_holds(tmp_path: Path, shape: Callable[[Path], None], beforehand: bool) -> None:
    root = tmp_path / "media"
    root.mkdir()
    shape(root)
    (root / "zebra.jpg").write_bytes(b"x")
    found, notices = _walked(root, tmp_path, beforehand)
    assert found[-1] == b"zebra.jpg"
    assert [notice.code for notice in notices] == ["path_left_out"]
    assert status_of(Outcome(True, {}, tuple(notices))) == INCOMPLETE


@pytest.mark.parametrize("beforehand", [False, True], ids=["walked", "listed beforehand"])
def test_names_that_only_look_private(tmp_path: Path, beforehand: bool) -> None:
    root = tmp_path / "media"
    root.mkdir()
    hidden = b".ticketz-sidekick-restore.public.0123456789ab"
    looking = [
        b".ticketz-sidekick-x",
        b".ticketz-sidekick-restore.public",
        b".ticketz-sidekick-swap.public.0123456789AB",
        b".ticketz-sidekick-restore.public.0123456789ab.jpg",
        b"x.ticketz-sidekick-restore.public.0123456789ab",
    ]
    for name in (*looking, hidden):
        (root / os.fsdecode(name)).write_bytes(b"x")
    found, notices = _walked(root, tmp_path, beforehand)
    assert sorted(found) == sorted([b".", *looking])
    assert [(notice.code, notice.facts["path"]) for notice in notices] == [
        ("private_left_out", f"{root}/{hidden.decode()}")
    ]


def _walked(root: Path, place: Path, beforehand: bool) -> tuple[list[bytes], list[Notice]]:
    notices: list[Notice] = []
    listed = spool_names("media", str(root), exclude=(), notices=notices, place=place) if beforehand else None
    descriptor = os.open(root, os.O_RDONLY)
    try:
        names = walk(descriptor, str(root), Excludes(()), Notes(notices), listed.reader() if listed else None)
        return [found.path for found in names], notices
    finally:
        os.close(descriptor)
        if listed:
            listed.close()


def test_large_objects_of_any_role(database: Any, tmp_path: Path) -> None:
    """As superuser or not: everything else is there, what is missing is said, and a restore works."""
    database.execute(
        "CREATE TABLE kept (id int PRIMARY KEY, o oid); SELECT lo_create(0) FROM generate_series(1, 3);"
        "INSERT INTO kept SELECT 1, lo_from_bytea(0, 'x')"
    )
    store = tmp_path / "store"
    made = runs.make_backup(runs.reach(database), store)
    assert [notice.facts["count"] for notice in made.notices if notice.code == "large_objects_left"] == [4]
    assert status_of(Outcome(True, {}, made.notices)) == INCOMPLETE
    before = runs.contents(database.connect())
    done = runs.make_restore(
        runs.reach(database), store, if_not_empty="replace", keep_previous=False, components=("database",)
    )
    assert done.changed
    assert runs.contents(database.connect()) == before


def test_sparse_files_of_the_media_writer(database: Any, tmp_path: Path) -> None:
    """Neither stops a backup, nor fills a store or the disk of a restore: one that nobody could hash, and one of 300 MB."""
    media, place = tmp_path / "media", tmp_path / "place"
    media.mkdir()
    for name, size in (("absurd", 8 * 1024**4), ("hole", 300_000_000)):
        (media / name).touch()
        os.truncate(media / name, size)
    (media / "photo.jpg").write_bytes(b"x")
    made = runs.make_backup(runs.reach(database), tmp_path / "store", directories={"media": media})
    assert made.backup["incomplete"] == {"directories:media": ["sparse_left_out"]}
    assert status_of(Outcome(True, {}, made.notices)) == INCOMPLETE
    assert made.backup["size"] < 1_000_000
    runs.make_restore(
        runs.reach(database), tmp_path / "store", components=("directories",), directories={"media": place}
    )
    found = {path.name: path.stat() for path in place.iterdir()}
    assert {name: status.st_size for name, status in found.items()} == {"hole": 300_000_000, "photo.jpg": 1}
    assert found["hole"].st_blocks * 512 < 20_000_000
