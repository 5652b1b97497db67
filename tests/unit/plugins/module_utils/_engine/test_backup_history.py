# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparisons of a backup with earlier ones."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup import (
    BackupRequest,
    BackupResult,
    backup,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune import PruneRequest, prune
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verdict import INCOMPLETE, status_of
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.retention import Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.store_samples import add_backup, id_at


def _backup(database: Any, store: Path, **options: Any) -> BackupResult:
    return runs.make_backup(runs.reach(database), store, **options)


def _codes(result: BackupResult) -> list[str]:
    return [notice.code for notice in result.notices]


@pytest.mark.parametrize(
    ("mishap", "what"),
    [
        ('DELETE FROM "Messages" WHERE id > 100', "public.Messages: 500 → 100"),
        ('TRUNCATE "Messages"', "public.Messages: 500 → 0"),
        ('DROP TABLE "Messages"', "public.Messages: 500 → 0"),
    ],
)
@pytest.mark.variants
def test_a_backup_to_be_safe_before_a_restore_costs_nothing(
    shop: Any, tmp_path: Path, mishap: str, what: str
) -> None:
    store = tmp_path / "store"
    good = _backup(shop, store)
    assert _codes(good) == []
    shop.execute(mishap)
    safe = _backup(shop, store)
    assert _codes(safe) == ["backup_shrunk"]
    assert what in safe.notices[0].text()
    assert safe.backup["warnings"] == [safe.notices[0].text()]
    # The defaults keep it, and rules without an age, too.
    for policy in (Policy(keep_daily=7), Policy(keep_last=1, min_keep=0, keep_within=0)):
        pruned = prune(PruneRequest(store, policy))
        assert pruned.removed == ()
        assert [notice.code for notice in pruned.notices] == ["backup_shrunk"]
    found = [(item.severity, item.code) for item in info(InfoRequest(store)).problems]
    assert ("warning", "backup_shrunk") in found
    assert ("critical", "backup_too_small") in found
    accepted = Policy(keep_last=1, min_keep=0, keep_within=0, accept_changes=True)
    assert [item.id for item in prune(PruneRequest(store, accepted)).removed] == [good.backup["id"]]
    assert _codes(_backup(shop, store)) == []


def test_incomplete_backups_leave_the_last_whole_one(database: Any, tmp_path: Path) -> None:
    """Database and one of two directories are incomplete. Any role and any process that writes media can cause this."""
    store = tmp_path / "store"
    directories = {name: tmp_path / name for name in ("private", "public")}
    for path in directories.values():
        path.mkdir()
        (path / "kept.jpg").write_bytes(b"x")
    whole = _backup(database, store, directories=directories)
    assert whole.backup["incomplete"] == {}
    (large_object,) = database.execute("SELECT lo_create(0)")[0]
    deep = directories["public"] / "/".join(["d"] * 201)
    deep.mkdir(parents=True)
    broken = [_backup(database, store, directories=directories) for _time in range(2)]
    missing = {"database": ["large_objects_left"], "directories:public": ["path_left_out"]}
    assert [made.backup["incomplete"] for made in broken] == [missing, missing]
    policy = Policy(keep_last=1, min_keep=0, keep_within=0)
    pruned = prune(PruneRequest(store, policy))
    assert [item.id for item in pruned.removed] == [broken[0].backup["id"]]
    assert [item.reason for item in pruned.kept] == ["last 1 of 1", "last 1 of 1"]
    seen = info(InfoRequest(store))
    assert seen.describe()["latest"]["incomplete"] == missing
    (problem,) = [item for item in seen.problems if item.code == "backup_incomplete"]
    assert f"directories:public: {whole.backup['id']}" in problem.message
    # No second backup is made too soon, but the incomplete one is still reported.
    again = _backup(database, store, directories=directories, if_older_than=3600)
    assert (again.changed, _codes(again)) == (False, ["backup_incomplete"])
    assert status_of(Outcome(False, {}, again.notices)) == INCOMPLETE
    database.execute(f"SELECT lo_unlink({large_object})")
    shutil.rmtree(directories["public"] / "d")
    mended = _backup(database, store, directories=directories)
    assert [item.id for item in prune(PruneRequest(store, policy)).kept] == [mended.backup["id"]]


def test_a_first_small_backup_is_no_failure(shop: Any, tmp_path: Path) -> None:
    _backup(shop, tmp_path / "store")
    found = info(InfoRequest(tmp_path / "store"))
    assert ("warning", "backup_too_small") in [(item.severity, item.code) for item in found.problems]
    assert "backup_too_small" not in [item.code for item in found.problems if item.severity == "critical"]


def test_label_and_pin_are_listed(shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    made = _backup(shop, store, label="antes da migração", pin="30d")
    until = times.from_text(made.backup["pin"]) - times.utc_now()
    assert datetime.timedelta(days=29, hours=23) < until <= datetime.timedelta(days=30)
    assert made.backup["label"] == "antes da migração"
    (listed,) = info(InfoRequest(store)).describe()["backups"]
    assert (listed["label"], listed["pin"]) == (made.backup["label"], made.backup["pin"])
    plain = _backup(shop, store).backup
    assert (plain["label"], plain["pin"]) == (None, None)


def test_a_backup_of_a_time_to_come_is_not_young(shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = _backup(shop, store)
    ahead = id_at(times.utc_now() + datetime.timedelta(days=40))
    add_backup(Store.open(store), ahead, components=("database",))
    # The recent backup is returned, although another one has a newer name.
    again = _backup(shop, store, if_older_than=3600)
    assert (again.changed, again.backup["id"]) == (False, first.backup["id"])
    assert _codes(again) == ["backup_from_future"]
    assert ahead in again.notices[0].text()
    for found in listing.list_backups(store):
        if found.id == first.backup["id"]:
            found.path.unlink()
            found.path.with_name(f"{found.file}.json").unlink()
    made = _backup(shop, store, if_older_than=3600)
    assert made.changed
    assert _codes(made) == ["backup_from_future"]


@pytest.mark.parametrize("left", ["nothing", "an empty directory", "other files"])
@pytest.mark.variants
def test_a_backup_disk_that_is_away_is_no_new_beginning(shop: Any, tmp_path: Path, left: str) -> None:
    store = tmp_path / "store"
    _backup(shop, store)
    store.rename(tmp_path / "away")
    if left != "nothing":
        store.mkdir(mode=0o700)
    if left == "other files":
        (store / "README").write_text("mount the disk here")
    before = sorted(tmp_path.rglob("*"))
    for dry_run in (True, False):
        request = BackupRequest(
            server=runs.reach(shop),
            backup_dir=store,
            database=DatabaseOptions(jobs=1),
            journal=runs.journal(store),
            dry_run=dry_run,
        )
        with pytest.raises(StoreError) as caught:
            backup(request, Run())
        assert caught.value.code == "store_lost"
    assert sorted(tmp_path.rglob("*")) == before
    assert _backup(shop, store, init=True).changed
    assert _backup(shop, store).changed


def test_a_young_backup_is_not_pinned_and_that_is_told(shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    _backup(shop, store)
    again = _backup(shop, store, if_older_than=3600, pin="forever")
    assert (again.changed, again.backup["pin"], _codes(again)) == (False, None, ["pin_not_set"])
