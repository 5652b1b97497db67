# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of a database that violates its constraints can be restored without some objects, which are reported."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError, HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.leave_out import spellings
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
from ansible_collections.ticketz.sidekick.tests.support import runs, verb_runs
from ansible_collections.ticketz.sidekick.tests.support.extensions import server_with_words
from ansible_collections.ticketz.sidekick.tests.support.in_place import execute
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import DUMP, Tar
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, connect, query

SCHEMA = """
CREATE TABLE "Users" (id int CONSTRAINT "Users_pkey" PRIMARY KEY, email text, CONSTRAINT adult CHECK (id > 0));
CREATE UNIQUE INDEX one_email ON "Users" (email); COMMENT ON INDEX one_email IS 'only one';
CREATE TABLE "Tickets" (id serial PRIMARY KEY, "userId" int);
ALTER TABLE "Tickets" ADD CONSTRAINT "Tickets_userId_fkey" FOREIGN KEY ("userId") REFERENCES "Users";
COMMENT ON CONSTRAINT "Tickets_userId_fkey" ON "Tickets" IS 'whose';
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE INSERT ON "Tickets" FOR EACH ROW EXECUTE FUNCTION noop();
COMMENT ON TRIGGER touch ON "Tickets" IS 'touched'; ALTER TABLE "Tickets" DISABLE TRIGGER touch;
INSERT INTO "Users" SELECT g, 'u' || g FROM generate_series(1, 20) g;
INSERT INTO "Tickets" ("userId") SELECT g FROM generate_series(1, 20) g;
"""
_LIE = "SET session_replication_role = replica; SET enable_indexscan = off; SET enable_bitmapscan = off; "
#: (statements that violate a constraint, name to leave out, adaptations)
BROKEN = {
    "an orphan": (
        _LIE + 'UPDATE "Tickets" SET "userId" = 99 WHERE id = 3',
        "Tickets_userId_fkey",
        {("not_validated", '"Tickets_userId_fkey" ON public."Tickets"')},
    ),
    "a duplicate under a unique index": (
        """UPDATE pg_index SET indisready = false, indisvalid = false, indislive = true WHERE indexrelid = 'one_email'::regclass;
        INSERT INTO "Users" VALUES (50, 'u1');
        UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'one_email'::regclass""",
        "public.one_email",
        {("left_out", "public.one_email")},
    ),
    "a duplicate under a primary key": (
        """UPDATE pg_index SET indisready = false WHERE indexrelid = '"Users_pkey"'::regclass;
        INSERT INTO "Users" VALUES (1, 'twice');
        UPDATE pg_index SET indisready = true WHERE indexrelid = '"Users_pkey"'::regclass""",
        "Users.Users_pkey",
        {
            ("left_out", '"Users_pkey" ON public."Users"'),
            ("left_out", '"Tickets_userId_fkey" ON public."Tickets"'),
        },
    ),
    "a lying check": (
        """ALTER TABLE "Users" DROP CONSTRAINT adult; INSERT INTO "Users" VALUES (-1, 'child');
        ALTER TABLE "Users" ADD CONSTRAINT adult CHECK (id > 0) NOT VALID;
        UPDATE pg_constraint SET convalidated = true WHERE conname = 'adult'""",
        "public.Users.adult",
        {("not_validated", 'adult ON public."Users"')},
    ),
}


@pytest.fixture
def goal(database: Any) -> Iterator[Any]:
    server = runs.reach(database, f"goal_{secrets.token_hex(4)}")
    yield server
    administer(database, f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


def break_it(database: Any, sql: str, tmp_path: Path) -> dict[str, Any]:
    """Back up a database that violates a constraint; return its contents."""
    database.execute(SCHEMA)
    with closing(database.connect()) as connection:
        connection.autocommit = True
        for statement in sql.split(";"):
            connection.cursor().execute(statement)
    runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
    return runs.contents(database.connect())


def adaptations(done: Any) -> set[tuple[str, str]]:
    return {(change["kind"], change["object"]) for change in done.database["adaptations"]}


def test_by_the_runner(database: Any, goal: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql, name, _expected = BROKEN["an orphan"]
    before = break_it(database, sql, tmp_path)
    file = tmp_path / "options.json"
    file.touch(0o600)
    options = {
        **verb_runs.login(goal),
        "backup_dir": str(tmp_path / "store"),
        "whatsapp_sessions": "keep",
    }

    def restore(**more: Any) -> tuple[int, str]:
        file.write_text(json.dumps({**options, **more}))
        return cli.main(["restore", "--options", str(file)]), "".join(capsys.readouterr())

    status, told = restore()
    assert status == 1 and "leave_out" in told and name.rpartition(".")[2] in told
    status, told = restore(leave_out=["broken"])
    assert status == 0 and "NOT VALID" in told
    assert runs.contents(connect(goal)) == before


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.variants
def test_the_rest_comes_back(case: str, by_name: bool, database: Any, goal: Any, tmp_path: Path) -> None:
    sql, name, expected = BROKEN[case]
    before = break_it(database, sql, tmp_path)
    databases = "SELECT datname FROM pg_database ORDER BY 1"
    there = query(goal.on("postgres"), databases)
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path / "store")
    assert caught.value.code == "rows_refused"
    assert "leave_out" in str(caught.value) and name.rpartition(".")[2] in str(caught.value)
    assert query(goal.on("postgres"), databases) == there
    wanted = (name,) if by_name else ("broken",)
    done = runs.make_restore(goal, tmp_path / "store", leave_out=wanted)
    assert runs.contents(connect(goal)) == before
    assert adaptations(done) == expected
    assert {notice.code for notice in done.notices} >= {
        "object_left_out" if kind == "left_out" else "constraint_not_validated" for kind, _name in expected
    }
    assert not runs.make_restore(goal, tmp_path / "store", leave_out=wanted).changed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("touch", {("left_out", 'touch ON public."Tickets"')}),
        ("Tickets.Tickets_userId_fkey", {("not_validated", '"Tickets_userId_fkey" ON public."Tickets"')}),
        ("one_email", {("left_out", "public.one_email")}),
        ("Tickets", {("rows_left_out", 'public."Tickets"')}),
        (
            'public."Users"',
            {
                ("rows_left_out", 'public."Users"'),
                ("not_validated", '"Tickets_userId_fkey" ON public."Tickets"'),
            },
        ),
    ],
)
@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.variants
def test_what_is_named_is_left_out_of_a_sound_backup_too(
    strategy: str, name: str, expected: set[tuple[str, str]], database: Any, goal: Any, tmp_path: Path
) -> None:
    before = break_it(database, "SELECT 1", tmp_path)
    if strategy == "in_place":
        administer(database, f'CREATE DATABASE "{goal.database}"')
    options: Any = {"leave_out": (name,), "strategy": strategy}
    done = runs.make_restore(goal, tmp_path / "store", **options)
    assert adaptations(done) == expected
    causes = [
        getattr(notice.facts["cause"], "code", "") for notice in done.notices if "cause" in notice.facts
    ]
    # A foreign key is only violated because the rows that it refers to were left out.
    assert "left_out_as_asked" in causes or "rows_left_out" in {kind for kind, _name in expected}
    empty = {object.replace('"', "") for kind, object in expected if kind == "rows_left_out"}
    after = runs.contents(connect(goal))
    assert {key: found[0] for key, found in after.items() if key in empty} == dict.fromkeys(empty, 0)
    assert {key: found for key, found in after.items() if key not in empty} == {
        key: found for key, found in before.items() if key not in empty
    }
    assert not runs.make_restore(goal, tmp_path / "store", **options).changed
    # Without leave_out, the restore fails.
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path / "store", strategy=strategy)
    assert caught.value.code in ("target_written", "target_not_empty")


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.variants
def test_what_is_not_there_can_not_be_left_out(
    dry_run: bool, strategy: str, database: Any, goal: Any, tmp_path: Path
) -> None:
    break_it(database, "SELECT 1", tmp_path)
    administer(database, f'CREATE DATABASE "{goal.database}"')
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(
            goal,
            tmp_path / "store",
            leave_out=("Tickets_userid", "broken"),
            strategy=strategy,
            dry_run=dry_run,
        )
    assert caught.value.code == "leave_out_unknown"
    assert "Tickets_userId_fkey" in str(caught.value)


def test_a_backup_warns_of_what_its_source_does_not_answer_for(database: Any, tmp_path: Path) -> None:
    database.execute(SCHEMA)
    sound = runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
    assert not {"indexes_invalid", "constraints_unvalidated"} & {notice.code for notice in sound.notices}
    database.execute(
        """
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'one_email'::regclass;
        ALTER TABLE "Users" ADD CONSTRAINT later CHECK (email <> '') NOT VALID;
        ALTER TABLE "Tickets" ADD FOREIGN KEY (id) REFERENCES "Users" NOT VALID;
        CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID
        """
    )
    made = runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
    told = {notice.code: notice.facts for notice in made.notices}
    assert told["indexes_invalid"]["objects"] == "public.one_email"
    assert told["constraints_unvalidated"]["count"] == 3
    for name in (
        'later ON public."Users"',
        '"Tickets_id_fkey" ON public."Tickets"',
        "positive ON DOMAIN public.d",
    ):
        assert name in str(told["constraints_unvalidated"]["objects"])


#: Part of a dump of the old sidekick: a table with all kinds of constraints, and valid rows.
_TABLE = """--
-- Name: Tickets; Type: TABLE; Schema: public; Owner: ticketz
--

CREATE TABLE public."Tickets" (
    id integer NOT NULL,
    "userId" integer,
    CONSTRAINT positive CHECK ((id > 0))
);


"""
_ROWS = """--
-- Data for Name: Tickets; Type: TABLE DATA; Schema: public; Owner: ticketz
--

COPY public."Tickets" (id, "userId") FROM stdin;
1\t1
{bad}\\.


"""
_AFTER = """--
-- Name: Tickets Tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: ticketz
--

ALTER TABLE ONLY public."Tickets"
    ADD CONSTRAINT "Tickets_pkey" PRIMARY KEY (id);


--
-- Name: one_user; Type: INDEX; Schema: public; Owner: ticketz
--

CREATE UNIQUE INDEX one_user ON public."Tickets" USING btree ("userId");


--
-- Name: Tickets Tickets_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: ticketz
--

ALTER TABLE ONLY public."Tickets"
    ADD CONSTRAINT "Tickets_userId_fkey" FOREIGN KEY ("userId") REFERENCES public."Users"(id);


--
-- PostgreSQL database dump complete
"""
#: invalid row → (name to leave out, adaptation)
OLD_BROKEN = {
    "2\t99\n": ("Tickets_userId_fkey", ("not_validated", '"Tickets_userId_fkey" ON public."Tickets"')),
    "1\t2\n": ("public.Tickets.Tickets_pkey", ("left_out", '"Tickets_pkey" ON public."Tickets"')),
    "2\t1\n": ("one_user", ("left_out", "public.one_user")),
    "-1\t2\n": ("Tickets.positive", ("not_validated", 'positive ON public."Tickets"')),
    "many\t2\n": ("Tickets", ("rows_left_out", 'public."Tickets"')),
}


def old_archive(path: Path, bad: str) -> str:
    """Return an archive of the old sidekick with an invalid row."""
    dump = DUMP.replace("--\n-- Data for", _TABLE + "--\n-- Data for", 1)
    dump = dump.replace(
        "--\n-- Name: Users Users_pkey", _ROWS.format(bad=bad) + "--\n-- Name: Users Users_pkey", 1
    )
    dump = dump.replace("--\n-- PostgreSQL database dump complete\n", _AFTER, 1)
    tar = Tar().directory("backups/").add("backups/db_dump.sql", dump.encode())
    return str(tar.write(path / "ticketz-backup-20240102030405.tar.gz"))


@pytest.mark.parametrize(
    "bad",
    [pytest.param(bad, marks=pytest.mark.long) for bad in OLD_BROKEN if bad[0] != "2"]
    + ["2\t99\n", "2\t1\n"],
)
@pytest.mark.variants
def test_the_rest_of_an_old_archive_comes_back(bad: str, goal: Any, tmp_path: Path) -> None:
    archive, (name, expected) = old_archive(tmp_path, bad), OLD_BROKEN[bad]
    options: Any = {"backup": archive, "backup_dir": None}
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path / "store", **options)
    assert caught.value.code == ("rows_refused" if name != "Tickets" else "statement_failed")
    for wanted in (name, "broken") if name != "Tickets" else (name,):
        done = runs.make_restore(
            goal,
            tmp_path / "store",
            leave_out=(wanted,),
            if_not_empty="replace",
            keep_previous=False,
            **options,
        )
        assert expected in adaptations(done)
        rows = query(goal, 'SELECT id, "userId" FROM "Tickets" ORDER BY 1, 2')
        bad_row = tuple(map(int, bad.split())) if name != "Tickets" else ()
        assert rows == (sorted([(1, 1), bad_row]) if bad_row else [])
        assert query(goal, 'SELECT count(*) FROM "Users"') == [(2,)]


def test_names_that_an_old_archive_does_not_have(goal: Any, tmp_path: Path) -> None:
    archive = old_archive(tmp_path, "")
    for dry_run in (True, False):
        with pytest.raises(DatabaseError) as caught:
            runs.make_restore(
                goal,
                tmp_path / "store",
                backup=archive,
                backup_dir=None,
                leave_out=("one_users",),
                dry_run=dry_run,
            )
        assert caught.value.code == "leave_out_unknown" and "one_user" in str(caught.value.facts["near"])


@pytest.mark.parametrize(
    "options", [{"tables": ["Users"]}, {"paths": ["public/a"]}, {"tickets": [1]}, {"contacts": [1]}]
)
def test_with_a_part_of_a_backup_nothing_is_left_out(options: dict[str, Any]) -> None:
    for check in (True, False):
        with pytest.raises(HostError) as caught:
            verb_runs.run("restore", check=check, backup="/nowhere/b.tar", leave_out=["one_email"], **options)
        assert (caught.value.code, caught.value.facts["option"]) == ("option_invalid", "leave_out")


@pytest.mark.long
def test_rows_of_an_extension_s_configuration_can_be_left_out(goal: Any, tmp_path: Path) -> None:
    """The user has changed a row that the extension inserts itself, so it would be duplicated in every restore."""
    with server_with_words() as server:
        source = runs.reach(server, "postgres")
        execute(
            source, "CREATE EXTENSION words; UPDATE words SET builtin = false; CREATE TABLE mine (id int)"
        )
        runs.make_backup(source, tmp_path / "store", compression="none")
        target = runs.reach(server, "goal")
        with pytest.raises(DatabaseError) as caught:
            runs.make_restore(target, tmp_path / "store")
        assert caught.value.code == "rows_refused" and "words" in str(caught.value)
        for name in ("words", "public.words"):
            done = runs.make_restore(
                target, tmp_path / "store", leave_out=(name,), if_not_empty="replace", keep_previous=False
            )
            assert ("rows_left_out", "public.words") in adaptations(done)
            assert query(target, "SELECT word, builtin FROM words") == [("the", True)]


def test_spellings() -> None:
    assert spellings('"one_open" ON public."Tickets"') >= {
        "one_open",
        "Tickets.one_open",
        "public.Tickets.one_open",
    }
    assert spellings("known ON DOMAIN public.company") >= {"known", "company.known", "public.company.known"}
    assert spellings('"a b"."x ON y"') == {'"a b"."x ON y"', "a b.x ON y", "x ON y"}
    assert "Tickets" not in spellings('"one_open" ON public."Tickets"')
