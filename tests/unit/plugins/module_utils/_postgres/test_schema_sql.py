# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import split
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import entries_of, pg_dump
from ansible_collections.ticketz.sidekick.tests.support.waiting import growth

TOP = """--
-- PostgreSQL database dump
--

\\restrict AbCdEf0123456789

-- Dumped from database version 16.14
-- Dumped by pg_dump version 16.14

SET statement_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET row_security = off;

"""
BOTTOM = """--
-- PostgreSQL database dump complete
--

\\unrestrict AbCdEf0123456789

"""


def header(name: str, kind: str, schema: str = "public", owner: str = "ticketz") -> str:
    return f"--\n-- Name: {name}; Type: {kind}; Schema: {schema}; Owner: {owner}\n--\n\n"


def test_entries_have_their_statements_and_nothing_else() -> None:
    dump = (
        TOP
        + header("t", "TABLE")
        + "CREATE TABLE public.t (\n    a integer\n);\n\n\nALTER TABLE public.t OWNER TO ticketz;\n\n"
        + header("public", "SCHEMA", "-", "pg_database_owner")
        + "-- *not* creating schema, since initdb creates it\n\n\n"
        + header("t t_pkey", "CONSTRAINT")
        + "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (a);\n\n\n"
        + BOTTOM
    )
    table, key = split(dump.encode())
    assert (table.name, table.type, table.schema, table.owner, table.table) == (
        "t",
        "TABLE",
        "public",
        "ticketz",
        "public.t",
    )
    assert (
        table.sql == "CREATE TABLE public.t (\n    a integer\n);\n\n\nALTER TABLE public.t OWNER TO ticketz;"
    )
    assert key.sql == "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (a);"
    assert key.table == "public.t"
    assert key.built == ("constraint", "t_pkey ON public.t")


def test_settings_travel_with_the_entries_after_them() -> None:
    dump = (
        TOP
        + header("f()", "FUNCTION")
        + "CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$\nSET default_tablespace = no;\n$$;\n\n"
        + "SET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n"
        + header("t", "TABLE")
        + "CREATE TABLE public.t ();\n\n"
        + "SET default_table_access_method = columnar;\n\n"
        + header("u", "TABLE")
        + "CREATE TABLE public.u ();\n\n"
        + BOTTOM
    )
    function, first, second = split(dump.encode())
    assert function.settings == ()
    assert "SET default_tablespace = no" in function.sql
    assert first.settings == ("SET default_tablespace = '';", "SET default_table_access_method = heap;")
    assert second.settings == ("SET default_tablespace = '';", "SET default_table_access_method = columnar;")
    assert first.sql == "CREATE TABLE public.t ();"


def test_names_that_look_like_headers_fool_nobody() -> None:
    dump = (
        TOP
        + header("a; Type: INDEX; Schema: x; Owner: y", "TABLE", "it's", "o; Type")
        + "CREATE TABLE a ();\n"
        + BOTTOM
    )
    (entry,) = split(dump.encode())
    assert (entry.type, entry.schema) == ("TABLE", "it's")


@pytest.mark.parametrize(
    ("dump", "cause"),
    [
        (TOP + header("t", "TABLE") + "CREATE TABLE 'x", "no end"),
        (TOP + header("t", "TABLE") + "\\! rm -rf /\n", "psql command"),
        (TOP + header("t", "TABLE") + "\\restrict a; \\! id\n", "psql command"),
        (TOP.replace("strings = on", "strings = off"), "standard_conforming_strings"),
    ],
)
def test_what_pg_dump_does_not_write_is_refused(dump: str, cause: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        split(dump.encode())
    assert caught.value.code == "schema_sql_invalid"
    assert cause in str(caught.value)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(ArchiveError):
        split(b"\xff")


_LOOKALIKES = st.sampled_from(
    [
        "\n--\n-- Name: fake; Type: TABLE; Schema: public; Owner: -\n--\n\n",
        "\n\\restrict abc\n",
        "\n\\connect other\n",
        "\nSET default_tablespace = x;\n",
        "\nSET default_table_access_method = heap;\n",
        ";\n",
        "'",
        "''",
        '"',
        "$$",
        "$1",
        "/*",
        "*/",
        "--",
        "\\",
        "E'",
        "x",
        "é",
    ]
)
_TEXTS = st.lists(_LOOKALIKES, max_size=12).map("".join)


def _dollar_quoted(text: str) -> str:
    # A dollar sign at the end would be read as the start of the closing tag.
    text = text.rstrip("$")
    tag = "$_$"
    while tag in text:
        tag = tag[:-1] + "X$"
    return tag + text + tag


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _comment(text: str) -> str:
    return "/*" + text.replace("/*", "").replace("*/", "").replace("/", "").rstrip("*") + "*/"


_QUOTED = st.tuples(st.sampled_from([_dollar_quoted, _quoted, _escaped, _name, _comment]), _TEXTS).map(
    lambda pair: pair[0](pair[1])
)


@given(st.lists(st.lists(_QUOTED, min_size=1, max_size=4).map(", ".join), min_size=1, max_size=5))
def test_whatever_stands_in_quotes_stays_there(bodies: list[str]) -> None:
    dump = TOP
    for number, body in enumerate(bodies):
        dump += header(f"f{number}", "FUNCTION") + f"CREATE FUNCTION f{number} {body} END;\n\n\n"
    entries = split((dump + BOTTOM).encode())
    assert [entry.sql for entry in entries] == [
        f"CREATE FUNCTION f{number} {body} END;" for number, body in enumerate(bodies)
    ]
    assert all(entry.settings == () for entry in entries)


def test_a_real_dump_is_cut_where_its_table_of_contents_says(pg_version: int, make_database: Any) -> None:
    database = make_database(pg_version)
    database.execute(
        """
        CREATE TABLE "Odd; Type: X" (id serial PRIMARY KEY, "a ON b" text DEFAULT E'\\\\''');
        CREATE INDEX "an ON index" ON "Odd; Type: X" ("a ON b");
        CREATE INDEX expression ON "Odd; Type: X" ((' ON ' || "a ON b"));
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RETURN NULL; END $f$;
        CREATE TRIGGER "t ON x" AFTER UPDATE OF "a ON b" ON "Odd; Type: X" FOR EACH ROW EXECUTE FUNCTION f();
        CREATE RULE "r TO x" AS ON DELETE TO "Odd; Type: X" DO INSTEAD NOTHING;
        CREATE POLICY "p ON x" ON "Odd; Type: X" USING (true);
        CREATE VIEW v AS SELECT 1 AS one;
        CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one;
        CREATE TABLE p (a integer, b integer) PARTITION BY RANGE (a);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2);
        CREATE INDEX ON p (b);
        CREATE STATISTICS st ON a, b FROM p;
        """
    )
    tables = {
        (entry.type, entry.name): entry.table
        for section in ("pre-data", "post-data")
        for entry in entries_of(database, section)
        if entry.table
    }
    odd = 'public."Odd; Type: X"'
    assert tables == {
        ("TABLE", "Odd; Type: X"): odd,
        ("SEQUENCE OWNED BY", "Odd; Type: X_id_seq"): odd,
        ("DEFAULT", "Odd; Type: X id"): odd,
        ("VIEW", "v"): "public.v",
        ("MATERIALIZED VIEW", "mv"): "public.mv",
        ("TABLE", "p"): "public.p",
        ("TABLE", "p1"): "public.p1",
        ("TABLE ATTACH", "p1"): "public.p",
        ("CONSTRAINT", "Odd; Type: X Odd; Type: X_pkey"): odd,
        ("INDEX", "an ON index"): odd,
        ("INDEX", "expression"): odd,
        ("INDEX", "p_b_idx"): "public.p",
        ("INDEX", "p1_b_idx"): "public.p1",
        ("TRIGGER", "Odd; Type: X t ON x"): odd,
        ("RULE", "Odd; Type: X r TO x"): odd,
        ("POLICY", "Odd; Type: X p ON x"): odd,
        ("MATERIALIZED VIEW DATA", "mv"): "public.mv",
    }
    built = {entry.built for entry in entries_of(database, "post-data")} - {None}
    assert built == {
        ("constraint", f'"Odd; Type: X_pkey" ON {odd}'),
        ("index", 'public."an ON index"'),
        ("index", "public.expression"),
        ("index", "public.p_b_idx"),
        ("index", "public.p1_b_idx"),
        ("materialized view", "public.mv"),
        ("statistics", "public.st"),
    }


@pytest.mark.long
def test_megabytes_take_linear_time(database: Any) -> None:
    database.execute("CREATE TABLE t (a integer, b text DEFAULT 'x''y', c numeric(10, 2))")
    one = pg_dump(database, "pre-data").decode()
    start = one.index("--\n-- Name: t;")
    entry = one[start : one.index("--\n-- PostgreSQL database dump complete")]

    def split_entries(count: int) -> None:
        assert len(split((TOP + entry * count + BOTTOM).encode())) == count

    assert growth(split_entries, 300_000 // len(entry)) < 100
