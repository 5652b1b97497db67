# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.jsonl import (
    from_jsonl,
    to_jsonl,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.model import (
    Catalog,
    CatalogObject,
)

_TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.builds(
    CatalogObject,
    kind=_TEXT,
    name=_TEXT,
    definition=st.dictionaries(_TEXT, _JSON, max_size=3),
    owner=st.none() | _TEXT,
    acl=st.none() | st.lists(_TEXT, max_size=2).map(tuple),
    comment=st.none() | _TEXT,
    depends=st.lists(_TEXT, max_size=2).map(tuple),
)
_CATALOGS = st.lists(_OBJECTS, max_size=5, unique_by=lambda obj: obj.key).map(Catalog)


@given(_CATALOGS)
def test_what_is_written_is_read(catalog: Catalog) -> None:
    data = to_jsonl(catalog)
    assert from_jsonl(data) == catalog
    assert to_jsonl(from_jsonl(data)) == data


def test_equal_catalogs_are_equal_bytes_in_any_order() -> None:
    one = CatalogObject("table", "b", {"y": 1, "x": [1, 2]})
    other = CatalogObject("table", "a", {"x": "é"})
    assert to_jsonl(Catalog([one, other])) == to_jsonl(
        Catalog([other, CatalogObject("table", "b", {"x": [1, 2], "y": 1})])
    )
    assert to_jsonl(Catalog([])) == b""


def test_absent_and_empty_privileges_are_not_the_same() -> None:
    (obj,) = from_jsonl(to_jsonl(Catalog([CatalogObject("table", "a", acl=())])))
    assert obj.acl == ()
    (obj,) = from_jsonl(to_jsonl(Catalog([CatalogObject("table", "a", acl=None)])))
    assert obj.acl is None


_GOOD = {"kind": "table", "name": "a", "definition": {}}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"\xff",
        b"{}",
        json.dumps({**_GOOD, "more": 1}).encode(),
        json.dumps({**_GOOD, "kind": 1}).encode(),
        json.dumps({**_GOOD, "name": None}).encode(),
        json.dumps({**_GOOD, "definition": []}).encode(),
        json.dumps({**_GOOD, "owner": 1}).encode(),
        json.dumps({**_GOOD, "acl": "x"}).encode(),
        json.dumps({**_GOOD, "acl": [1]}).encode(),
        json.dumps({**_GOOD, "comment": {}}).encode(),
        json.dumps({**_GOOD, "depends": {"a": 1}}).encode(),
        json.dumps({**_GOOD, "name": "\ud800"}).encode(),
        json.dumps({**_GOOD, "definition": {"a": float("nan")}}).encode(),
        json.dumps({**_GOOD, "definition": {"a": float("inf")}}).encode(),
        b'{"kind": "table", "kind": "table", "name": "a", "definition": {}}',
        b'{"kind": "table", "name": "a", "definition": {"a": 1, "a": 2}}',
        b'{"kind": "table", "name": "a", "definition": {"a": ' + b"[" * 100_000 + b"}}",
        b'{"kind": "table", "name": "a", "definition": {"a": ' + b"9" * 10_000 + b"}}",
        json.dumps(_GOOD).encode() + b"\n" + json.dumps(_GOOD).encode(),
    ],
)
def test_a_hostile_line_is_refused(line: bytes) -> None:
    with pytest.raises(ArchiveError) as caught:
        from_jsonl(line + b"\n")
    assert caught.value.code == "json_invalid"


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(ArchiveError):
        from_jsonl(json.dumps(_GOOD).encode())


@given(_CATALOGS.filter(len), st.data())
def test_a_cut_catalog_is_refused_or_shorter(catalog: Catalog, data: st.DataObject) -> None:
    whole = to_jsonl(catalog)
    size = data.draw(st.integers(0, len(whole) - 1))
    try:
        assert len(from_jsonl(whole[:size])) < len(catalog)
    except ArchiveError as error:
        assert error.code == "json_invalid"
