# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody puts a dump in the place of an old one, with statements of his own in it: no server sees any of them."""

from __future__ import annotations

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump import DumpReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump_load import load_events
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump_summary import summarise
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack

_DUMP = """--
-- PostgreSQL database dump
--

-- Dumped from database version 16.14
-- Dumped by pg_dump version 16.14

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Name: t; Type: {kind}; Schema: public; Owner: ticketz
--

{sql}

--
-- PostgreSQL database dump complete
--
"""

_STATEMENTS = [
    ("TABLE", "DO $$ BEGIN PERFORM 1; END $$;"),
    ("TABLE", "CREATE TABLE public.t (id int);\nCREATE ROLE eve SUPERUSER;"),
    ("TABLE", "ALTER SYSTEM SET archive_command = 'id';"),
    ("TABLE", "COPY public.t TO PROGRAM 'id';"),
    ("TABLE", "CREATE TABLE public.t (a text DEFAULT E'a'\n'b\\'');\nCREATE ROLE eve SUPERUSER; --');"),
    ("TABLE", "CREATE TABLE public.t (a text DEFAULT U&'\\0027'); CREATE ROLE eve SUPERUSER; --');"),
    ("TABLE", "CREATE TABLE public.t (a text) -- '\r; CREATE ROLE eve SUPERUSER; -- '\n;"),
    ("TABLE", "CREATE TABLE public.t (a text DEFAULT 1E'\\'); CREATE ROLE eve SUPERUSER; --');"),
    ("TABLE", "CREATE TABLE public.t (/* /* */ a text); */ b text); DROP TABLE u;"),
    ("POLICY", "ALTER TABLE public.t ALTER COLUMN a TYPE text USING 'x';"),
    ("ROW SECURITY", "ALTER TABLE public.t ENABLE ROW LEVEL SECURITY, ALTER COLUMN a TYPE text USING 'x';"),
    ("SEQUENCE SET", "SELECT pg_catalog.setval('s', pg_catalog.pg_sleep(9)::text::int, true);"),
    ("LANGUAGE", "SELECT 1;"),
    ("ACL", "GRANT ticketz TO eve;"),
]


@attack(STORE_WRITER, "has a restore of an old dump execute statements that pg_dump does not write")
@pytest.mark.parametrize(("kind", "sql"), _STATEMENTS)
def test_a_dump_with_other_statements(kind: str, sql: str) -> None:
    content = _DUMP.format(kind=kind, sql=sql).encode()

    def reader() -> DumpReader:
        return DumpReader(iter([memoryview(content)]), "old.sql")

    executed: list[object] = []
    with pytest.raises(ArchiveError) as first:
        summarise(reader(), "old.sql", lambda _rows, _bytes: None)
    with pytest.raises(ArchiveError) as second:
        load_events(reader().events(), executed.extend, lambda _rows: None)
    assert {first.value.code, second.value.code} <= {"schema_sql_invalid", "legacy_dump_unreadable"}
    assert not executed


def test_what_pg_dump_writes_is_taken() -> None:
    """Without this, the refusals would show nothing."""
    content = _DUMP.format(
        kind="TABLE", sql="CREATE TABLE public.t (id int, b text DEFAULT E'a\\'b');"
    ).encode()
    summarise(DumpReader(iter([memoryview(content)]), "old.sql"), "old.sql", lambda _rows, _bytes: None)
