# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pg_dump writes of a schema only defines objects, and whatever does more is known by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_statements import (
    check_definitions,
)
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import entries_of


def entry(sql: str, *settings: str) -> Entry:
    return Entry("x", "TABLE", "public", "ticketz", sql, settings=settings)


def test_all_that_pg_dump_writes_is_taken(make_database: Callable[..., Any], pg_version: int) -> None:
    database = make_database(pg_version)
    server = database.server
    given = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    with contextlib.closing(psycopg2.connect(**given, dbname="postgres")) as connection:
        connection.autocommit = True
        # They stay there: the server ends with the tests.
        roles = hard_cases.create_roles(connection, "statements")
    with contextlib.closing(database.connect()) as connection:
        hard_cases.build(connection, rows=5, roles=roles)
    for section in ("pre-data", "post-data"):
        entries = entries_of(database, section)
        assert len(entries) > 40
        check_definitions(entries)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 2;\nEND;",
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD ( INSERT INTO u VALUES (1); DELETE FROM u; );",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$DROP TABLE x; DELETE FROM y;$_$;",
        "COMMENT ON TABLE t IS '; DROP TABLE t;';\n\nCOMMENT ON COLUMN t.\"; DROP TABLE t\" IS 'x';",
        "CREATE USER MAPPING FOR ticketz SERVER s OPTIONS (password 'x');",
        "SET SESSION AUTHORIZATION a;\nGRANT SELECT ON TABLE t TO b;\nRESET SESSION AUTHORIZATION;",
        "REFRESH MATERIALIZED VIEW v;",
    ],
)
def test_definitions(sql: str) -> None:
    check_definitions([entry(sql, "SET default_tablespace = '';")])


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE t;",
        "CREATE TABLE t (id int); DELETE FROM u;",
        "CREATE TABLE t (id int);;DELETE/**/FROM u",
        "/* CREATE */ TRUNCATE t;",
        '"CREATE" TABLE;',
        "CREATE DATABASE d;",
        "alter\tsystem SET work_mem = 1;",
        "ALTER ROLE ticketz SUPERUSER;",
        "CREATE USER eve;",
        "CREATE TABLESPACE x LOCATION '/';",
        "GRANT admin TO eve;",
        "SET session_replication_role = replica;",
        "SET ROLE eve;",
        "SELECT pg_catalog.set_config('x', 'y', false);",
        "WITH x AS (DELETE FROM t RETURNING 1) SELECT 1;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; CALL p();",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DROP TABLE x; END;",
        "COPY t FROM PROGRAM 'id';",
        "DO $$ BEGIN END $$;",
        "EXPLAIN ANALYZE DELETE FROM t;",
    ],
)
def test_whatever_else_is_refused(sql: str) -> None:
    for wrong in (entry(sql), entry("COMMENT ON TABLE t IS NULL;", sql)):
        with pytest.raises(ArchiveError) as caught:
            check_definitions([wrong])
        assert caught.value.code == "schema_sql_invalid"
