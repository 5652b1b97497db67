# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import units


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("24h", 86_400),
        ("20h", 72_000),
        ("7d", 604_800),
        ("90m", 5_400),
        ("1w2d", 777_600),
        ("1w 2d 3h 4m 5s", 788_645),
        (" 15 m ", 900),
        ("3600", 3_600),
        (3600, 3_600),
        ("0", 0),
    ],
)
def test_durations(text: str | int, seconds: int) -> None:
    assert units.parse_duration(text, option="max_age") == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "-1h",
        "1.5h",
        "24x",
        "2h1d",
        "1h1h",
        "1h30",
        "24H",
        "one day",
        "9" * 100,
        "1e3",
        "999999999d",
        "²h",
        True,
    ],
)
def test_what_is_no_duration_is_refused_by_name(text: str) -> None:
    with pytest.raises(StoreError, match="max_age") as caught:
        units.parse_duration(text, option="max_age")
    assert caught.value.facts.get("problem") == "duration"
    assert "max_age" in caught.value.text("pt")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1 MB", 1_000_000),
        ("1MiB", 1_048_576),
        ("1000000", 1_000_000),
        (1000000, 1_000_000),
        ("1.5 GB", 1_500_000_000),
        ("0.5k", 500),
        ("10 kib", 10_240),
        ("2T", 2 * 10**12),
        ("12 B", 12),
        ("0", 0),
    ],
)
def test_sizes(text: str | int, size: int) -> None:
    assert units.parse_size(text, option="min_size") == size


@pytest.mark.parametrize(
    "text", ["", "MB", "-1", "1 XB", "1iB", "1,5 MB", "9" * 100, "9999999P", "1 M B B", "nan"]
)
def test_what_is_no_size_is_refused_by_name(text: str) -> None:
    with pytest.raises(StoreError, match="min_size") as caught:
        units.parse_size(text, option="min_size")
    assert caught.value.facts.get("problem") == "size"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_540_000_000, "1.5 GB"),
        (12_345_678_901, "12 GB"),
        (10**19, "10000 PB"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert units.human_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (45.4, "45 s"), (200, "3 min 20 s"), (93_600, "1 d 2 h"), (-1, "0 s")]
)
def test_durations_for_people(seconds: float, text: str) -> None:
    assert units.human_duration(seconds) == text


@given(st.integers(0, 10**9))
def test_a_duration_means_the_same_in_parts(seconds: int) -> None:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    assert units.parse_duration(f"{hours}h{minutes}m{rest}s", option="x") == seconds


@given(st.text(max_size=30))
def test_any_text_gives_a_number_or_a_clear_refusal(text: str) -> None:
    for parse in (units.parse_duration, units.parse_size):
        try:
            assert parse(text, option="x") >= 0
        except StoreError as error:
            assert error.facts["value"] == text
