# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import (
    InfoRequest,
    InfoResult,
    info,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import audit, files, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.health import Limits
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    add_backup,
    id_before,
    sidecar_for,
)

# The tests must not depend on the free space of the machine's disk.
LIMITS = Limits(disk_warning=101, disk_critical=101)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    return store


def _info(store: Store) -> InfoResult:
    return info(InfoRequest(store.path, LIMITS, NOW))


def _codes(result: InfoResult) -> set[str]:
    return {problem.code for problem in result.problems}


def test_a_healthy_store(store: Store) -> None:
    add_backup(store, id_before(days=1), b"x" * 1_000_000)
    add_backup(store, id_before(hours=2), b"x" * 1_000_000)
    result = _info(store)
    assert result.problems == ()
    assert result.healthy
    assert result.latest is not None
    assert result.latest.id == id_before(hours=2)
    assert result.disk.total > result.disk.free > 0
    shown = json.loads(json.dumps(result.describe()))
    assert [backup["id"] for backup in shown["backups"]] == [id_before(hours=2), id_before(days=1)]
    assert shown["latest"] == shown["backups"][0]
    assert set(shown) == {
        "backups", "latest", "last_drill", "last_copied", "previous", "disk", "audit", "healthy", "problems",
    }  # fmt: skip
    assert set(shown["disk"]) == {"total", "used", "free", "percent"}


@pytest.mark.parametrize(
    ("field", "value"), [("size", 10**400), ("duration", 10**400), ("rows", 1 << 63), ("files", 10**30)]
)
def test_numbers_that_nothing_can_have_are_a_damaged_sidecar(store: Store, field: str, value: int) -> None:
    """Integers that are too large for a float would raise wherever they are formatted."""
    archive = add_backup(store, id_before(hours=2))
    path = sidecar.sidecar_path(archive)
    data = json.loads(path.read_bytes())
    holder = {"rows": data["database"], "files": data["directories"]["public"]}.get(field, data)
    holder[field] = value
    path.write_text(json.dumps(data))
    result = _info(store)
    assert _codes(result) == {"no_backup", "sidecar_damaged"}
    assert field in result.describe()["problems"][-1]["message"]


def test_an_empty_store_is_unhealthy_and_not_a_failure(store: Store) -> None:
    result = _info(store)
    assert (result.backups, result.latest, result.healthy) == ((), None, False)
    assert _codes(result) == {"no_backup"}
    assert result.describe("pt")["problems"][0]["message"].startswith("Não há")


def test_everything_that_is_wrong_is_told(store: Store) -> None:
    archive = add_backup(store, id_before(days=3))
    archive.chmod(0o644)
    cut = add_backup(store, id_before(days=4))
    cut.write_bytes(b"")
    sidecar.sidecar_path(add_backup(store, id_before(days=5))).write_text("{")
    (store.path / files.partial_name(archive.name)).write_bytes(b"left")
    (store.path / "store.json").write_text("{")
    store.path.chmod(0o755)
    result = _info(store)
    assert not result.healthy
    assert _codes(result) == {
        "backup_too_old",
        "backup_too_small",
        "backup_damaged",
        "backup_permissions",
        "sidecar_damaged",
        "leftovers",
        "store_record_damaged",
        "store_permissions",
    }


def test_an_audit_log_that_was_changed_is_critical(store: Store) -> None:
    for number in range(3):
        audit.append(store.path, {"number": number})
    add_backup(store, id_before(hours=2), b"x" * 1_000_000)
    result = _info(store)
    assert (result.problems, result.audit.lines, result.audit.intact) == ((), 3, True)
    log = store.path / audit.LOG_FILE
    log.write_bytes(log.read_bytes().replace(b'"number":1', b'"number":7'))
    result = _info(store)
    assert not result.healthy
    assert (_codes(result), result.describe()["audit"]["intact"]) == ({"audit_altered"}, False)
    log.unlink()
    assert _codes(_info(store)) == {"audit_missing"}


def test_looking_changes_nothing_and_names_who_is_at_work(store: Store) -> None:
    add_backup(store, id_before(hours=2), b"x" * 1_000_000)
    (store.path / files.partial_name("backup_20260615_115900.tar.gz")).write_bytes(b"being written")
    with store.lock("backup", "job-1").acquire():
        before = {path.name: path.read_bytes() for path in store.path.iterdir()}
        result = _info(store)
        assert {path.name: path.read_bytes() for path in store.path.iterdir()} == before
    assert result.holder is not None
    assert (result.holder.verb, result.holder.job_id) == ("backup", "job-1")
    assert result.problems == ()
    assert _codes(_info(store)) == {"leftovers"}


def test_a_missing_store_is_a_clear_failure(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="missing") as caught:
        info(InfoRequest(tmp_path / "missing"))
    assert caught.value.code == "store_missing"


def test_500_backups_are_all_shown_the_newest_first(store: Store) -> None:
    for hours in range(500):
        found = sidecar_for(id_before(hours=hours))
        (store.path / found.file).write_bytes(b"archive")
        path = sidecar.sidecar_path(store.path / found.file)
        path.write_bytes(sidecar.serialize(found))
    result = _info(store).describe()
    assert [backup["id"] for backup in result["backups"]] == [id_before(hours=hours) for hours in range(500)]
    assert {backup["state"] for backup in result["backups"]} == {"good"}


def test_ages_are_counted_from_now_by_default(store: Store) -> None:
    recent = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    add_backup(store, f"backup_{recent:%Y%m%d_%H%M%S}", b"x" * 1_000_000)
    assert info(InfoRequest(store.path, LIMITS)).healthy


def test_a_store_that_is_away_is_critical(store: Store, tmp_path: Path) -> None:
    add_backup(store, id_before(hours=2), b"x" * 1_000_000)
    store.path.rename(tmp_path / "away")
    with pytest.raises(StoreError) as caught:
        _info(store)
    assert caught.value.code == "store_lost"
    store.path.mkdir(mode=0o700)
    result = _info(store)
    assert _codes(result) == {"store_lost", "no_backup"}
    assert not result.healthy
    store.path.rmdir()
    (tmp_path / "away").rename(store.path)
    assert _info(store).healthy
