# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.locate import locate
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, add_backup, id_at


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    return store


def _made(store: Store, **age: float) -> str:
    """Make a backup of an age, and return its id."""
    id = id_at(times.utc_now() - datetime.timedelta(**age))
    add_backup(store, id)
    return id


@pytest.mark.parametrize("ahead", [1, 24, 24 * 400, 24 * 365 * 12])
def test_latest_is_never_one_of_a_time_to_come(store: Store, ahead: int) -> None:
    right, wrong = _made(store, hours=1), _made(store, hours=-ahead)
    found = locate("latest", store.path)
    assert found.path.name.startswith(right)
    (notice,) = found.notices
    assert notice.code == "latest_from_future"
    assert wrong in notice.text()
    # It can still be requested by name.
    for name in (wrong, f"{wrong}.tar.gz", str(store.path / f"{wrong}.tar.gz")):
        assert locate(name, store.path).path.name.startswith(wrong)
        assert locate(name, store.path).notices == ()


def test_latest_names_newer_ones_that_are_not_good(store: Store) -> None:
    good, cut, lost = _made(store, days=3), _made(store, days=2), _made(store, days=1)
    (store.path / f"{cut}.tar.gz").write_bytes(b"")
    (store.path / f"{lost}.tar.gz.json").unlink()
    found = locate("latest", store.path)
    assert found.path.name.startswith(good)
    assert [notice.code for notice in found.notices] == ["latest_not_good"]
    for id in (cut, lost):
        assert id in found.notices[0].text()


def test_where_all_are_to_come_latest_is_an_error_that_names_them(store: Store) -> None:
    wrong = _made(store, days=-9)
    with pytest.raises(StoreError) as caught:
        locate("latest", store.path)
    assert caught.value.code == "latest_only_future"
    assert wrong in str(caught.value)


def test_where_the_disk_is_away_that_is_what_is_said(store: Store) -> None:
    store.path.rename(store.path.with_name("away"))
    for _empty in (False, True):
        with pytest.raises(StoreError) as caught:
            locate("latest", store.path)
        assert caught.value.code == "store_lost"
        store.path.mkdir(mode=0o700, exist_ok=True)


def test_without_any_there_is_no_latest(store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        locate("latest", store.path)
    assert caught.value.code == "backup_none"
