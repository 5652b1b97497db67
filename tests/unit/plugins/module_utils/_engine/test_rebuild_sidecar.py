# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.component_entry import ComponentEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.config_entry import ConfigEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.directory_entry import DirectoryEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.tables import TableEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import ConfigFiles
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    DirectoriesEntry,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.rebuild_sidecar import rebuild
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    HostError,
    StoreError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.digest import digest
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE

ID = "backup_20260131_020000"
FILE = f"{ID}.tar.gz"
CONTENT = b"archive" * 1000
PRODUCER = "ticketz.sidekick 1.0.0"


TABLES = tuple(
    TableEntry("public", name, ("id",), rows, rows * 10, None, ())
    for name, rows in (("Messages", 10), ("Tags", 2))
)
DATABASE = DatabaseEntry("ticketz", "16.14", 160014, 8_000_000, {}, (), "public", {}, TABLES, False)
PUBLIC = DirectoriesEntry((DirectoryEntry("public", "/srv/public", 3, 4096, ()),))


def _manifest(*entries: ComponentEntry, **changes: Any) -> Manifest:
    whole = Manifest(
        format=1,
        id=ID,
        created="2026-01-31T02:00:00Z",
        finished="2026-01-31T02:00:07Z",
        producer={"name": "ticketz.sidekick"},
        compression="gzip",
        encryption="none",
        members=(),
        frames=(),
        notices=({"code": "file_unreadable", "facts": {"path": "/srv/public/x", "cause": "gone"}},),
        entries={entry.key: entry for entry in entries or (DATABASE, PUBLIC, ConfigFiles())},
    )
    return replace(whole, **changes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    (store.path / FILE).write_bytes(CONTENT)
    return store


def test_a_lost_sidecar_is_made_again_from_the_manifest(store: Store) -> None:
    made = rebuild(store, FILE, _manifest(), producer=PRODUCER)
    assert sidecar.load(store.path / f"{FILE}.json") == made
    assert (made.size, made.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert (made.duration, made.components, made.proofs) == (7.0, ("database", "directories:public"), {})
    assert made.database is not None
    assert (made.database.rows, made.database.tables) == (12, {"public.Messages": 10, "public.Tags": 2})
    assert made.directories["public"].bytes == 4096
    assert made.warnings[0].startswith("/srv/public/x can't be read: gone.")
    found = listing.list_backups(store.path)[0]
    assert (found.state, found.good) == ("good", True)


def test_the_components_are_those_that_the_manifest_holds(store: Store) -> None:
    config = ConfigFiles((ConfigEntry("config/etc/env", 0, 0, 1, "0" * 64),))
    made = rebuild(store, FILE, _manifest(PUBLIC, config), producer=PRODUCER)
    assert made.components == ("directories:public", "config")
    assert made.database is None


def test_an_encrypted_archives_sidecar_names_no_tables(store: Store) -> None:
    made = rebuild(store, FILE, _manifest(encryption="aes256"), producer=PRODUCER, key_fingerprint="ab")
    assert made.database is not None
    assert made.database.tables is None
    assert made.key_fingerprint == "ab"


def test_what_is_not_whole_is_known_again(store: Store) -> None:
    notices = (
        {"code": "large_objects_left", "facts": {"database": "ticketz", "count": "1"}},
        {"code": "path_left_out", "facts": {"directory": "private", "path": "/srv/private/x", "limit": "1"}},
    )
    directories = DirectoriesEntry(
        tuple(DirectoryEntry(name, f"/srv/{name}", 3, 4096, ()) for name in ("public", "private"))
    )
    made = rebuild(store, FILE, _manifest(DATABASE, directories, notices=notices), producer=PRODUCER)
    assert made.incomplete == {
        "database": ("large_objects_left",),
        "directories:private": ("path_left_out",),
    }
    assert sidecar.load(store.path / f"{FILE}.json") == made


def test_notices_of_later_versions_are_known_by_their_code(store: Store) -> None:
    notices = ({"code": "from_the_future"}, {"code": "file_unreadable", "facts": {}})
    made = rebuild(store, FILE, _manifest(notices=notices), producer=PRODUCER)
    assert made.warnings == ("from_the_future", "file_unreadable")


def test_an_archive_under_a_wrong_name_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as caught:
        rebuild(store, FILE, _manifest(id="backup_20260131_020001"), producer=PRODUCER)
    assert caught.value.code == "backup_renamed"
    assert not (store.path / f"{FILE}.json").exists()


def test_reading_can_be_stopped_and_failures_are_clear(store: Store, tmp_path: Path) -> None:
    def stop(_count: int) -> None:
        raise CancelledError("cancelled", signal="SIGTERM")

    with pytest.raises(CancelledError):
        digest(store.path / FILE, on_bytes=stop)
    with pytest.raises(HostError) as caught:
        digest(tmp_path / "missing")
    assert caught.value.code == "file_unreadable"


@pytest.mark.parametrize(
    ("said", "label", "pin"),
    [
        ({"label": "antes da migração", "pin": "forever"}, "antes da migração", "forever"),
        ({"label": "safe", "pin": "2027-01-31T02:00:00Z"}, "safe", "2027-01-31T02:00:00Z"),
        ({}, None, None),
        # Values that a backup would never write are neither listed nor used as a pin.
        ({"label": "x" * 5000, "pin": "soon"}, None, None),
        ({"label": ["a"], "pin": 7}, None, None),
    ],
)
def test_what_a_person_said_of_it_comes_back(
    said: dict[str, Any], label: str | None, pin: str | None, store: Store
) -> None:
    manifest = _manifest(producer={"name": "ticketz.sidekick", **said})
    made = rebuild(store, FILE, manifest, producer=PRODUCER)
    assert (made.label, made.pin) == (label, pin)
    assert sidecar.load(store.path / f"{FILE}.json") == made
