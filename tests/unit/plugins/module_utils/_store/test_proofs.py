# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, proofs, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import Proof
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import add_backup

ID = "backup_20260131_020000"
QUICK = Proof("2026-02-01T00:00:00Z", "verify", "quick")
FULL = Proof("2026-02-02T00:00:00Z", "verify", "full")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    tmp_path.chmod(0o700)
    return Store.open(tmp_path)


def _state(store: Store) -> str:
    return listing.list_backups(store.path)[0].state


def test_a_proof_is_kept_and_a_shallow_one_does_not_replace_a_deep_one(store: Store) -> None:
    file = add_backup(store, ID, proofs={}).name
    assert proofs.record_proof(store, file, "verified", QUICK).proofs == {"verified": QUICK}
    assert proofs.record_proof(store, file, "verified", FULL).proofs == {"verified": FULL}
    assert proofs.record_proof(store, file, "verified", QUICK).proofs == {"verified": FULL}
    synced = Proof("2026-02-03T00:00:00Z", "offsite")
    assert proofs.record_proof(store, file, "synced", synced).proofs == {"verified": FULL, "synced": synced}
    assert sidecar.load(store.path / f"{file}.json").proofs["synced"] == synced


def test_damage_counts_until_a_check_as_deep_succeeds(store: Store) -> None:
    file = add_backup(store, ID).name
    found = proofs.record_proof(store, file, "damaged", FULL)
    assert set(found.proofs) == {"damaged"}
    assert _state(store) == "damaged"
    proofs.record_proof(store, file, "verified", QUICK)
    assert _state(store) == "damaged"
    proofs.record_proof(store, file, "drilled", Proof("2026-02-04T00:00:00Z", "verify", "drill"))
    assert _state(store) == "good"


def test_a_proof_does_not_wait_for_a_backup_that_runs(store: Store) -> None:
    file = add_backup(store, ID, proofs={}).name
    with store.lock("backup").acquire():
        proofs.record_proof(store, file, "verified", QUICK)


def test_a_removed_backup_does_not_come_back_as_a_sidecar(store: Store) -> None:
    archive = add_backup(store, ID)
    archive.unlink()
    sidecar.sidecar_path(archive).unlink()
    with pytest.raises(StoreError) as caught:
        proofs.record_proof(store, archive.name, "verified", FULL)
    assert caught.value.code == "backup_gone"
    assert not sidecar.sidecar_path(archive).exists()


def test_two_proofs_at_once_are_recorded_one_after_the_other(store: Store) -> None:
    file = add_backup(store, ID, proofs={}).name
    synced = Proof("2026-02-03T00:00:00Z", "offsite")
    thread = threading.Thread(target=proofs.record_proof, args=(store, file, "synced", synced))
    with store.sidecars_lock("proof").acquire():
        before = sidecar.load(store.path / f"{file}.json")
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        sidecar.save(store.path / f"{file}.json", replace(before, proofs={"verified": FULL}))
    thread.join(10)
    assert sidecar.load(store.path / f"{file}.json").proofs == {"verified": FULL, "synced": synced}
