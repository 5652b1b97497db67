# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All statements that pg_dump writes for a schema are accepted; statements that do more than define objects are refused."""

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


def entry(kind: str, sql: str, *settings: str) -> Entry:
    return Entry("x", kind, "public", "ticketz", sql, settings=settings)


def test_all_that_pg_dump_writes_is_taken(make_database: Callable[..., Any], pg_version: int) -> None:
    database = make_database(pg_version)
    server = database.server
    given = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    with contextlib.closing(psycopg2.connect(**given, dbname="postgres")) as connection:
        connection.autocommit = True
        # The roles are not dropped, because the server is removed after the tests.
        roles = hard_cases.create_roles(connection, "statements")
    with contextlib.closing(database.connect()) as connection:
        hard_cases.build(connection, rows=5, roles=roles)
    for section in ("pre-data", "post-data"):
        entries = entries_of(database, section)
        assert len(entries) > 40
        check_definitions(entries)


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        (
            "FUNCTION",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 2;\nEND;",
        ),
        ("RULE", "CREATE RULE r AS ON DELETE TO t DO INSTEAD ( INSERT INTO u VALUES (1); DELETE FROM u; );"),
        ("FUNCTION", "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $_$DROP TABLE x; DELETE FROM y;$_$;"),
        (
            "COMMENT",
            "COMMENT ON TABLE t IS '; DROP TABLE t;';\n\nCOMMENT ON COLUMN t.\"; DROP TABLE t\" IS 'x';",
        ),
        ("USER MAPPING", "CREATE USER MAPPING FOR ticketz SERVER s OPTIONS (password 'x');"),
        ("ACL", "SET SESSION AUTHORIZATION a;\nGRANT SELECT ON TABLE t TO b;\nRESET SESSION AUTHORIZATION;"),
        ("MATERIALIZED VIEW DATA", "REFRESH MATERIALIZED VIEW v;"),
        ("SEQUENCE SET", "SELECT pg_catalog.setval('public.\"Messages_id_seq\"', 5, true);"),
        ("SEQUENCE SET", 'SELECT pg_catalog.setval(E\'"Odd"."a\\\\b_seq"\', 3, true);'),
        (
            "TABLE",
            "CREATE TABLE public.\"a, b\" (\n id int DEFAULT f(1, 2)\n)\nWITH (fillfactor='70');\n"
            "ALTER TABLE public.x OWNER TO y;",
        ),
        ("POLICY", "CREATE POLICY p ON public.t FOR SELECT TO a, b USING ((id = ANY (ARRAY[1, 2])));"),
    ],
)
def test_definitions(kind: str, sql: str) -> None:
    check_definitions([entry(kind, sql, "SET default_tablespace = '';")])


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("TABLE", "DROP TABLE t;"),
        ("TABLE", "CREATE TABLE t (id int); DELETE FROM u;"),
        ("TABLE", "CREATE TABLE t (id int);;DELETE/**/FROM u"),
        ("TABLE", "CREATE TABLE t AS SELECT f();"),
        ("TABLE", "CREATE TABLE t (id) AS SELECT f();"),
        ("TABLE", "/* CREATE */ TRUNCATE t;"),
        ("TABLE", '"CREATE" TABLE;'),
        ("TABLE", "CREATE DATABASE d;"),
        ("TABLE", "ALTER TABLE t OWNER TO x, ALTER COLUMN c TYPE text USING 'x';"),
        ("TABLE", "CREATE TABLE t (a text DEFAULT E'a'\n'b\\''); DROP TABLE u; --');"),
        ("TABLE", "CREATE TABLE t (a int) -- '\r; DROP TABLE u; -- '\n;"),
        ("DEFAULT", "alter\tsystem SET work_mem = 1;"),
        ("DEFAULT", "ALTER ROLE ticketz SUPERUSER;"),
        ("DEFAULT", "ALTER TABLE t ALTER COLUMN c SET DEFAULT 1, DROP COLUMN d;"),
        ("DEFAULT", "ALTER TABLE t ALTER COLUMN c TYPE int USING f(c);"),
        ("SCHEMA", "CREATE USER eve;"),
        ("SCHEMA", "CREATE SCHEMA s GRANT admin TO eve;"),
        ("SCHEMA", "CREATE TABLESPACE x LOCATION '/';"),
        ("ACL", "GRANT admin TO eve;"),
        ("ACL", "GRANT ALL ON DATABASE other TO eve;"),
        ("ACL", "REVOKE SET ON PARAMETER work_mem FROM eve;"),
        ("ACL", "SET session_replication_role = replica;"),
        ("ACL", "SET ROLE eve;"),
        ("VIEW", "SELECT pg_catalog.set_config('x', 'y', false);"),
        ("VIEW", "WITH x AS (DELETE FROM t RETURNING 1) SELECT 1;"),
        ("FUNCTION", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END; CALL p();"),
        ("FUNCTION", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DROP TABLE x; END;"),
        ("FUNCTION", "COPY t FROM PROGRAM 'id';"),
        ("FUNCTION", "DO $$ BEGIN END $$;"),
        ("FUNCTION", "EXPLAIN ANALYZE DELETE FROM t;"),
        ("POLICY", "ALTER TABLE t ALTER COLUMN c TYPE text USING 'x';"),
        ("POLICY", "CREATE INDEX i ON t (f(c));"),
        ("ROW SECURITY", "ALTER TABLE t ENABLE ROW LEVEL SECURITY, ALTER COLUMN c TYPE text USING 'x';"),
        ("COMMENT", "CREATE POLICY p ON t;"),
        ("EVENT TRIGGER", "CREATE TABLE t (id int);"),
        ("MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW v AS SELECT f();"),
        ("SEQUENCE SET", "SELECT pg_catalog.setval('s', (SELECT f()), true);"),
        ("SUBSCRIPTION", "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p;"),
        ("SQL", "SELECT 1;"),
    ],
)
def test_whatever_else_is_refused(kind: str, sql: str) -> None:
    for wrong in (entry(kind, sql), entry("COMMENT", "COMMENT ON TABLE t IS NULL;", sql)):
        with pytest.raises(ArchiveError) as caught:
            check_definitions([wrong])
        assert caught.value.code == "schema_sql_invalid"
