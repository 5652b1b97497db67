# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.names import (
    on_table,
    qualified,
    quoted,
    split_name,
)
from ansible_collections.ticketz.sidekick.tests.support.hard_cases.names import NAMES

_NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("messages", "messages"),
        ("Messages", '"Messages"'),
        ("select", '"select"'),
        ("system_user", '"system_user"'),
        ("1st", '"1st"'),
        ('a"b', '"a""b"'),
        ("a$b", '"a$b"'),
        ("é", '"é"'),
        ("", '""'),
    ],
)
def test_only_what_needs_quotes_gets_them(name: str, written: str) -> None:
    assert quoted(name) == written


def test_a_table_in_a_schema_and_what_belongs_to_it() -> None:
    assert qualified("public", "Messages") == 'public."Messages"'
    assert qualified(None, "Messages") == '"Messages"'
    assert on_table("public", "Messages", "Messages_pkey") == '"Messages_pkey" ON public."Messages"'


@given(_NAMES, _NAMES)
def test_a_written_name_is_read_back(schema: str, name: str) -> None:
    assert split_name(qualified(schema, name)) == (schema, name)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a b", '"a', '""', "a..b", 'a"b"', "1a"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        split_name(text)
    assert caught.value.code == "schema_sql_invalid"


def test_a_server_reads_every_name_as_it_was_meant(pg_version: int, make_database: Any) -> None:
    names = [*NAMES, "system_user", "json_value", "MixedCase"]
    with contextlib.closing(make_database(pg_version).connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"1 AS {quoted(name)}" for name in names))
        assert [column.name for column in cursor.description] == names


def test_no_server_wants_quotes_that_are_not_written(pg_version: int, make_database: Any) -> None:
    words = make_database(pg_version).execute("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
    assert [word for (word,) in words if quoted(word) == word] == []
