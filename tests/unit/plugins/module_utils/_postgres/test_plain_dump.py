# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain dumps are split into the same entries and rows for any division into pieces; other files are refused."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import plain_dump
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump import DumpReader, Rows
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump_summary import (
    DumpSummary,
    summarise,
    wanted,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import DUMP, programs
from ansible_collections.ticketz.sidekick.tests.support.waiting import growth

NAME = "archive: db_dump.sql"


def pieces(dump: bytes, size: int) -> Iterator[memoryview]:
    for start in range(0, len(dump), size):
        yield memoryview(dump)[start : start + size]


def read(dump: str | bytes, size: int = 1000) -> list[Any]:
    """Return the events of a dump: entries unchanged, blocks of rows as (statement, rows)."""
    data = dump.encode() if isinstance(dump, str) else dump
    found: list[Any] = []
    for event in DumpReader(pieces(data, size), NAME).events():
        found.append((event.copy_in, b"".join(event.pieces)) if isinstance(event, Rows) else event)
    return found


def summary(dump: str | bytes) -> DumpSummary:
    data = dump.encode() if isinstance(dump, str) else dump
    return summarise(DumpReader(pieces(data, 5000), NAME), NAME, lambda rows, size: None)


def refused(dump: str | bytes) -> ArchiveError:
    with pytest.raises(ArchiveError) as caught:
        summary(dump)
    assert NAME in str(caught.value) and NAME in caught.value.text("pt")
    return caught.value


def with_entry(sql: str, kind: str = "FUNCTION", name: str = "f()") -> str:
    """Return the sample dump with an additional entry before its rows."""
    header = f"--\n-- Name: {name}; Type: {kind}; Schema: public; Owner: ticketz\n--\n\n"
    return DUMP.replace("--\n-- Data for Name", header + sql + "\n\n\n--\n-- Data for Name", 1)


def inserts(statements: str) -> str:
    """Return the sample dump with statements instead of its rows."""
    block = 'COPY public."Users" (id, name) FROM stdin;\n1\tAna\n2\tJoão\n\\.\n'
    assert block in DUMP
    return DUMP.replace(block, statements + "\n")


def dump_of(database: Any, *options: str) -> bytes:
    done = subprocess.run(
        ["pg_dump", *options, database.name], env=programs(database), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 10**6])
def test_entries_and_rows_wherever_the_stream_is_cut(size: int) -> None:
    table, (copy, rows), key = read(DUMP, size)
    assert (table.type, table.name, table.table) == ("TABLE", "Users", 'public."Users"')
    assert copy == 'COPY "public"."Users" ("id", "name") FROM STDIN (FORMAT text, ENCODING \'UTF8\')'
    assert rows == "1\tAna\n2\tJoão\n".encode()
    assert (key.type, key.built) == ("CONSTRAINT", ("constraint", '"Users_pkey" ON public."Users"'))


def test_what_a_dump_says_of_itself() -> None:
    found = summary(DUMP)
    assert (found.origin.version, found.origin.version_num, found.origin.encoding) == (
        "16.14",
        160014,
        "UTF8",
    )
    (table,) = found.tables
    assert (table.key, table.columns, table.rows, table.bytes) == ("public.Users", ("id", "name"), 2, 14)
    assert (found.owner, found.roles, found.passed_over) == ("ticketz", frozenset(), ())


def test_rows_that_look_like_the_end_or_like_sql() -> None:
    rows = "\\\\.\n\\\\\n.\n-- Name: x; Type: TABLE; Schema: -; Owner: -\n\\\\.\\\\.\nCOPY public.t (a) FROM stdin;\n\\N\n"
    dump = DUMP.replace("1\tAna\n", rows)
    for size in (1, 5, 10**6):
        found = read(dump, size)
        assert [type(event) for event in found] == [Entry, tuple, Entry]
        assert found[1][1] == (rows + "2\tJoão\n").encode()


@pytest.mark.parametrize("size", [1, 64, 10**6])
def test_a_function_whose_body_looks_like_rows(size: int) -> None:
    body = (
        "CREATE FUNCTION public.f() RETURNS text\n    LANGUAGE plpgsql\n    AS $_$\n"
        'COPY public."Users" (id, name) FROM stdin;\n7\tnobody\n\\.\n\n'
        "-- Name: x; Type: TABLE; Schema: public; Owner: -\n\\connect elsewhere\n$_$;"
    )
    for sql in (
        body,
        body.replace("$_$", "'"),
        f"/* {body}\n*/ SELECT 1;",
        f'COMMENT ON TABLE "{body}" IS NULL;',
    ):
        found = read(with_entry(sql), size)
        assert [getattr(event, "type", "rows") for event in found] == [
            "TABLE",
            "FUNCTION",
            "rows",
            "CONSTRAINT",
        ]
        assert found[1].sql == sql
        assert found[2][1] == "1\tAna\n2\tJoão\n".encode()


def test_many_lines_that_look_like_rows_take_linear_time() -> None:
    def read_lines(count: int) -> None:
        line = 'COPY public."Users" (id, name) FROM stdin;\n'
        sql = f"CREATE FUNCTION public.f() AS $$\n{line * count}$$;"
        found = read(with_entry(sql), 10_000)
        assert found[1].sql == sql
        assert found[2][1] == "1\tAna\n2\tJoão\n".encode()

    assert growth(read_lines, 12_500) < 100


def test_odd_names_of_tables_and_columns() -> None:
    name = '"o""dd; (a, b) FROM stdin;\nname"'
    copy = f'COPY public.{name} ("a, b", {name}, é) FROM stdin;\n1\t2\t3\n\\.\n'
    for size in (1, 50, 10**6):
        found = read(
            DUMP.replace("\\.\n\n\n--\n-- Name: Users U", f"\\.\n\n\n{copy}\n--\n-- Name: Users U"), size
        )
        assert found[2] == (
            'COPY "public"."o""dd; (a, b) FROM stdin;\nname" ("a, b", "o""dd; (a, b) FROM stdin;\nname", "é")'
            " FROM STDIN (FORMAT text, ENCODING 'UTF8')",
            b"1\t2\t3\n",
        )


def test_a_table_without_columns_and_one_without_rows() -> None:
    dump = DUMP.replace(
        'COPY public."Users" (id, name) FROM stdin;\n1\tAna\n2\tJoão\n',
        "COPY public.nothing  FROM stdin;\n\n\n",
    )
    ((statement, rows),) = (event for event in read(dump) if isinstance(event, tuple))
    assert (statement, rows) == (
        'COPY "public"."nothing" FROM STDIN (FORMAT text, ENCODING \'UTF8\')',
        b"\n\n",
    )
    dump = DUMP.replace("1\tAna\n2\tJoão\n", "")
    assert summary(dump).tables[0].rows == 0


def test_rows_larger_than_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_dump, "PIECE", 10_000)
    large = "x" * 100_000
    dump = DUMP.replace("1\tAna\n", f"1\tAna\n3\t{large}\n4\tb\n").encode()
    for size in (999, 10**6):
        reader = DumpReader(pieces(dump, size), NAME)
        (rows,) = (list(event.pieces) for event in reader.events() if isinstance(event, Rows))
        assert b"".join(rows) == f"1\tAna\n3\t{large}\n4\tb\n2\tJoão\n".encode()
        assert all(piece.endswith(b"\n") for piece in rows)


def test_blocks_that_nobody_reads_are_passed_over() -> None:
    reader = DumpReader(pieces(DUMP.encode(), 10), NAME)
    assert [type(event) for event in reader.events()] == [Entry, Rows, Entry]


@pytest.mark.parametrize("encoding", ["LATIN1", "LATIN9", "WIN1252"])
def test_dumps_in_other_encodings(encoding: str) -> None:
    data = DUMP.replace("'UTF8'", f"'{encoding}'").replace("Users_pkey", "Ação_pkey").encode("latin-1")
    found = read(data, 9)
    assert found[1] == (
        f'COPY "public"."Users" ("id", "name") FROM STDIN (FORMAT text, ENCODING \'{encoding}\')',
        b"1\tAna\n2\tJo\xe3o\n",
    )
    assert "Ação_pkey" in found[2].sql


# --- refusals -----------------------------------------------------------------


@pytest.mark.parametrize("dump", ["", "\n", " \n\t\n"])
def test_an_empty_dump(dump: str) -> None:
    assert refused(dump).facts.get("problem") == "empty"


@pytest.mark.parametrize(
    "dump",
    [
        "hello",
        "PGDMP\x01\x0e",
        "-- MySQL dump 10.13\n",
        DUMP.replace("-- Dumped from database version 16.14\n", ""),
        "--\n-- PostgreSQL database cluster dump\n--\n",
        "DROP DATABASE ticketz;\n" + DUMP,
    ],
)
def test_what_is_no_plain_dump(dump: str) -> None:
    assert refused(dump).facts.get("problem") == "begin"


@pytest.mark.parametrize(
    ("dump", "what"),
    [
        ("PGDMP\x01\x0e", "custom format"),
        ("--\n-- PostgreSQL database cluster dump\n--\n\nSET x = 1;", "pg_dumpall"),
        ("-- MySQL dump 10.13\n", "mysqldump"),
        ("CREATE TABLE t ();\n\x1b[31m", "CREATE TABLE t"),
    ],
)
def test_what_is_no_plain_dump_is_named(dump: str, what: str) -> None:
    error = refused(dump)
    assert what in str(error) and what in error.text("pt") and "\x1b" not in str(error)


@pytest.mark.long
def test_cut_anywhere(database: Any) -> None:
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=5)
    dump = dump_of(database)
    summary(dump)
    dice = random.Random(3)
    complete = dump.rindex(b"\n-- PostgreSQL database dump complete\n") + 38
    for length in [*(dice.randrange(1, complete) for _number in range(150)), complete - 1, complete - 20]:
        assert refused(dump[:length]).code in ("legacy_dump_incomplete", "legacy_dump_unreadable")
    assert refused(dump[: complete - 60]).facts.get("problem") == "truncated"


@pytest.mark.parametrize(
    "command",
    [
        "\\! id",
        "\\connect postgres",
        "\\i /etc/passwd",
        "\\copy t from program 'id'",
        "\\q",
        "\\restrict",
        "\\o |id",
    ],
)
def test_commands_of_psql(command: str) -> None:
    for dump in (
        with_entry(f"SELECT 1;\n{command}"),
        DUMP.replace("SET statement_timeout", f"{command}\nSET statement_timeout"),
        DUMP.replace("\\.\n", f"\\.\n{command}\n"),
        DUMP.replace("\n\\unrestrict abc\n", f"\n{command}\n"),
        DUMP + command,
    ):
        error = refused(dump)
        assert error.code in ("legacy_dump_unreadable", "legacy_dump_incomplete")


@pytest.mark.parametrize(
    "dump",
    [
        DUMP.replace("SET statement_timeout = 0;", "CREATE TABLE x ();"),
        DUMP.replace(
            "SET statement_timeout = 0;", "SET statement_timeout = 0; INSERT INTO x DEFAULT VALUES;"
        ),
        DUMP.replace("SET statement_timeout = 0;", "ALTER TABLE x ADD y int;"),
        DUMP.replace("set_config('search_path', '', false)", "set_config('search_path', evil(), false)"),
        DUMP.replace("standard_conforming_strings = on", "standard_conforming_strings = off"),
        DUMP.replace('COPY public."Users" (id, name) FROM stdin', "COPY public.\"Users\" FROM PROGRAM 'id'"),
        DUMP.replace('COPY public."Users" (id, name) FROM stdin', 'COPY "Users" (id, name) FROM stdin'),
        DUMP.replace(
            'COPY public."Users" (id, name) FROM stdin', 'COPY public."Users" (id; name) FROM stdin'
        ),
        DUMP.replace("\\.\n", '\\.\nALTER TABLE public."Users" ENABLE TRIGGER ALL;\n'),
        inserts("INSERT INTO public.\"Users\" SELECT 1, 'Ana';"),
        inserts("INSERT INTO public.\"Users\" VALUES (1, lower('Ana'));"),
        inserts("INSERT INTO public.\"Users\" VALUES (1, 'Ana' || 'x');"),
        inserts("INSERT INTO public.\"Users\" VALUES (1, E'Ana');"),
        inserts("INSERT INTO public.\"Users\" VALUES (1, 'Ana') RETURNING evil();"),
        inserts("INSERT INTO public.\"Users\" VALUES (1, 'Ana'"),
        inserts('INSERT INTO public."Users" VALUES (1, \'Ana);'),
        inserts("INSERT INTO public.\"Users\" VALUES (1,'Ana');"),
        inserts("INSERT INTO \"Users\" VALUES (1, 'Ana');"),
        with_entry("SELECT 'open"),
        with_entry("SELECT $$open"),
        DUMP.replace("Jo", "\udcff").encode("utf-8", "surrogateescape").replace(b"Users_pkey", b"\xff\xff"),
    ],
)
def test_what_pg_dump_does_not_write_so(dump: str | bytes) -> None:
    assert refused(dump).facts.get("problem") == "sql"


def test_an_unknown_encoding_is_named() -> None:
    error = refused(DUMP.replace("'UTF8'", "'SQL_ASCII'"))
    assert error.facts.get("problem") == "encoding"
    assert "SQL_ASCII" in str(error) and "LATIN1" in str(error)


def test_large_objects(database: Any) -> None:
    with closing(database.connect()) as connection:
        hard_cases.add_large_object(connection)
    assert refused(dump_of(database)).facts.get("problem") == "large_objects"


def test_sql_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_dump, "LARGEST_SQL", 100_000)
    assert refused(with_entry(f"SELECT '{'x' * 500_000}';")).facts.get("problem") == "large"


# --- dumps of pg_dump ---------------------------------------------------------


@pytest.mark.long
def test_every_hard_case_on_every_version(pg_version: int, make_database: Any) -> None:
    """No part of a real dump is lost: the entries, comments and settings together are equal to the dump."""
    database = make_database(pg_version)
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=20)
    dump = dump_of(database)
    for size in (777, 10**6):
        assert read(dump, size) == read(dump, 100_000)
    rebuilt = b""
    position = 0
    for event in read(dump):
        parts = [event[1]] if isinstance(event, tuple) else [event.sql.encode()]
        for part in parts:
            found = dump.find(part, position)
            assert found >= 0, part[:200]
            rebuilt += dump[position:found]
            position = found + len(part)
    between = re.sub(
        r"^COPY .*? FROM stdin;$", "", (rebuilt + dump[position:]).decode(), flags=re.MULTILINE | re.DOTALL
    )
    ours = ("--", "\\restrict ", "\\unrestrict ", "SET ", "SELECT pg_catalog.set_config(")
    assert [
        line for line in between.splitlines() if line not in ("", "\\.") and not line.startswith(ours)
    ] == []
    assert {table.key for table in summary(dump).tables} >= {"public.unqualified_index"}


# --- options of pg_dump -------------------------------------------------------

OPTIONS = {
    "--inserts": ["--inserts"],
    "--rows-per-insert": ["--column-inserts", "--rows-per-insert=7", "--on-conflict-do-nothing"],
    "--clean": ["--clean"],
    "all of them": ["--clean", "--if-exists", "--create", "--inserts"],
    "--quote-all-identifiers": ["--quote-all-identifiers", "--column-inserts"],
}


_UNQUALIFIED = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relname LIKE 'unqualified%'"


def rows_of(dump: bytes, size: int) -> dict[str, bytes]:
    """Return all rows of each table, in COPY's format."""
    found: dict[str, bytes] = {}
    for event in DumpReader(pieces(dump, size), NAME).events():
        if isinstance(event, Rows):
            found[event.relation.key] = found.get(event.relation.key, b"") + b"".join(event.pieces)
    return {key: rows for key, rows in found.items() if rows}


@pytest.mark.long
def test_rows_and_entries_are_the_same_with_all_options(pg_version: int, make_database: Any) -> None:
    database = make_database(pg_version)
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=30)
    # pg_dump can't read these relations, because it sets an empty search path.
    for (name,) in database.execute(_UNQUALIFIED):
        database.execute(f"DROP TABLE {name} CASCADE")

    def entries(dump: bytes) -> list[tuple[str, str]]:
        return [
            (event.name, event.sql)
            for event in read(dump)
            if isinstance(event, Entry) and wanted(event) and event.name not in ("public", "SCHEMA public")
        ]

    plain = dump_of(database)
    for options in OPTIONS.values():
        dump = dump_of(database, *options)
        # This option changes the text of values that are names, such as regclass.
        if "--quote-all-identifiers" not in options:
            for size in (777, 10**6):
                assert rows_of(dump, size) == rows_of(plain, size), options
            assert entries(dump) == entries(plain), options
        counts = [
            {table.key: table.rows for table in summary(each).tables if table.rows} for each in (dump, plain)
        ]
        assert counts[0] == counts[1]


@pytest.mark.parametrize("size", [1, 2, 7, 10**6])
def test_statements_wherever_the_stream_is_cut(size: int) -> None:
    fake = (
        "\n\n--\n-- Name: x; Type: TABLE; Schema: -; Owner: -\n--\n\n"
        "INSERT INTO public.\"Users\" (id, name) VALUES (1, '');\n"
    )
    quoted = fake.replace("'", "''")
    dump = inserts(
        "INSERT INTO public.\"Users\" (id, name) VALUES (1, 'it''s');\n"
        f"INSERT INTO public.\"Users\" (id, name) VALUES (-2.5e+10, '{quoted}\t\\');\n"
        'INSERT INTO public."Users" (id, name) VALUES (3, NULL);\n'
        "INSERT INTO public.\"Users\" (id, name) VALUES (B'101', DEFAULT);\n"
        "INSERT INTO public.\"Users\" (id, name) VALUES (true, ''), (false, '\\.');"
    )
    escaped = fake.replace("\n", "\\n")
    assert read(dump, size)[1][1].decode().splitlines() == [
        "1\tit's",
        f"-2.5e+10\t{escaped}\\t\\\\",
        "3\t\\N",
        "101",
        "t\t",
        "f\t\\\\.",
    ]


def test_another_statement_after_the_rows_is_refused() -> None:
    for extra in ("DELETE FROM x;", "INSERT INTO public.other VALUES (1);", "SELECT evil();"):
        dump = inserts(f"INSERT INTO public.\"Users\" VALUES (1, 'Ana');\n{extra}")
        assert refused(dump).facts.get("problem") == "sql"


def test_a_large_text_is_read_once() -> None:
    text = "x''y\n" * 2_000_000
    dump = inserts(f"INSERT INTO public.\"Users\" VALUES (1, '{text}');").encode()
    (rows,) = (
        b"".join(event.pieces)
        for event in DumpReader(pieces(dump, 1 << 16), NAME).events()
        if isinstance(event, Rows)
    )
    assert rows == b"1\t" + b"x'y\\n" * 2_000_000 + b"\n"
