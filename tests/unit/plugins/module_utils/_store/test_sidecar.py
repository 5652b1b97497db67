# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import Origin
from ansible_collections.ticketz.sidekick.tests.support.store_samples import sidecar_for

ID = "backup_20260131_020000"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / f"{ID}.tar.gz.json"


def test_what_is_saved_is_loaded(path: Path) -> None:
    missing = {"database": ("large_objects_left",)}
    found = sidecar_for(
        ID, origin=Origin("u", "1", "ticketz"), warnings=("uma mídia sumiu 📷",), incomplete=missing
    )
    sidecar.save(path, found)
    assert sidecar.load(path) == found
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_saving_keeps_the_mode_that_the_user_chose(path: Path) -> None:
    sidecar.save(path, sidecar_for(ID))
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 12346)
    before = path.stat()
    sidecar.save(path, replace(sidecar_for(ID), duration=2.0))
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_an_encrypted_backups_sidecar_names_no_tables(path: Path) -> None:
    found = sidecar_for(ID, encryption="aes256", key_fingerprint="ab12")
    sidecar.save(path, found)
    assert b"Messages" not in path.read_bytes()
    loaded = sidecar.load(path)
    assert loaded.database is not None
    assert (loaded.database.tables, loaded.database.rows) == (None, 12)


def test_one_with_very_many_tables_can_still_be_read(path: Path) -> None:
    names = {f"public.{'x' * 60}{number}": number for number in range(sidecar.MOST_TABLES + 1)}
    for tables in (dict(list(names.items())[1:]), names):
        found = replace(sidecar_for(ID).database, tables=tables)  # type: ignore[type-var]
        sidecar.save(path, sidecar_for(ID, database=found))
        loaded = sidecar.load(path).database
        assert loaded is not None
        assert loaded.tables == (tables if len(tables) == sidecar.MOST_TABLES else None)


def test_a_missing_one_is_told_apart_from_a_damaged_one(path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        sidecar.load(path)
    assert caught.value.code == "sidecar_missing"


def test_one_that_belongs_to_another_archive_is_refused(path: Path) -> None:
    sidecar.save(path.with_name("backup_20260131_020001.tar.gz.json"), sidecar_for(ID))
    with pytest.raises(StoreError, match="another archive"):
        sidecar.load(path.with_name("backup_20260131_020001.tar.gz.json"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"format": 2}',
        b'{"format": true}',
        b'{"format": NaN}',
        b'{"format": ' + b"1" * 10_000 + b"}",
    ],
)
def test_damage_is_reported_and_never_a_traceback(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(StoreError, match=path.name) as caught:
        sidecar.load(path)
    assert caught.value.code == "sidecar_damaged"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "backup_20260131_020001"),
        ("file", "../../etc/passwd"),
        ("file", 7),
        ("size", -1),
        ("size", "7"),
        ("size", True),
        ("size", 7.0),
        ("sha256", "AB" * 32),
        ("compression", "lzma"),
        ("compression", ""),
        ("encryption", "AES256"),
        ("encryption", ""),
        ("encryption", None),
        ("created", "yesterday"),
        ("created", "2026-01-31 02:00:00"),
        ("duration", "1"),
        ("components", ["database", 1]),
        ("components", "database"),
        ("database", []),
        ("database", {"name": "ticketz"}),
        ("directories", {"public": 1}),
        ("directories", {"public": {"path": "/x", "files": -1, "bytes": 1}}),
        ("proofs", {"verified": {"when": "now", "by": "me"}}),
        ("origin", {"store": 1}),
        ("warnings", None),
        ("incomplete", ["database"]),
        ("incomplete", {"database": "large_objects_left"}),
        ("incomplete", {"database": [1]}),
    ],
)
def test_every_field_is_checked(path: Path, name: str, value: object) -> None:
    data = {**sidecar.to_json(sidecar_for(ID)), name: value}
    path.write_text(json.dumps(data))
    with pytest.raises(StoreError) as caught:
        sidecar.load(path)
    assert caught.value.code == "sidecar_damaged"


def test_a_sidecar_of_an_earlier_version_says_nothing_of_what_is_missing(path: Path) -> None:
    data = sidecar.to_json(sidecar_for(ID))
    del data["incomplete"]
    path.write_text(json.dumps(data))
    assert sidecar.load(path).incomplete == {}


def test_fields_of_later_versions_are_let_pass(path: Path) -> None:
    path.write_text(json.dumps({**sidecar.to_json(sidecar_for(ID)), "colour": "blue"}))
    assert sidecar.load(path) == sidecar_for(ID)


def test_a_link_or_a_pipe_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    sidecar.save(path, sidecar_for(ID))
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(StoreError):
        sidecar.load(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="regular"):
        sidecar.load(path)


def _flip(data: bytes, position: int, value: int) -> bytes:
    position %= len(data)
    return data[:position] + bytes([data[position] ^ value]) + data[position + 1 :]


@given(position=st.integers(0, 10**6), value=st.integers(1, 255))
def test_any_flipped_byte_loads_or_is_reported(path: Path, position: int, value: int) -> None:
    whole = sidecar.serialize(sidecar_for(ID))
    path.write_bytes(_flip(whole, position, value))
    try:
        sidecar.load(path)
    except StoreError as error:
        assert error.code == "sidecar_damaged"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(name=st.sampled_from(sorted(sidecar.to_json(sidecar_for(ID)))), value=_JSON)
def test_any_value_in_any_field_loads_or_is_reported(path: Path, name: str, value: Any) -> None:
    path.write_text(json.dumps({**sidecar.to_json(sidecar_for(ID)), name: value}))
    try:
        loaded = sidecar.load(path)
    except SidekickError as error:
        assert error.code == "sidecar_damaged"
    else:
        json.dumps(sidecar.to_json(loaded), allow_nan=False)
