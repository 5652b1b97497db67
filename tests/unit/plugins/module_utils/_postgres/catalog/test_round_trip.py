# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.compare import (
    Adaptation,
    compare,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.jsonl import (
    from_jsonl,
    to_jsonl,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.read import read_catalog
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import (
    catalog_of,
    entries_of,
    execute,
    functions_of,
    opened,
)
from ansible_collections.ticketz.sidekick.tools import servers


@pytest.fixture(scope="module")
def roles(pg_servers: Callable[[int], Any]) -> Callable[[int], hard_cases.Roles]:
    """Create roles on the server of a version. They are not dropped, because the server is removed after the tests."""

    @functools.cache
    def create(version: int) -> hard_cases.Roles:
        server = pg_servers(version)
        with contextlib.closing(
            psycopg2.connect(
                host=server.host,
                port=server.port,
                user=server.user,
                password=server.password,
                dbname="postgres",
            )
        ) as connection:
            return hard_cases.create_roles(connection, "catalog")

    return create


def build(database: Any, **options: Any) -> None:
    connection = database.connect()
    hard_cases.build(connection, rows=10, **options)
    connection.close()


def restored(source: Any, target: Any, role_map: dict[str, str] | None = None) -> list[str]:
    """Restore the source's definitions to the target; return the differences that are not tolerated."""
    before = catalog_of(source)
    adapted = []
    for section in ("pre-data", "post-data"):
        adapted += execute(
            target, entries_of(source, section), role_map=role_map, functions_of=functions_of(before)
        )
    with opened(source) as one, opened(target) as other:
        versions = {"source_version": one.version, "target_version": other.version}
    return [
        str(difference)
        for difference in compare(
            from_jsonl(to_jsonl(before)),
            catalog_of(target),
            role_map=role_map,
            adaptations=[Adaptation("function_search_path", name) for name in adapted],
            **versions,
        )
    ]


def test_everything_hard_comes_back_on_the_same_version(
    pg_version: int, make_database: Any, roles: Any
) -> None:
    named = roles(pg_version)
    source, target = make_database(pg_version), make_database(pg_version)
    build(source, roles=named)
    assert restored(source, target) == []


@pytest.mark.long
def test_and_on_newer_ones_one_after_the_other(make_database: Any) -> None:
    # PostgreSQL 15 is only tested if it is installed from the system's packages.
    versions = [version for version in (15, 16, 18) if version in servers.available_versions()]
    databases = [make_database(version) for version in versions]
    build(databases[0], portable=True)
    for source, target in zip(databases, databases[1:]):
        assert restored(source, target) == []


_NOT_NULL = """
CREATE TABLE a (id integer CONSTRAINT mine NOT NULL, b integer NOT NULL NO INHERIT, c integer,
    v integer GENERATED ALWAYS AS (id * 2), w text GENERATED ALWAYS AS (upper('x' || id::text)) VIRTUAL);
ALTER TABLE a ADD CONSTRAINT later NOT NULL c NOT VALID;
COMMENT ON CONSTRAINT mine ON a IS 'named';
ALTER TABLE a RENAME TO renamed;
CREATE TABLE p (id integer NOT NULL, x text CONSTRAINT px NOT NULL) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 (x text CONSTRAINT own NOT NULL, id integer NOT NULL);
ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2);
CREATE TABLE parent (a integer NOT NULL, b integer PRIMARY KEY);
CREATE TABLE child (c integer NOT NULL, b integer CONSTRAINT child_b NOT NULL) INHERITS (parent);
ALTER TABLE child ALTER a SET NOT NULL;
CREATE TABLE clash (a integer CONSTRAINT clash2_a_not_null NOT NULL);
CREATE TABLE clash2 (a integer NOT NULL);
CREATE TABLE t (id integer PRIMARY KEY);
CREATE TABLE u (id integer CONSTRAINT lax REFERENCES t NOT ENFORCED, CONSTRAINT lax_too CHECK (id > 0) NOT ENFORCED);
CREATE TABLE booking (x int4range, during daterange, PRIMARY KEY (x, during WITHOUT OVERLAPS));
CREATE TABLE guest (x int4range, during daterange, FOREIGN KEY (x, PERIOD during) REFERENCES booking (x, PERIOD during));
CREATE DOMAIN d AS integer CONSTRAINT d_filled NOT NULL;
"""


@pytest.mark.long
def test_what_came_with_18(make_database: Any) -> None:
    source, target = make_database(18), make_database(18)
    source.execute(_NOT_NULL)
    assert restored(source, target) == []
    before = catalog_of(target)
    for change, said in (
        ("ALTER TABLE renamed VALIDATE CONSTRAINT later", "not_valid"),
        ("ALTER TABLE renamed RENAME CONSTRAINT mine TO yours", "mine → yours"),
        ("COMMENT ON CONSTRAINT yours ON renamed IS NULL", "comment"),
        ("ALTER TABLE renamed ALTER CONSTRAINT a_b_not_null INHERIT", "no_inherit"),
        ("ALTER TABLE renamed ALTER v SET EXPRESSION AS (id * 3)", "(id * 3)"),
        ("ALTER TABLE u ALTER CONSTRAINT lax ENFORCED", "NOT ENFORCED"),
    ):
        target.execute(change)
        after = catalog_of(target)
        (found,) = compare(before, after, source_version=180000, target_version=180000)
        assert said in found.detail
        before = after


@pytest.mark.long
def test_roles_that_stand_for_others_explain_the_difference(make_database: Any, roles: Any) -> None:
    named = roles(16)
    source = make_database()
    build(source, roles=named)
    owner = source.user
    for role_map in (
        dict.fromkeys(named.names, owner),
        {named.reader: named.group, named.writer: named.reader, named.group: named.writer},
        {named.writer: owner},
    ):
        assert restored(source, make_database(), role_map) == []


@pytest.mark.long
def test_equal_databases_give_equal_bytes(database: Any, make_database: Any) -> None:
    other = make_database()
    other.execute("CREATE TABLE early (); DROP TABLE early; CREATE TYPE e AS ENUM ('a'); DROP TYPE e")
    for one in (database, other):
        build(one, roles=None)
    assert to_jsonl(catalog_of(database)) == to_jsonl(catalog_of(other))


def test_the_snapshot_of_the_transaction_is_what_is_read(database: Any) -> None:
    database.execute("CREATE TABLE t (a integer)")
    with opened(database) as session, session.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
        session.query("SELECT 1")
        before = read_catalog(session)
        database.execute("CREATE TABLE u (b integer)")
        assert read_catalog(session) == before
    assert catalog_of(database) != before


@pytest.mark.long
def test_five_thousand_tables_are_read_and_written_whole(database: Any) -> None:
    for start in range(0, 5000, 500):
        database.execute(
            f"DO $$ BEGIN FOR n IN {start}..{start + 499} LOOP EXECUTE format("
            "'CREATE TABLE %I (id serial PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b numeric(10, 2), c timestamptz,"
            " d jsonb, e integer CHECK (e > 0))', 'Table ' || n); END LOOP; END $$"
        )
    catalog = catalog_of(database)
    assert len(catalog.of("table")) == 5000
    data = to_jsonl(catalog)
    assert from_jsonl(data) == catalog
    assert compare(catalog, catalog, source_version=160000, target_version=180000) == []
