# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, pins, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    add_backup,
    id_before,
    sidecar_for,
)


@pytest.mark.parametrize(
    ("value", "pin"),
    [
        ("forever", "forever"),
        ("Forever ", "forever"),
        ("30d", "2026-07-15T12:00:00Z"),
        ("1w12h", "2026-06-23T00:00:00Z"),
        (90, "2026-06-15T12:01:30Z"),
    ],
)
def test_a_pin_is_a_duration_or_forever(value: str | int, pin: str) -> None:
    assert pins.parse_pin(value, NOW) == pin


@pytest.mark.parametrize("value", ["always", "-1d", "", "2027-01-01", "10000y"])
def test_other_pins_are_refused(value: str) -> None:
    with pytest.raises(StoreError) as caught:
        pins.parse_pin(value, NOW)
    assert caught.value.facts.get("problem") == "pin"


def test_a_label_is_a_line_that_fits_into_a_list() -> None:
    assert pins.check_label("  antes da migração 💬 ") == "antes da migração 💬"
    for label in ("two\nlines", "a\tb", "\x1b[31mred", "x" * 201, "null\0"):
        with pytest.raises(StoreError) as caught:
            pins.check_label(label)
        assert caught.value.facts.get("problem") == "label"


def test_label_and_pin_are_kept_with_the_backup_until_it_is_unpinned(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    add_backup(store, id_before(days=3), label="antes", pin="forever")
    (found,) = listing.list_backups(store.path)
    assert (found.describe()["label"], found.describe()["pin"]) == ("antes", "forever")
    assert pins.is_pinned(found, NOW)
    pins.unpin(store, found)
    (found,) = listing.list_backups(store.path)
    assert (found.describe()["label"], found.describe()["pin"]) == ("antes", None)
    assert not pins.is_pinned(found, NOW)


def test_an_impossible_pin_is_a_damaged_sidecar() -> None:
    data = json.loads(sidecar.serialize(sidecar_for("backup_20260131_020000")))
    for pin in ("soon", 7, "2026-01-01", True):
        with pytest.raises(ValueError, match="pin"):
            sidecar.from_json({**data, "pin": pin})
