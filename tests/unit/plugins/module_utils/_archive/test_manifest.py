# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.jsonfields import loads
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import config_files
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build


@pytest.fixture
def written(tmp_path: Path) -> Manifest:
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "a").write_bytes(b"x")
    return build(tmp_path / "a.tar.gz", directories={"public": tmp_path / "public"}).manifest


def read(document: bytes) -> Manifest:
    return Manifest.from_json(document, KINDS)


def test_a_manifest_comes_back(written: Manifest) -> None:
    assert read(written.to_json()) == written
    assert b"\n" not in written.to_json()


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path] + [leaf for key in value for leaf in _leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [path] + [leaf for key, item in enumerate(value) for leaf in _leaves(item, (*path, key))]
    return [path]


def _set(document: Any, path: tuple[Any, ...], value: object) -> Any:
    document = copy.deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def test_every_value_has_a_type(written: Manifest) -> None:
    document = json.loads(written.to_json())
    nullable = {("database",), ("database", "tables", 0, "digest"), ("config", 0, "attributes")}
    for path in _leaves(document):
        if not path or path[0] in ("producer", "notices") or path in nullable or "properties" in path[:-1]:
            continue
        for value in (None, 1.5, ["x", 1], {"x": 1}, -1, True):
            if path[-1] in ("properties", "application") and isinstance(value, dict):
                continue
            if path[-1] == "row_digests" and value is True:
                continue
            if path[-1] == "mtime_ns" and value == -1:
                continue
            with pytest.raises(ArchiveError) as caught:
                read(json.dumps(_set(document, path, value)).encode())
            assert caught.value.code == "json_invalid", (path, value)
            assert str(path[0]) in str(caught.value.facts["where"])


def test_missing_and_unknown_keys_are_refused(written: Manifest) -> None:
    document = json.loads(written.to_json())
    for path in _leaves(document):
        if not path or path[0] in ("producer", "notices") or "properties" in path[:-1]:
            continue
        if isinstance(path[-1], int) or path[-1] == "attributes" or path == ("database",):
            continue
        spoilt = copy.deepcopy(document)
        inner = spoilt
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        with pytest.raises(ArchiveError):
            read(json.dumps(spoilt).encode())
        inner[path[-1]] = _get(document, path)
        inner["surprise"] = 1
        with pytest.raises(ArchiveError, match="surprise"):
            read(json.dumps(spoilt).encode())


def test_a_manifest_of_before_is_read(written: Manifest) -> None:
    """Manifests of earlier versions have no attributes of configuration files, and no stack."""
    document = json.loads(written.to_json())
    assert "stack" not in document
    del document["config"][0]["attributes"]
    earlier = read(json.dumps(document).encode())
    assert config_files(earlier)[0].attributes is None and earlier.stack is None
    assert json.loads(earlier.to_json()) == document
    document["stack"] = {"project": "ticketz", "images": []}
    assert read(json.dumps(document).encode()).stack == document["stack"]
    document["stack"] = "ticketz"
    with pytest.raises(ArchiveError, match="stack"):
        read(json.dumps(document).encode())


def _get(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_texts_that_are_no_sensible_json_are_refused(text: bytes) -> None:
    with pytest.raises(ArchiveError) as caught:
        read(text)
    assert caught.value.code == "json_invalid"


def test_more_values_than_there_can_be_are_refused_before_they_are_made() -> None:
    before = time.process_time()
    with pytest.raises(ArchiveError):
        read(b'{"format":[' + b"[]," * 40_000_000 + b"[]]}")
    assert time.process_time() - before < 2


@pytest.mark.parametrize("path", [("database", "tables", 0, "name"), ("config", 0, "name"), ("id",)])
def test_texts_that_no_system_can_write_are_refused(written: Manifest, path: tuple[Any, ...]) -> None:
    document = _set(json.loads(written.to_json()), path, "\ud800")
    with pytest.raises(ArchiveError) as caught:
        read(json.dumps(document).encode())
    assert caught.value.code == "json_invalid"
    for properties in ({"\ud800": ""}, {"owner": ["\ud800"]}):
        document = _set(json.loads(written.to_json()), ("database", "properties"), properties)
        with pytest.raises(ArchiveError):
            read(json.dumps(document).encode())


def test_free_values_may_not_nest_without_bounds(written: Manifest) -> None:
    deep: Any = {}
    for _turn in range(30):
        deep = {"x": [deep]}
    document = {**json.loads(written.to_json()), "producer": deep}
    with pytest.raises(ArchiveError):
        read(json.dumps(document).encode())


def test_json_keeps_its_values() -> None:
    assert loads('{"a": [1, -2.5, "é", null, true]}'.encode(), "x") == {"a": [1, -2.5, "é", None, True]}
