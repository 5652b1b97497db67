# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Honest content, changed in ways that have broken parsers before: as bytes, or as JSON that is still JSON."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import strategies as st

#: What stands in the place of a value.
_ATOMS: list[Any] = [
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**31, 2**63, -(2**63) - 1, 10**400, "", " ", ".", "..", "/", "../../etc/x",
    "a" * 10_000, "\0", "\x1b[2J", "\ud800", "\u202e", "😀", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "NaN", "-1", [], {},
    [None], [[]], {"": {}}, ["a"] * 1000, "backup_99991231_235959.tar.gz", "forever", float("inf"), float("nan"),
]  # fmt: skip
#: What is put into bytes.
_TOKENS = [
    b"\0", b"\n",
    b"\r", b"\\", b"'", b'"', b"$$", b"${", b"}", b"E'", b"--", b"/*", b";", b"\\.\n", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
    b"[" * 5000, b'{"a":' * 5000, b"(" * 5000, b"${A:-" * 3000, b"9" * 5000, b"1e999", b"-0", b"\xef\xbb\xbf", b"\x1f\x8b\x08",
    b"COPY ", b"$1$", b"=", b"#", b"..", b"/", b"\x7f", b" " * 3000, b"0" * 600,
]  # fmt: skip


@st.composite
def changed_bytes(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Return one of the seeds with some bytes changed, cut, doubled, moved or added."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _number in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, min(200, len(data) - at)))
        change = draw(st.sampled_from(["flip", "cut", "end", "double", "token", "any"]))
        if change == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del data[at : at + length]
        elif change == "end":
            del data[at:]
        elif change == "double":
            data[at:at] = data[at : at + length]
        elif change == "token":
            data[at : at + length] = draw(st.sampled_from(_TOKENS))
        else:
            data[at : at + length] = draw(st.binary(max_size=20))
    return bytes(data)


@st.composite
def changed_json(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Return one of the seeds, which are JSON, with some values replaced, removed, renamed or doubled."""
    value = json.loads(draw(st.sampled_from(seeds)))
    for _number in range(draw(st.integers(1, 3))):
        value = _change(draw, value)
    return json.dumps(value).encode()


def _change(draw: st.DrawFn, value: Any) -> Any:
    """Change one value somewhere; deep ones as often as those at the top."""
    places = list(_places(value))
    if not places:
        return copy.deepcopy(draw(st.sampled_from(_ATOMS)))
    holder, key = places[draw(st.integers(0, len(places) - 1))]
    change = draw(st.sampled_from(["replace", "replace", "replace", "remove", "rename", "double", "nest"]))
    if change == "replace":
        holder[key] = copy.deepcopy(draw(st.sampled_from(_ATOMS)))
    elif change == "remove":
        del holder[key]
    elif change == "nest":
        holder[key] = {"": [holder[key]]}
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[draw(st.sampled_from(["", "x", "../x", "public.Ünïcode", "mac"]))] = copy.deepcopy(holder[key])
    return value


def _places(value: Any) -> Any:
    """Yield each container with each of its keys."""
    if isinstance(value, (dict, list)):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
