# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.digest import (
    RECORD,
    TEXT,
    parse_digest,
    row_digest_sql,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.foreign_code import (
    use_own_search_path,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.relations import relations
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import opened


@pytest.fixture(params=[RECORD, TEXT], autouse=True)
def method(request: pytest.FixtureRequest) -> str:
    """Every test runs with both methods."""
    return str(request.param)


def digests(session: Session, method: str) -> dict[str, tuple[int, str]]:
    """Return row count and digest of every table."""
    use_own_search_path(session)
    found = {}
    for table in relations(session):
        sql = row_digest_sql(table.schema, table.name, table.digest_columns, method=method)
        found[table.key] = session.query(sql)[0]
    return found


def digest(database: Any, name: str, method: str, condition: str = "") -> tuple[int, str]:
    with opened(database) as session:
        table = next(table for table in relations(session) if table.name == name)
        sql = row_digest_sql("public", name, table.digest_columns, condition, method)
        rows, text = session.query(sql)[0]
    return rows, text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1, 'a')", "(1, 'b')"),
        ("(1, NULL)", "(1, '')"),
        ("(1, 'a'), (2, 'b')", "(1, 'b'), (2, 'a')"),
        ("(1, 'a')", "(1, 'a'), (1, 'a')"),
        ("(NULL, NULL)", "(NULL, 'NULL')"),
        ("(1, 'a,b')", '(1, \'a"",""b\')'),
        ("(1, 'é')", "(1, 'e')"),
        ("(1, ' ')", "(1, '')"),
    ],
)
def test_different_rows_have_different_digests(database: Any, method: str, one: str, other: str) -> None:
    database.execute(f"CREATE TABLE a (n integer, t text); INSERT INTO a VALUES {one}")
    database.execute(f"CREATE TABLE b (n integer, t text); INSERT INTO b VALUES {other}")
    assert digest(database, "a", method) != digest(database, "b", method)


def test_the_order_of_rows_and_columns_does_not_count(database: Any, method: str) -> None:
    database.execute(
        """
        CREATE TABLE a (x text, n integer, d text); ALTER TABLE a DROP COLUMN d;
        INSERT INTO a SELECT 'x' || g, g FROM generate_series(1, 100) g;
        CREATE TABLE b (n integer, x text);
        INSERT INTO b SELECT n, x FROM a ORDER BY n DESC;
        """
    )
    assert digest(database, "a", method) == digest(database, "b", method)


def test_slices_add_up(database: Any, method: str) -> None:
    database.execute("CREATE TABLE a (n integer); INSERT INTO a SELECT generate_series(1, 1000)")
    rows, whole = digest(database, "a", method)
    parts = [digest(database, "a", method, condition) for condition in ("n <= 300", "n > 300", "n > 1000")]
    assert (rows, int(whole)) == (sum(part[0] for part in parts), sum(int(part[1]) for part in parts))
    assert parts[2] == (0, "0")


def test_rows_of_children_do_not_count(database: Any, method: str) -> None:
    database.execute("CREATE TABLE a (n integer); CREATE TABLE b () INHERITS (a); INSERT INTO b VALUES (1)")
    assert digest(database, "a", method) == (0, "0")


def test_tables_without_columns_and_columns_with_awkward_names(database: Any, method: str) -> None:
    database.execute(
        """
        CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
        CREATE TYPE pair AS (r integer, n text);
        CREATE TABLE r (r pair, "r.r" integer, "ROW" text, tableoid_ integer);
        INSERT INTO r VALUES ((1, 'x'), 2, 'y', 3);
        """
    )
    assert digest(database, "nothing", method)[0] == 2
    rows, one = digest(database, "r", method)
    database.execute("UPDATE r SET r = (1, 'z')")
    assert (rows, one) != digest(database, "r", method)


def test_generated_columns_count(database: Any, method: str) -> None:
    database.execute(
        "CREATE TABLE a (n integer, g integer GENERATED ALWAYS AS (n * 2) STORED); INSERT INTO a VALUES (1)"
    )
    database.execute(
        "CREATE TABLE b (n integer, g integer GENERATED ALWAYS AS (n * 3) STORED); INSERT INTO b VALUES (1)"
    )
    assert digest(database, "a", method) != digest(database, "b", method)


@pytest.mark.long
def test_equal_data_have_equal_digests_on_another_server_under_other_defaults(
    make_database: Any, method: str
) -> None:
    versions = (16, 18)
    found = []
    for number, version in enumerate(versions):
        database = make_database(version)
        connection = database.connect()
        # OIDs differ on the second server, and must not change the digests
        if number:
            database.execute("CREATE TYPE early AS ENUM ('x'); DROP TYPE early")
        hard_cases.build(connection, rows=30, portable=True, inexact_cases=True, forced_rls=False)
        connection.close()
        if number:
            for setting in ("datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'", "bytea_output = 'escape'"):
                database.execute(f'ALTER DATABASE "{database.name}" SET {setting}')
        with opened(database) as session:
            found.append(digests(session, method))
    differing = {table for table in found[0] if found[0][table] != found[1].get(table)}
    # The first table has more columns on newer servers; rows hashed by an enum have other partitions on each server.
    assert differing <= {"types.Every Type", "inexact.by_enum_0", "inexact.by_enum_1"}
    assert len(found[0]) > 100


@pytest.mark.parametrize(
    "type_name", ["numeric", "char(5)", "double precision", "money", "json", "citext", "mood"]
)
def test_values_that_are_equal_to_the_server_but_written_otherwise(
    make_database: Any, method: str, type_name: str
) -> None:
    """The hash functions of the types are equal for 1.0 and 1.00, and for 0 and -0; their texts differ."""
    pairs = {
        "numeric": ("1.0", "1.00"),
        "char(5)": ("a", "b"),
        "double precision": ("0", "-0"),
        "money": ("1.00", "1.01"),
        "json": ('{"a":1}', '{"a": 1}'),
        "citext": ("a", "A"),
        "mood": ("sad", "ok"),
    }
    database = make_database(18)
    database.execute("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok')")
    for name, value in zip("ab", pairs[type_name]):
        database.execute(f"CREATE TABLE {name} (v {type_name}); INSERT INTO {name} VALUES ('{value}')")
    assert digest(database, "a", method) != digest(database, "b", method)


def test_an_enum_is_told_by_its_labels_not_by_its_oids(make_database: Any, method: str) -> None:
    found = []
    for number in range(2):
        database = make_database()
        for spare in range(number * 3):
            database.execute(f"CREATE TYPE spare_{spare} AS ENUM ('x')")
        database.execute(
            "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE a (v mood); INSERT INTO a VALUES ('ok')"
        )
        found.append(digest(database, "a", method))
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["", "12", "record:", "record:x", "md5:12", "record:1:2", "record:--1"])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(ArchiveError):
        parse_digest(text)
