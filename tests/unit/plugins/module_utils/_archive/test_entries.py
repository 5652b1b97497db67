# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import entries, tarfmt
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.entries import Entry, parse_entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import entry

component = st.binary(min_size=1, max_size=60).filter(
    lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b"..")
)
path = st.lists(component, min_size=1, max_size=4).map(b"/".join)
common: dict[str, Any] = {
    "path": path,
    "mode": st.integers(0, 0o7777),
    "uid": st.integers(0, 2**32 - 1),
    "gid": st.integers(0, 2**32 - 1),
    "user": st.text(max_size=10),
    "group": st.text(max_size=10),
    "mtime_ns": st.integers(-(2**63) * 10**9, 2**63 * 10**9),
    "frame": st.integers(0, 2**40),
    "offset": st.integers(0, 2**31),
}
nothing: dict[str, Any] = {"size": st.just(0), "sha256": st.just(""), "links": st.just(1)}
ENTRIES = st.one_of(
    st.builds(
        Entry,
        type=st.just("file"),
        size=st.integers(0, 2**50),
        sha256=st.just("ab" * 32),
        link=st.just(b""),
        links=st.integers(1, 9),
        **common,
    ),
    st.builds(Entry, type=st.just("dir"), link=st.just(b""), **nothing, **common),
    st.builds(Entry, type=st.sampled_from(["symlink", "hardlink"]), link=path, **nothing, **common),
)


@given(ENTRIES)
def test_entries_come_back_and_are_plain_json(original: Entry) -> None:
    line = original.to_json()
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    json.loads(line)
    assert parse_entry(line, "index") == original


ORDINARY = entry(b"media/1/foto.jpg", size=77, sha256="ab" * 32, links=2, frame=3, offset=512, user="node")


@given(
    st.sampled_from(ORDINARY._fields).flatmap(
        lambda name: st.tuples(
            st.just(name),
            {"path": path, "user": st.text(max_size=300), "group": st.text(max_size=300)}.get(
                name, st.integers(-(2**64), 2**95)
            ),
        )
    )
)
def test_the_short_way_to_read_a_line_takes_what_the_long_one_takes(change: tuple[str, Any]) -> None:
    name, value = change
    if name in ("type", "sha256", "link"):
        return
    line = ORDINARY._replace(**{name: value}).to_json()[:-1]
    short = entries._ordinary_file(line)
    # The fast parser returns None for lines that the general parser must handle.
    assert short is None or short == entries._parse_any(line, "index")


def test_ordinary_lines_take_the_short_way() -> None:
    assert entries._ordinary_file(ORDINARY.to_json()[:-1]) == ORDINARY
    for old, new in (
        (b'"links":2', b'"links":02'),
        (b'"links":2', b'"links":-2'),
        (b"ab", b"AB"),
        (b"{", b"{ "),
    ):
        assert entries._ordinary_file(ORDINARY.to_json()[:-1].replace(old, new, 1)) is None


@given(ENTRIES)
def test_the_tar_header_says_what_the_entry_says(original: Entry) -> None:
    header, _payload = tarfmt.decode(original.header(b"files/public/"), 0)
    assert header.name.rstrip(b"/") == b"files/public/" + original.path
    assert header.name.endswith(b"/") == (original.type == "dir")
    assert (header.mode, header.uid, header.gid) == (original.mode, original.uid, original.gid)
    assert header.mtime == original.mtime_ns // 10**9
    assert header.size == (original.size if original.type == "file" else 0)


GOOD = entry(b"a", sha256="0" * 64)


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/etc/passwd"},
        {"path": "../x"},
        {"path": "a/../../x"},
        {"path": ""},
        {"path": 5},
        {"path": "."},
        {"type": "device"},
        {"type": "hardlink"},
        {"type": None},
        {"size": -1},
        {"size": 1.0},
        {"size": True},
        {"size": 2**70},
        {"mode": 0o10000},
        {"uid": -1},
        {"uid": 2**32},
        {"sha256": "0" * 63},
        {"sha256": "G" * 64},
        {"links": 0},
        {"mtime_ns": 2**94},
        {"frame": -1},
        {"frame": None},
        {"extra": 1},
        {"user": None},
        {"path": "a\nb"},
        {"path": "%61"},
        {"link": "x"},
    ],
)
def test_impossible_values_are_refused(changes: dict[str, Any]) -> None:
    line = {**json.loads(GOOD.to_json()), **changes}
    with pytest.raises(ArchiveError):
        parse_entry(json.dumps(line).encode(), "index")


@pytest.mark.parametrize(
    "missing", ["path", "type", "size", "mode", "sha256", "frame", "offset", "mtime_ns", "links"]
)
def test_missing_values_are_refused(missing: str) -> None:
    line = json.loads(GOOD.to_json())
    del line[missing]
    with pytest.raises(ArchiveError):
        parse_entry(json.dumps(line).encode(), "index")


@pytest.mark.parametrize("link", ["/x", "../x", ".", "", "a/../b"])
def test_hard_links_stay_inside(link: str) -> None:
    line = json.loads(entry(b"b", "hardlink", link=b"a").to_json())
    line["link"] = link
    with pytest.raises(ArchiveError):
        parse_entry(json.dumps(line).encode(), "index")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"a":1,"a":1}',
        b"\xff",
        b'{"path":NaN}',
        b"[" * 100_000,
        b'{"size":1' + b"0" * 5000 + b"}",
    ],
)
def test_lines_that_are_no_json_objects_are_refused(line: bytes) -> None:
    with pytest.raises(ArchiveError):
        parse_entry(line, "index")
