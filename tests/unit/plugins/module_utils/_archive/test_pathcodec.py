# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import pathcodec
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError


@given(st.binary())
def test_any_bytes_come_back_from_plain_text(path: bytes) -> None:
    text = pathcodec.encode_path(path)
    text.encode("utf-8")
    assert pathcodec.decode_path(text) == path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("ação/foto 1.jpg".encode(), "ação/foto 1.jpg"),
        (b"a\nb", "a%0Ab"),
        (b"100%", "100%25"),
        (b"bad\xff\xc3", "bad%FF%C3"),
        ("💬".encode(), "💬"),
    ],
)
def test_what_is_escaped(path: bytes, text: str) -> None:
    assert pathcodec.encode_path(path) == text


@pytest.mark.parametrize(
    "text", ["%", "%4", "%41", "%ff", "%C3%A9", "a\nb", "\udcff", "%2F", "\ud800", "a%zz"]
)
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(ArchiveError):
        pathcodec.decode_path(text)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/a",
        b"a/",
        b"a//b",
        b"..",
        b"a/../b",
        b"./a",
        b"a/.",
        b"a\0b",
        b"n" * 256,
        b"a/" * 300 + b"a",
        b"/".join([b"n" * 200] * 21),
    ],
)
def test_harmful_paths_are_refused(path: bytes) -> None:
    with pytest.raises(ValueError):
        pathcodec.check_path(path)


def test_components() -> None:
    assert pathcodec.check_path(b".") == ()
    assert pathcodec.check_path(b"a/b c/...") == (b"a", b"b c", b"...")


@pytest.mark.parametrize(
    ("link", "depth", "leaves"),
    [
        (b"a", 0, False),
        (b"./a/b", 0, False),
        (b"..", 0, True),
        (b"..", 1, False),
        (b"../a", 1, False),
        (b"../../a", 1, True),
        (b"/a", 5, True),
        (b"a/..", 3, True),
        (b"a/../../..", 3, True),
        (b".././..", 2, False),
        (b"...", 0, False),
    ],
)
def test_links_that_leave(link: bytes, depth: int, leaves: bool) -> None:
    assert pathcodec.leaves_directory(link, depth) is leaves
