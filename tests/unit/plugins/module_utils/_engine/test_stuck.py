# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Full disks, and files that can't be removed: the cause is reported, and no data are lost."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import PRIVATE_PREFIX
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune import PruneRequest, prune
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune_previous import (
    PreviousRequest,
    prune_previous,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._os_errors import write_error
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import files
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import list_backups
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.retention import Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ID, ROOT, Forge, entry
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    MOUNTED,
    SOURCE,
    add_backup,
    id_at,
    on_own_mount,
)
from ansible_collections.ticketz.sidekick.tests.support.stuck import as_root, immutable

#: A server that does not exist, because restores of directories need none.
NOWHERE = Server(host="127.0.0.1", port=1, user="nobody", password="", database="nothing")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """An archive with a directory of 30 small files."""
    forge = Forge()
    forge.directory([ROOT, *((entry(b"%02d.jpg" % number), b"picture") for number in range(30))])
    return forge.write(tmp_path / f"{ID}.tar.gz")


def restore(media: Path, live: Path, **options: Any) -> Any:
    return runs.make_restore(
        NOWHERE,
        live.parent / "store",
        backup=str(media),
        backup_dir=None,
        components=("directories",),
        directories={"public": live},
        **options,
    )


def codes(notices: Any) -> list[str]:
    return [notice.code for notice in notices]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_restore_where_no_more_files_fit(dry_run: bool, media: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()

    def run() -> None:
        live = place / "public"
        live.mkdir()
        (live / "old.jpg").write_bytes(b"old")
        try:
            restore(media, live, if_not_empty="replace", dry_run=dry_run, journal=tmp_path / "switches")
        finally:
            assert runs.tree(live).keys() == {".", "old.jpg"}
            assert os.listdir(place) == ["public"]

    assert on_own_mount(place, "nr_inodes=12", run) in {"inodes_used_up", *MOUNTED}


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.variants
def test_a_backup_where_no_more_files_fit(dry_run: bool, shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)

    def run() -> None:
        os.chmod(store, 0o700)
        runs.make_backup(runs.reach(shop), store, dry_run=dry_run)

    assert on_own_mount(store, "nr_inodes=3", run) in {"inodes_used_up", *MOUNTED}


@pytest.mark.parametrize(
    "write",
    [
        lambda place: files.write_atomically(place / "record.json", b"{}"),
        lambda place: Store.open(place).lock("backup").acquire().release(),
        lambda place: Journal(place / "deeper").lock("restore").acquire().release(),
    ],
    ids=["a record", "a lock", "a journal"],
)
def test_the_last_file_does_not_fit(write: Callable[[Path], object], tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()

    def run() -> None:
        os.chmod(place, 0o700)
        with pytest.raises(OSError):
            for number in range(100):
                (place / f"file{number}").touch()
        write(place)

    assert on_own_mount(place, "nr_inodes=20", run) in {"inodes_used_up", *MOUNTED}


@as_root
@pytest.mark.parametrize("mark", ["i", "a"])
def test_a_leftover_that_stays_stops_no_backup(mark: str, shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = runs.make_backup(runs.reach(shop), store)
    left = [store / files.partial_name(f"{first.backup['id']}.tar.gz{end}") for end in ("", ".json")]
    for path in left:
        path.write_bytes(b"half of it")
    with immutable(left[0], mark=mark):
        made = runs.make_backup(runs.reach(shop), store)
        (notice,) = [notice for notice in made.notices if notice.code == "leftovers_stuck"]
        assert str(left[0]) in notice.text() and "chattr" in notice.text("pt")
        assert not left[1].exists()
    assert len(list_backups(store)) == 2
    assert "leftovers_stuck" not in codes(runs.make_backup(runs.reach(shop), store).notices)
    assert not left[0].exists()


@as_root
@pytest.mark.parametrize("part", ["", ".json"], ids=["archive", "sidecar"])
def test_a_backup_that_stays_keeps_no_other(part: str, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    now = datetime.datetime.now(datetime.timezone.utc)
    archives = [add_backup(store, id_at(now - days * DAY)) for days in (10, 20, 30, 40)]
    request = PruneRequest(store.path, Policy(keep_last=1, min_keep=1))
    with immutable(Path(f"{archives[2]}{part}")):
        done = prune(request)
        assert codes(done.notices) == ["backup_stuck"]
        assert archives[2].name.split(".")[0] in done.notices[0].text() and "chattr" in done.notices[0].text()
        assert {item.id for item in done.removed} == {
            path.name.split(".")[0] for path in (archives[1], archives[3])
        }
        assert archives[0].exists() and not archives[1].exists() and not archives[3].exists()
    prune(request)
    assert [path for path in os.listdir(store.path) if path.startswith(("backup", "."))].count(
        archives[2].name
    ) == 0
    assert [backup.path for backup in list_backups(store.path)] == [archives[0]]


@as_root
@pytest.mark.parametrize("what", ["a file", "a directory", "the directory itself"])
def test_previous_data_that_stay_are_named_and_tried_again(what: str, media: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    live = tmp_path / "desk" / "public"
    (live / "deep").mkdir(parents=True)
    (live / "deep" / "old.jpg").write_bytes(b"old")
    (live / "note.txt").write_bytes(b"old")
    restore(media, live, if_not_empty="replace")
    (record,) = Journal(runs.journal(live.parent / "store")).records()
    spare = Path(record.directories[0].spare)
    stuck = {
        "a file": spare / "deep" / "old.jpg",
        "a directory": spare / "deep",
        "the directory itself": spare,
    }
    request = PreviousRequest(runs.journal(live.parent / "store"), None, datetime.timedelta(0))
    with immutable(stuck[what]):
        removed, notices = prune_previous(request)
        assert (removed, codes(notices)) == ([], ["previous_not_removed"])
        assert str(spare) in notices[0].text() and "chattr" in notices[0].text("pt")
        assert spare.is_dir() and (what == "the directory itself" or not (spare / "note.txt").exists())
        # The next run is not affected, and tries again to remove them.
        again = restore(media, live, if_not_empty="replace")
        assert not again.changed and "previous_not_removed" in codes(again.notices)
    again = restore(media, live, if_not_empty="replace")
    assert "previous_not_removed" not in codes(again.notices)
    assert not spare.exists() and Journal(runs.journal(live.parent / "store")).records() == []


@as_root
def test_an_undo_does_not_care_about_what_stays(media: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    live = tmp_path / "desk" / "public"
    live.mkdir()
    (live / "old.jpg").write_bytes(b"old")
    with immutable(live / "old.jpg"):
        restore(media, live, if_not_empty="replace")
        assert len(os.listdir(live)) == 30
        done = runs.undo(NOWHERE, live.parent / "store", directories={"public": live})
        assert done.changed and os.listdir(live) == ["old.jpg"]


@as_root
def test_a_leftover_of_a_restore_is_named(media: Path, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    live = tmp_path / "desk" / "public"
    left = tmp_path / "desk" / f"{PRIVATE_PREFIX}restore.public.0123456789ab"
    left.mkdir()
    (left / "half.jpg").write_bytes(b"half")
    with immutable(left / "half.jpg"):
        done = restore(media, live)
        assert done.changed and codes(done.notices) == ["leftovers_stuck"]
        assert str(left / "half.jpg") in done.notices[0].text()
    assert len(os.listdir(live)) == 30


def test_a_tree_of_directories_that_may_not_be_written_to_goes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        deep = tmp_path / "tree" / name / "deep"
        deep.mkdir(parents=True)
        (deep / "file").touch()
        deep.chmod(0o500)
        deep.parent.chmod(0o500)
    assert files.remove_tree(tmp_path / "tree") is None
    assert not (tmp_path / "tree").exists()
    assert files.remove_tree(tmp_path / "tree") is None


@pytest.mark.parametrize("number", [1, 13, 28, 122])
def test_errors_have_the_right_code(number: int, tmp_path: Path) -> None:
    expected = {1: "not_permitted", 13: "write_failed", 28: "disk_filled", 122: "disk_filled"}
    error = write_error(tmp_path / "file", OSError(number, os.strerror(number)))
    assert isinstance(error, HostError) and error.code == expected[number]
    assert str(tmp_path) in str(error) and str(tmp_path) in Notice(error.code, **error.facts).text("pt")
