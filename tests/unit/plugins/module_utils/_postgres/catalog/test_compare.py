# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.compare import (
    Adaptation,
    compare,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.model import (
    Catalog,
    CatalogObject,
    Json,
)


def differences(
    one: Sequence[CatalogObject],
    other: Sequence[CatalogObject],
    versions: tuple[int, int] = (160014, 160020),
    **options: Any,
) -> list[str]:
    found = compare(
        Catalog(one), Catalog(other), source_version=versions[0], target_version=versions[1], **options
    )
    return [str(difference) for difference in found]


def table(**definition: Json) -> CatalogObject:
    return CatalogObject("table", "public.t", definition)


def test_what_is_missing_unexpected_or_different_is_told_in_order() -> None:
    one = [CatalogObject("view", "b"), CatalogObject("index", "i", {"sql": "x"}), CatalogObject("table", "t")]
    other = [CatalogObject("index", "i", {"sql": "y"}), CatalogObject("table", "u")]
    assert differences(one, other) == [
        "index i: differs (sql: x → y)",
        "table t: missing",
        "table u: unexpected",
        "view b: missing",
    ]


def test_long_values_are_shortened() -> None:
    (said,) = differences([table(sql="a" * 5000)], [table(sql="b" * 5000)])
    assert len(said) < 400


def test_minor_versions_write_alike_but_majors_do_not() -> None:
    one, other = [table(default="((1))")], [table(default="1")]
    assert differences(one, other) != []
    assert differences(one, other, (160000, 180000)) == []
    # texts written by the user are never normalised
    for word in ("body", "comment", "enum"):
        assert differences([table(**{word: "((1))"})], [table(**{word: "1"})], (160000, 180000)) != []
    assert differences([table(enum=["(a)"])], [table(enum=["a"])], (160000, 180000)) != []


def test_owners_and_privileges_are_compared_as_mapped() -> None:
    one = [
        CatalogObject("table", "t", owner="a", acl=('"a" SELECT "a"', '"b" SELECT* "a"', 'PUBLIC INSERT "a"'))
    ]
    other = [
        CatalogObject("table", "t", owner="x", acl=('"x" SELECT "x"', '"y" SELECT* "x"', 'PUBLIC INSERT "x"'))
    ]
    assert len(differences(one, other)) == 1
    assert differences(one, other, role_map={"a": "x", "b": "y"}) == []
    assert differences(one, other, role_map={"a": "x"}) == [
        'table t: differs (privileges: -"b" SELECT* "x", +"y" SELECT* "x")'
    ]


def test_privileges_of_roles_that_become_one_become_one() -> None:
    one = [
        CatalogObject("table", "t", owner="a", acl=('"a" SELECT "a"', '"b" SELECT "a"', '"c" SELECT* "a"'))
    ]
    other = [CatalogObject("table", "t", owner="x", acl=('"x" SELECT* "x"',))]
    assert differences(one, other, role_map=dict.fromkeys("abc", "x")) == []


_SCHEMA_13 = CatalogObject(
    "schema",
    "public",
    {"initial_owner": True},
    "postgres",
    ('"postgres" USAGE "postgres"', 'PUBLIC USAGE "postgres"'),
)
_SCHEMA_15 = CatalogObject(
    "schema",
    "public",
    {"initial_owner": True},
    "pg_database_owner",
    ('"pg_database_owner" USAGE "pg_database_owner"', 'PUBLIC USAGE "pg_database_owner"'),
)


def test_the_first_owner_of_the_schema_public_is_nobodys_choice() -> None:
    assert differences([_SCHEMA_13], [_SCHEMA_15], (130000, 160000)) == []
    chosen = CatalogObject("schema", "public", {}, "ann", _SCHEMA_13.acl)
    assert len(differences([chosen], [_SCHEMA_15], (130000, 160000))) == 1
    assert len(differences([_SCHEMA_15], [chosen])) == 1


def test_a_newer_version_of_an_extension_is_no_difference_but_its_schema_is() -> None:
    def extension(version: str, schema: str, comment: str = "c") -> list[CatalogObject]:
        return [CatalogObject("extension", "e", {"version": version, "schema": schema}, comment=comment)]

    assert differences(extension("1.0", "public"), extension("1.1", "public")) == []
    assert differences(extension("1.0", "public"), extension("1.0", "other")) != []
    assert differences(extension("1.0", "public"), extension("1.0", "public", "d")) != []
    tolerated = [Adaptation("extension_comment", "e")]
    assert differences(extension("1", "p"), extension("1", "p", "d"), adaptations=tolerated) == []
    assert differences(extension("1", "p"), extension("1", "q", "d"), adaptations=tolerated) != []


@pytest.mark.parametrize(
    ("before", "after", "explained"),
    [
        (None, ["search_path=public"], True),
        (["work_mem=5MB"], ["work_mem=5MB", "search_path=public"], True),
        (["work_mem=5MB"], ["search_path=public"], False),
        (["search_path=a"], ["search_path=public"], False),
        (["search_path=a"], None, False),
    ],
)
def test_only_an_added_search_path_is_explained(
    before: list[Json] | None, after: list[Json] | None, explained: bool
) -> None:
    def function(settings: list[Json] | None) -> list[CatalogObject]:
        return [
            CatalogObject("function", "public.f(text)", {} if settings is None else {"settings": settings})
        ]

    adaptations = [Adaptation("function_search_path", "public.f(text)", "public")]
    assert differences(function(before), function(after)) != []
    assert (differences(function(before), function(after), adaptations=adaptations) == []) is explained
    other = [Adaptation("function_search_path", "public.g(text)", "public")]
    assert differences(function(before), function(after), adaptations=other) != []


def test_the_privilege_that_came_with_17_counts_only_where_both_have_it() -> None:
    without = [CatalogObject("table", "t", owner="a", acl=('"a" SELECT "a"',))]
    with_it = [CatalogObject("table", "t", owner="a", acl=('"a" MAINTAIN "a"', '"a" SELECT "a"'))]
    assert differences(without, with_it, (160000, 170000)) == []
    assert differences(without, with_it, (170000, 180000)) != []
    assert differences(without, with_it, (150000, 160000)) != []


def test_columns_of_a_child_may_stand_in_another_order() -> None:
    a: Json = {"name": "a", "type": "integer"}
    b: Json = {"name": "b", "type": "text"}
    assert differences([table(columns=[a, b])], [table(columns=[b, a])]) != []
    assert differences([table(columns=[a, b], inherits=["p"])], [table(columns=[b, a], inherits=["p"])]) == []
    assert differences([table(columns=[a, b], inherits=["p"])], [table(columns=[b], inherits=["p"])]) != []
    bound = {"inherits": ["p"], "bound": "DEFAULT"}
    assert differences([table(columns=[a, b], **bound)], [table(columns=[b, a], **bound)]) != []


def test_an_index_of_a_partitioned_table_may_have_become_valid_but_not_invalid() -> None:
    def index(**flags: Json) -> list[CatalogObject]:
        return [CatalogObject("index", "i", {"sql": "x", **flags})]

    assert differences(index(invalid=True), index()) == []
    assert differences(index(), index(invalid=True)) != []


def test_a_view_that_could_not_be_filled_is_explained_if_that_is_known() -> None:
    def view(populated: bool) -> list[CatalogObject]:
        return [CatalogObject("materialized view", "m", {"sql": "x", "populated": populated})]

    assert differences(view(True), view(False)) != []
    assert differences(view(True), view(False), adaptations=[Adaptation("not_populated", "m")]) == []


def test_an_unknown_kind_of_a_later_version_is_still_compared() -> None:
    assert differences(
        [CatalogObject("novelty", "n", {"a": 1})], [CatalogObject("novelty", "n", {"a": 2})]
    ) == ["novelty n: differs (a: 1 → 2)"]
