# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import names
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError


@pytest.mark.parametrize(
    ("schema", "table", "number", "member"),
    [
        ("public", "Messages", 1, "database/data/public.Messages/000001.csv"),
        ("public", "a.b", 12, "database/data/public.a%2Eb/000012.csv"),
        ("..", "../../etc", 1, "database/data/%2E%2E.%2E%2E%2F%2E%2E%2Fetc/000001.csv"),
        ("x", "ação 💬", 3, "database/data/x.a%C3%A7%C3%A3o%20%F0%9F%92%AC/000003.csv"),
        ("x", "100%", 1234567, "database/data/x.100%25/1234567.csv"),
    ],
)
def test_part_members(schema: str, table: str, number: int, member: str) -> None:
    assert names.part_member(schema, table, number) == member
    assert names.parse_part_member(member) == (schema, table, number)


@given(st.text(min_size=1).filter(lambda text: "\0" not in text), st.integers(1, 10**8))
def test_any_table_name_comes_back_from_a_harmless_member_name(table: str, number: int) -> None:
    try:
        table.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return
    member = names.part_member("public", table, number)
    assert names.check_name(member) == member
    assert names.parse_part_member(member) == ("public", table, number)
    assert member.count("/") == 3


@pytest.mark.parametrize(
    "member",
    [
        "database/data/public.T/1.csv",
        "database/data/public.T/000000.csv",
        "database/data/public.T/0000001.csv",
        "database/data/public/000001.csv",
        "database/data/public.%54/000001.csv",
        "database/data/public.%2e/000001.csv",
        "database/data/public.T%/000001.csv",
        "database/data/public.T/000001.csv\n",
        "database/data/a.b.c/000001.csv",
        "database/data/.T/000001.csv",
        "/database/data/public.T/000001.csv",
    ],
)
def test_other_forms_of_part_members_are_refused(member: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        names.parse_part_member(member)
    assert caught.value.code == "name_invalid"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "a/../b",
        "a/..",
        "./a",
        "a//b",
        "a/",
        "a\\b",
        "..\\a",
        "C:\\x",
        "a\0b",
        "a\nb",
        "a\x7f",
        "x" * 5000,
    ],
)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        names.check_name(name)
    assert caught.value.code == "name_invalid"


def test_directories_cannot_collide_with_the_indexes_of_others() -> None:
    assert names.directory_prefix("public") == "files/public/"
    assert names.index_member("public", 7) == "files/public.index/000007.jsonl"
    assert names.directory_prefix("public.index") == "files/public%2Eindex/"
    assert names.directory_prefix("../x") == "files/%2E%2E%2Fx/"


def test_names_for_messages_stay_on_one_line() -> None:
    for name in ("a\nb", b"a\xff\x00b", "a\u2028b", "\x1b[31m"):
        shown = names.printable(name)
        assert shown.isprintable(), shown
