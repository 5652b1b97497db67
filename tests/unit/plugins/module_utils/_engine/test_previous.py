# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaced data are listed, with their age, their size, and the space that their removal frees."""

from __future__ import annotations

import datetime
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.previous import list_previous
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune_previous import (
    PreviousRequest,
    prune_previous,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import times
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.record import DirectorySwap, Record
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.sizes import tree_size
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer

DAY = 86_400


def du(path: Path) -> int:
    done = subprocess.run(
        ["du", "-s", "--block-size=1", str(path)], check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[0])


def grow(path: Path) -> Path:
    """Create a directory with entries whose disk usage differs from their size: links, holes, an empty directory."""
    (path / "deep" / "er").mkdir(parents=True)
    (path / "photo.jpg").write_bytes(b"picture" * 100_000)
    os.link(path / "photo.jpg", path / "deep" / "again.jpg")
    (path / "deep" / "er" / "note").write_text("a few bytes")
    (path / "link").symlink_to("photo.jpg")
    with open(path / "holes", "wb") as file:
        file.truncate(50_000_000)
    return path


def kept(journal: Path, spare: Path, age: int, **changes: Any) -> Record:
    """Record a restore that replaced data some seconds ago."""
    created = times.to_text(times.utc_now() - datetime.timedelta(seconds=age))
    swap = DirectorySwap("public", str(spare.parent / "live"), str(spare), False, True)
    record = Record(
        f"{created}-{spare.name}",
        "restore",
        created,
        "backup_20260101_020000",
        True,
        "done",
        0,
        None,
        (swap,),
    )
    journal.mkdir(exist_ok=True)
    Journal(journal).write(replace(record, **changes))
    return record


@pytest.mark.parametrize("kind", ["files", "empty", "nested"])
def test_a_size_is_what_the_disk_says(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "tree"
    if kind == "files":
        grow(path)
    elif kind == "empty":
        path.mkdir()
    else:
        path.joinpath(*(["directory"] * 50)).mkdir(parents=True)
    assert tree_size(path) == du(path)


def test_a_restore_writes_down_how_large_it_is_what_it_replaced(shop: Any, tmp_path: Path) -> None:
    store, media = tmp_path / "store", grow(tmp_path / "media")
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    shop.execute("INSERT INTO \"Messages\" SELECT g, repeat('x', 500) FROM generate_series(1001, 6000) g")
    (media / "later.txt").write_text("since the backup")
    ((live,),) = administer(shop, f"SELECT pg_database_size('{shop.name}')")
    done = runs.make_restore(runs.reach(shop), store, directories={"public": media}, if_not_empty="replace")
    assert done.previous
    spare = Path(done.previous["directories"]["public"])
    ((size,),) = administer(shop, f"SELECT pg_database_size('{done.previous['database']}')")
    assert done.previous["size"] == size + du(spare)
    assert size >= live
    # Listing needs no server, and includes data replaced by an undo.
    (listed,) = list_previous(runs.journal(store), times.utc_now() + datetime.timedelta(days=3))
    assert listed["size"] == done.previous["size"] and 3 * DAY <= listed["age"] < 3 * DAY + 600
    undone = runs.undo(runs.reach(shop), store, directories={"public": media})
    (listed,) = list_previous(runs.journal(store), times.utc_now())
    assert undone.previous and listed["id"] == undone.previous["id"] and listed["size"] > 0
    request = PreviousRequest(runs.journal(store), runs.reach(shop), datetime.timedelta(0))
    (predicted,), _notices = prune_previous(replace(request, dry_run=True))
    (removed,), _notices = prune_previous(request)
    assert predicted["size"] == removed["size"] == listed["size"]
    assert list_previous(runs.journal(store), times.utc_now()) == []


def test_a_record_without_sizes_is_measured_when_it_is_asked_for(tmp_path: Path) -> None:
    spare = grow(tmp_path / "spare")
    kept(tmp_path / "switches", spare, 60)
    (listed,) = list_previous(tmp_path / "switches", times.utc_now())
    assert listed["size"] == du(spare)


def test_previous_data_are_a_warning_once_they_are_old(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o700)
    journal = tmp_path / "switches"
    request = InfoRequest(tmp_path / "store", journal=journal)
    for number, age in enumerate((20 * DAY, 15 * DAY, 13 * DAY)):
        kept(journal, grow(tmp_path / f"spare{number}"), age)
    seen = info(request)
    assert [round(item["age"] / DAY) for item in seen.previous] == [20, 15, 13]
    (problem,) = [problem for problem in seen.problems if problem.code == "previous_data_old"]
    assert (problem.severity, problem.notice.facts["count"]) == ("warning", 2)
    assert problem.notice.facts["age"].startswith("20 d")
    assert "previous_data_old" not in {
        each.code for each in info(replace(request, max_previous_age=30 * DAY)).problems
    }
    # An unreadable journal is reported, and the other entries are still listed.
    (journal / "x.json").write_text("{")
    codes = {each.code for each in info(request).problems}
    assert {"journal_damaged", "no_backup"} <= codes
