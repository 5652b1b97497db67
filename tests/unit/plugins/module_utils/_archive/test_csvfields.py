# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CSV that is converted without a full parser is equal to the server's output in the other format."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.csvfields import (
    projection,
    records,
    to_text,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.tests.support.waiting import growth

#: the difficult strings of CSV and COPY's text format, to be combined in any order and number
_ATOMS = [
    '"',
    '""',
    ",",
    "\n",
    "\r",
    "\r\n",
    "\\",
    "\\N",
    "\\.",
    "\t",
    " ",
    "a",
    "é",
    "💬",
    "NULL",
    "'",
    "x" * 50,
    "\x01",
    "\x7f",
]


def values(seed: int, rows: int, columns: int) -> list[list[str | None]]:
    dice = random.Random(seed)

    def value() -> str | None:
        kind = dice.random()
        if kind < 0.15:
            return None
        return "" if kind < 0.3 else "".join(dice.choices(_ATOMS, k=dice.randrange(1, 6)))

    return [[value() for _column in range(columns)] for _row in range(rows)]


def copied(cursor: Any, columns: str, form: str) -> bytes:
    out = io.BytesIO()
    cursor.copy_expert(f"COPY (SELECT {columns} FROM t ORDER BY n) TO STDOUT ({form})", out)
    return out.getvalue()


@pytest.fixture
def table(database: Any) -> Iterator[Any]:
    """``table(seed, columns)``: a cursor for a database with a table t of odd values."""
    with closing(database.connect()) as connection, connection.cursor() as cursor:

        def fill(seed: int, columns: int, rows: int = 800) -> Any:
            cursor.execute("DROP TABLE IF EXISTS t")
            names = [f"c{number}" for number in range(columns)]
            cursor.execute(f"CREATE TABLE t (n serial, {', '.join(name + ' text' for name in names)})")
            for row in values(seed, rows, columns):
                marks = ", ".join(["%s"] * columns)
                cursor.execute(f"INSERT INTO t ({', '.join(names)}) VALUES ({marks})", row)
            return cursor

        yield fill


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_as_the_server_writes_text(columns: int, table: Any) -> None:
    for seed in range(3):
        cursor = table(seed, columns)
        listed = ", ".join(f"c{number}" for number in range(columns))
        assert to_text(copied(cursor, listed, "FORMAT csv")) == copied(cursor, listed, "FORMAT text")
    text = copied(cursor, listed, "FORMAT text")
    cursor.execute("CREATE TEMP TABLE again AS SELECT * FROM t LIMIT 0")
    cursor.copy_expert(f"COPY again ({listed}) FROM STDIN", io.BytesIO(text))
    cursor.execute(f"SELECT {listed} FROM t EXCEPT ALL SELECT {listed} FROM again")
    assert cursor.fetchall() == []


@pytest.mark.parametrize("places", [(0,), (3,), (1, 3), (3, 1, 0), (0, 1, 2, 3)])
def test_as_the_server_writes_some_columns(places: tuple[int, ...], table: Any) -> None:
    cursor = table(7, 4)
    whole = copied(cursor, "c0, c1, c2, c3", "FORMAT csv, FORCE_QUOTE (c2)")
    wanted = ", ".join(f"c{place}" for place in places)
    forced = ", FORCE_QUOTE (c2)" if 2 in places else ""
    # The value \. must be quoted if it is the only value of a row, and is quoted only then.
    expected = copied(cursor, wanted, f"FORMAT csv{forced}").replace(b'"\\."', b"\\.")
    assert projection(places)(whole).replace(b'"\\."', b"\\.") == expected


def test_in_pieces_that_end_with_a_record(table: Any) -> None:
    cursor = table(1, 3)
    whole = copied(cursor, "c0, c1, c2", "FORMAT csv")
    for cut in (1, 3, 100, 5000, 10**6):
        pieces = [whole[start : start + cut] for start in range(0, len(whole), cut)]
        for least in (1, 1000):
            found = list(records(iter(pieces), least))
            assert b"".join(found) == whole
            assert b"".join(map(to_text, found)) == to_text(whole)
        assert cut > 5000 or len(found) > 3
    assert list(records(iter([b"a,b\nc", b",d"]))) == [b"a,b\nc,d\n"]
    assert list(records(iter([]))) == []


def test_a_large_value_of_many_lines_takes_linear_time() -> None:
    def read(lines: int) -> None:
        value = b'"' + b'{""a"": 1}\n' * lines + b'"'
        pieces = [value[start : start + 65536] for start in range(0, len(value), 65536)]
        (record,) = records(iter([*pieces, b",x\n"]))
        assert to_text(record) == value[1:-1].replace(b'""', b'"').replace(b"\n", b"\\n") + b"\tx\n"

    # Both sizes are larger than a piece, because single pieces are read in another way.
    assert growth(read, 100_000, factor=8) < 45


@pytest.mark.parametrize("chunk", [b"\0\n", b"\xff\n", b'"\xfe"\n', b"\xfd\n"])
def test_what_no_text_of_postgresql_has(chunk: bytes) -> None:
    for rewrite in (to_text, projection([0])):
        with pytest.raises(ArchiveError) as caught:
            rewrite(chunk)
        assert caught.value.code == "csv_encoding"
