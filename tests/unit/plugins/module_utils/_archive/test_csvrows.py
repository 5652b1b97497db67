# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.csvrows import (
    csv_columns,
    csv_shape,
)

values = st.lists(st.lists(st.text('ab",\n\r ', max_size=5), min_size=3, max_size=3), max_size=8)


@given(values, st.lists(st.text('xy".,\n é', min_size=1, max_size=5), min_size=3, max_size=3))
def test_rows_and_columns_are_those_of_the_csv_module(rows: list[list[str]], columns: list[str]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_MINIMAL).writerows([columns, *rows])
    shape = csv_shape(memoryview(out.getvalue().encode()))
    assert shape is not None
    assert shape.rows == len(rows)
    assert shape.columns == tuple(columns)
    assert csv_columns(memoryview(out.getvalue().encode())) == tuple(columns)


def test_large_content_is_counted_across_pieces() -> None:
    record = b'1,"' + b"line\n" * 999 + b'""x"\n'
    shape = csv_shape(memoryview(b"id,body\n" + record * 1000))
    assert shape == (("id", "body"), 1000)
    names = tuple("x" * number for number in range(1, 200))
    assert csv_columns(memoryview(",".join(names).encode() + b"\n1\n")) == names
    assert csv_columns(memoryview(b'"' + b"x" * 9000)) is None
    assert csv_shape(memoryview(b"id\n" + b"1\n" * 3_000_000)) == (("id",), 3_000_000)
    assert csv_shape(memoryview(b"id\n" + b'"' + b"x" * 5_000_000 + b'"\n')) == (("id",), 1)


def test_rows_of_nothing() -> None:
    assert csv_shape(memoryview(b"\n\n\n")) == ((), 2)
    assert csv_shape(memoryview(b"id\n\n\n")) == (("id",), 2)
    assert csv_shape(memoryview(b"id\n")) == (("id",), 0)


@pytest.mark.parametrize(
    "content", [b"", b"id", b"id\n1", b'id\n"1\n', b'id\n1\n"', b'"id\n', b"id\n" + b"x" * 2_000_000]
)
def test_what_is_cut_short_is_refused(content: bytes) -> None:
    assert csv_shape(memoryview(content)) is None
