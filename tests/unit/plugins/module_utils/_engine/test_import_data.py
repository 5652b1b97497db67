# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables exported by the old sidekick's commands are imported into a migrated Ticketz, completely or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.export_tables import COMMON
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.import_data import (
    SEEDS,
    ImportRequest,
    ImportResult,
    import_data,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    DatabaseError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import Tar, old_retrieve, run, ticketz
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import catalog_of
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import generate
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

SESSION = ("session", "status", "qrcode")


def migrated(database: Any) -> None:
    """Create the state after Ticketz's migrations: empty tables, except for the list of migrations."""
    ticketz(database, 50)
    tables = database.execute(
        "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename NOT IN ('SequelizeMeta', 'SequelizeData')"
    )[0][0]
    database.execute(f'TRUNCATE {tables} RESTART IDENTITY; DROP TABLE "SequelizeData"')


@pytest.fixture
def source(make_database: Callable[..., Any]) -> Any:
    """Another Whaticket system, with a column that Ticketz has removed, and an option that refers to a later row."""
    database = make_database()
    ticketz(database)
    database.execute(
        'ALTER TABLE "Users" ADD online boolean;'
        'UPDATE "QueueOptions" SET "parentId" = (SELECT max(id) FROM "QueueOptions")'
        ' WHERE id = (SELECT min(id) FROM "QueueOptions")'
    )
    return database


@pytest.fixture
def target(make_database: Callable[..., Any]) -> Any:
    database = make_database()
    migrated(database)
    return database


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., ImportResult]:
    """``take(database, archive, …)``: import an archive, with a separate journal."""

    def imported(database: Any, archive: Path | None, job: Run | None = None, **options: Any) -> ImportResult:
        given: dict[str, Any] = {"public_archive": None, "journal": tmp_path / "journal", **options}
        return import_data(ImportRequest(server=runs.reach(database), archive=archive, **given), job or Run())

    return imported


def rows_of(database: Any, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    return sorted(database.execute(f'SELECT {listed} FROM "{table}"'), key=repr)


def definitions(database: Any) -> list[Any]:
    """Return the definitions, except of the table for seeds, which Sequelize or the import creates."""
    return [item for item in catalog_of(database) if "SequelizeData" not in item.name]


def snapshot(database: Any) -> Any:
    return runs.contents(database.connect()), runs.schema_dump(database.server.bindir, runs.reach(database))


# --- imported data ------------------------------------------------------------


def test_what_the_old_tool_retrieved(
    source: Any, target: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    archive = old_retrieve(source, tmp_path / "retrieve", COMMON)
    before = definitions(target)
    with pytest.raises(DatabaseError) as caught:
        take(target, archive)
    assert caught.value.code == "import_unknown"
    assert "Users.online" in str(caught.value)

    done = take(target, archive, ignore_unknown=True)
    assert done.changed
    assert [notice.code for notice in done.notices] == ["import_ignored"]
    assert "Users.online" in str(done.notices[0])
    assert done.backup == {"id": "retrieved_data", "path": str(archive), "format": "retrieved"}
    assert done.database is not None
    assert list(done.database["tables"]) == [f"public.{table}" for table in COMMON]
    for table, columns in COMMON.items():
        wanted = sorted(columns - {"online"} - set(SESSION if table == "Whatsapps" else ()))
        assert rows_of(target, table, wanted) == rows_of(source, table, wanted), table
        assert done.database["tables"][f"public.{table}"] == len(rows_of(source, table, wanted)) > 0
    assert target.execute('SELECT DISTINCT session, status, qrcode FROM "Whatsapps"') == [
        ("", "DISCONNECTED", "")
    ]
    assert done.whatsapp_sessions["Whatsapps"] > 0
    # There is a row that refers to a later row, so the rows' order would violate the foreign key.
    assert target.execute('SELECT count(*) FROM "QueueOptions" WHERE "parentId" > id')[0][0] > 0
    # Definitions are unchanged, including foreign keys, and all of these are valid.
    assert definitions(target) == before
    assert (
        target.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")[0][0]
        == 0
    )
    changed = {change["table"] for change in done.sequences if change["changed"]}
    assert 'public."Users"' in changed
    for table in ("Users", "Tickets", "Settings", "Contacts"):
        largest, following = target.execute(
            f"SELECT max(id), nextval(pg_get_serial_sequence('\"{table}\"', 'id')) FROM \"{table}\""
        )[0]
        assert following == largest + 1
    assert target.execute("SELECT reltuples::int FROM pg_class WHERE relname = 'Messages'") == [(300,)]
    # Because the seeds are marked as done, Ticketz does not add its default user at its next start.
    assert done.seeds == sorted(SEEDS)
    assert [row[0] for row in target.execute('SELECT name FROM "SequelizeData" ORDER BY 1')] == sorted(SEEDS)

    with pytest.raises(DatabaseError) as caught:
        take(target, archive, ignore_unknown=True)
    assert caught.value.code == "import_not_empty"
    plans = done.database["tables"]["public.Plans"]
    assert f"has rows in public.Plans ({plans} rows), " in str(caught.value)
    assert f", … (+{len(done.database['tables']) - 10})" in str(caught.value)
    after = snapshot(target)
    again = take(target, archive, ignore_unknown=True, if_not_empty="skip")
    assert not again.changed
    assert [notice.code for notice in again.notices] == ["restore_skipped"]
    assert snapshot(target) == after


@pytest.mark.long
def test_a_dry_run_says_the_same_and_changes_nothing(
    source: Any, target: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    archive = old_retrieve(source, tmp_path / "retrieve", COMMON)
    before = snapshot(target)
    predicted = take(target, archive, ignore_unknown=True, dry_run=True)
    assert snapshot(target) == before
    done = take(target, archive, ignore_unknown=True)
    assert (predicted.changed, predicted.database) == (done.changed, done.database)
    for options in ({}, {"dry_run": True}):
        with pytest.raises(DatabaseError) as caught:
            take(target, archive, ignore_unknown=True, **options)
        assert caught.value.code == "import_not_empty"


@pytest.mark.long
def test_order_of_files_and_tables_does_not_matter(
    source: Any, target: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    """The archive contains referencing tables first, and their numbers are in reverse order."""
    tables = {table: columns - {"online"} for table, columns in COMMON.items()}
    archive = old_retrieve(source, tmp_path / "retrieve", dict(reversed(tables.items())))
    take(target, archive)
    assert rows_of(target, "Messages", ["id", "body"]) == rows_of(source, "Messages", ["id", "body"])


def test_some_tables_with_some_columns(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    """Defaults for missing columns; odd names and values; an identity column; no line end; a byte order mark."""
    database.execute(
        """
        CREATE TABLE "Odd, ""name"" é" ("a,b" text, "c""d" integer DEFAULT 7, n bigint GENERATED ALWAYS AS IDENTITY,
            twice integer GENERATED ALWAYS AS ("c""d" * 2) STORED, PRIMARY KEY (n));
        CREATE TABLE other (id serial PRIMARY KEY);
        CREATE TABLE kept (a int); INSERT INTO kept VALUES (1);
        """
    )
    name = 'Odd, "name" é'
    csv = '\ufeff"a,b",n\n"1,\n2",10\n,11\n"",12\n"\\.",13\nx"'.encode()
    archive = (
        Tar().add(f"./9-{name}.csv", csv[:-1]).add("./001-other.csv", b"id\r\n5\r\n6").write(tmp_path / "a")
    )
    with pytest.raises(SidekickError) as caught:
        take(database, archive)
    assert caught.value.code == "import_csv_refused"
    assert "line 7" in str(caught.value) and name in str(caught.value)
    archive = (
        Tar().add(f"./9-{name}.csv", csv[:-2]).add("./001-other.csv", b"id\r\n5\r\n6").write(tmp_path / "a")
    )
    done = take(database, archive)
    assert done.database is not None
    assert list(done.database["tables"].items()) == [("public.other", 2), (f"public.{name}", 4)]
    assert database.execute('SELECT "a,b", "c""d", n, twice FROM "Odd, ""name"" é" ORDER BY n') == [
        ("1,\n2", 7, 10, 14),
        (None, 7, 11, 14),
        ("", 7, 12, 14),
        ("\\.", 7, 13, 14),
    ]
    assert database.execute("SELECT nextval('other_id_seq')") == [(7,)]
    # Without Sequelize's tables, there is nothing to mark.
    assert done.seeds == []
    assert database.execute("SELECT to_regclass('\"SequelizeData\"')") == [(None,)]


def test_columns_that_are_ignored_do_not_disturb_others(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    database.execute("CREATE TABLE t (a text, b text, g text GENERATED ALWAYS AS (a || 'x') STORED)")
    rows = 'x,a,g,b\n1,"a,\n""q""",9,\n"2\n,",,"""","""b"""\n,\\.,,""\n'
    archive = Tar().add("1-t.csv", rows.encode()).add("2-gone.csv", b"id\n1\n").write(tmp_path / "a")
    done = take(database, archive, ignore_unknown=True)
    assert database.execute("SELECT a, b FROM t ORDER BY a NULLS FIRST") == [
        (None, '"b"'),
        ("\\.", ""),
        ('a,\n"q"', None),
    ]
    (one, two) = map(str, done.notices)
    assert "gone" in one and "t.x" in two and "t.g" in two


@pytest.mark.long
def test_the_public_folder_with_the_tables(
    source: Any, target: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    generate(tmp_path / "volumes", 1_000_000, seed=3, odd_names=True)
    public = tmp_path / "volumes" / "public"
    files = tmp_path / "public_data.tar.gz"
    run(["tar", "-zcf", files, "."], cwd=public)
    archive = old_retrieve(source, tmp_path / "retrieve", COMMON)
    home = tmp_path / "new" / "public"
    (tmp_path / "new").mkdir()
    options: dict[str, Any] = {
        "public_archive": files,
        "directories": {"public": home},
        "ignore_unknown": True,
    }
    predicted = take(target, archive, **options, dry_run=True)
    assert not home.exists()
    done = take(target, archive, **options)
    assert done.directories == predicted.directories
    assert done.directories["public"]["path"] == str(home)
    assert seconds(runs.tree(home)) == seconds(runs.tree(public))
    assert sorted(path.name for path in home.parent.iterdir()) == ["public"]
    assert Journal(tmp_path / "journal").records() == []
    with pytest.raises(SidekickError) as caught:
        take(target, None, **options)
    assert caught.value.code == "import_target_full"
    assert "replace" not in str(caught.value)


def seconds(found: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Round times to seconds, as in tar."""
    return {path: (*facts[:3], facts[3] // 10**9, facts[4]) for path, facts in found.items()}


def test_the_public_folder_alone_into_an_empty_directory(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    home = tmp_path / "public"
    home.mkdir()
    files = (
        Tar()
        .directory("./")
        .directory("./company1")
        .add("./company1/a.jpg", b"picture")
        .write(tmp_path / "p")
    )
    done = take(database, None, public_archive=files, directories={"public": home})
    assert done.changed and done.database is None
    assert (home / "company1" / "a.jpg").read_bytes() == b"picture"
    again = take(database, None, public_archive=files, directories={"public": home}, if_not_empty="skip")
    assert not again.changed


# --- refusals -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "tar", "says"),
    [
        ("import_empty", Tar(), []),
        ("import_csv_invalid", Tar().add("1-Plans.csv", b""), ["1-Plans.csv", "line 1"]),
        ("import_csv_invalid", Tar().add("1-Plans.csv", b"id,\n"), ["1-Plans.csv"]),
        ("import_csv_invalid", Tar().add("1-Plans.csv", b"id,id\n"), ["1-Plans.csv", "id"]),
        ("import_csv_invalid", Tar().add("1-Plans.csv", b'id\n1\n"2\n'), ["1-Plans.csv"]),
        (
            "import_csv_invalid",
            Tar().add("1-Plans.csv", b"id\n1\n\xe9\n"),
            ["1-Plans.csv", "line 3", "UTF-8"],
        ),
        ("import_csv_invalid", Tar().add("1-Plans.csv", b"id\n1\n2\0\n"), ["1-Plans.csv", "line 3"]),
        (
            "import_table_twice",
            Tar().add("1-Plans.csv", b"id\n").add("2-Plans.csv", b"id\n"),
            ["Plans", "2-Plans.csv"],
        ),
        (
            "import_unknown",
            Tar().add("1-Plano.csv", b"id\n").add("2-Nope.csv", b"id\n"),
            ["Plano, Nope"],
        ),
        ("import_unknown", Tar().add("1-Plans.csv", b"id,x,name,y\n"), ["Plans.x, Plans.y"]),
        ("import_unknown", Tar().add("1-Plans.csv", b"id;name\n1;a\n"), ["Plans.id;name"]),
        ("import_unknown", Tar().add("1-Counters.csv", b"hour\n"), ["Counters.hour"]),
        ("import_columns_missing", Tar().add("1-Plans.csv", b"id\n1\n"), ["Plans.name", "Plans.createdAt"]),
        ("import_not_empty", Tar().add("1-SequelizeMeta.csv", b"name\n"), ["SequelizeMeta ("]),
        ("legacy_archive_invalid", Tar().add("1-Plans.csv", b"id\n").add("evil.sql", b"DROP"), ["evil.sql"]),
        (
            "legacy_archive_invalid",
            Tar().add("1-Plans.csv", b"id\n").add("deep/1-Users.csv", b"id\n"),
            ["deep/1-Users.csv"],
        ),
        ("legacy_archive_invalid", Tar().add("../1-Plans.csv", b"id\n"), ["../1-Plans.csv"]),
        (
            "legacy_archive_invalid",
            Tar().add("1-Plans.csv", kind=tarfile.SYMTYPE, link="/etc/passwd"),
            ["1-Plans.csv"],
        ),
        (
            "legacy_archive_invalid",
            Tar().add("1-Plans.csv", b"id\n").add("1-Plans.csv", b"id\n"),
            ["1-Plans.csv"],
        ),
    ],
)
@pytest.mark.variants
def test_what_is_no_import(
    code: str, tar: Tar, says: list[str], shared: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    archive = tar.write(tmp_path / "retrieved_data.tar.gz")
    for dry_run in (True, False):
        with pytest.raises(SidekickError) as caught:
            take(shared, archive, dry_run=dry_run)
        assert caught.value.code in ({code, "import_table_twice"} if "1-Plans.csv" in says else {code})
        for words in says:
            assert words in str(caught.value)


@pytest.fixture(scope="module")
def shared(pg_servers: Callable[..., Any]) -> Any:
    """A migrated database, which its tests do not change."""
    from ansible_collections.ticketz.sidekick.tests.unit.conftest import Database

    server = pg_servers(16)
    one = Database(server, f"shared_{os.getpid()}")
    Database(server, "postgres").execute(f'CREATE DATABASE "{one.name}" TEMPLATE template0')
    migrated(one)
    before = snapshot(one)
    yield one
    assert snapshot(one) == before
    Database(server, "postgres").execute(f'DROP DATABASE "{one.name}" WITH (FORCE)')


@pytest.mark.parametrize(
    ("code", "csv", "says"),
    [
        ("import_csv_refused", "id,name\n1,a\n2,b,c\n", ["line 3", "001-parent.csv"]),
        ("import_csv_refused", "id,name\n1,a\nx,b\n", ["line 3", "column: id", "public.parent"]),
        ("import_csv_refused", 'id,name\n1,"a\nb"\nx,b\n', ["line 4"]),
        ("import_csv_refused", "id,name\n1,a\n1,b\n", ["line 3"]),
        ("import_csv_refused", "id,name\n1,\n2,\n", ["line 2", "name"]),
    ],
)
@pytest.mark.variants
def test_a_wrong_line_is_named_and_nothing_stays(
    code: str, csv: str, says: list[str], database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL); CREATE TABLE first (a int)"
    )
    before = snapshot(database)
    archive = (
        Tar().add("000-first.csv", b"a\n1\n2\n").add("001-parent.csv", csv.encode()).write(tmp_path / "a")
    )
    with pytest.raises(DatabaseError) as caught:
        take(database, archive)
    assert caught.value.code == code
    for words in says:
        assert words in str(caught.value)
    assert "Failing row" not in str(caught.value)
    assert snapshot(database) == before


def test_a_reference_to_nothing_is_named_and_nothing_stays(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE parent (id int PRIMARY KEY);"
        "CREATE TABLE child (id int PRIMARY KEY, p int CONSTRAINT odd REFERENCES parent ON DELETE CASCADE"
        " DEFERRABLE INITIALLY DEFERRED, c int REFERENCES child NOT NULL);"
        "COMMENT ON CONSTRAINT odd ON child IS 'it''s'"
    )
    before = snapshot(database)
    home = tmp_path / "public"
    files = Tar().add("./a", b"x").write(tmp_path / "p")
    options: dict[str, Any] = {"public_archive": files, "directories": {"public": home}}
    archive = (
        Tar()
        .add("1-child.csv", b"id,p,c\n1,7,2\n2,8,1\n")
        .add("2-parent.csv", b"id\n8\n")
        .write(tmp_path / "a")
    )
    with pytest.raises(DatabaseError) as caught:
        take(database, archive, **options)
    assert caught.value.code == "import_reference_missing"
    assert (
        "odd" in str(caught.value) and "public.child" in str(caught.value) and "(p)=(7)" in str(caught.value)
    )
    assert snapshot(database) == before
    assert not home.exists()
    archive = (
        Tar()
        .add("1-child.csv", b"id,p,c\n1,8,2\n2,8,1\n")
        .add("2-parent.csv", b"id\n8\n")
        .write(tmp_path / "a")
    )
    take(database, archive, **options)
    assert database.execute("SELECT * FROM child ORDER BY 1") == [(1, 8, 2), (2, 8, 1)]
    assert snapshot(database)[1] == before[1]
    assert (home / "a").read_bytes() == b"x"


def test_rows_that_the_database_drops_are_missed(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN CASE WHEN NEW.a > 1 THEN NEW END; END';"
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
    with pytest.raises(DatabaseError) as caught:
        take(database, Tar().add("1-t.csv", b"a\n1\n2\n").write(tmp_path / "a"))
    assert caught.value.code == "import_rows_lost"
    assert database.execute("SELECT count(*) FROM t") == [(0,)]


def test_without_rights(database: Any, take: Callable[..., ImportResult], tmp_path: Path) -> None:
    role = f"plain_{os.getpid()}"
    database.execute(
        f"CREATE TABLE t (a int); CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT ALL ON t TO {role}"
    )
    try:
        archive = Tar().add("1-t.csv", b"a\n1\n").write(tmp_path / "a")
        request = ImportRequest(
            server=runs.reach(database, user=role, password="p"), archive=archive, public_archive=None
        )
        with pytest.raises(DatabaseError) as caught:
            import_data(request, Run())
        assert caught.value.code == "objects_not_owned"
        assert role in str(caught.value) and "public.t" in str(caught.value)
    finally:
        database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"archive": None}, "option_invalid"),
        ({"public_archive": Path("/nowhere/p")}, "option_invalid"),
        ({"directories": {"public": Path("/nowhere")}}, "option_invalid"),
        (
            {"public_archive": Path("/p"), "directories": {"public": Path("/p"), "private": Path("/q")}},
            "component_absent",
        ),
        ({"archive": Path("/nowhere/a.tar.gz")}, "archive_missing"),
        ({"archive": Path("/tmp")}, "archive_special"),
    ],
)
def test_options_that_make_no_sense(
    options: dict[str, Any], code: str, tmp_path: Path, database: Any
) -> None:
    given: dict[str, Any] = {
        "archive": Tar().add("1-t.csv", b"a\n").write(tmp_path / "a"),
        "public_archive": None,
        "journal": tmp_path / "journal",
        **options,
    }
    with pytest.raises(SidekickError) as caught:
        import_data(ImportRequest(server=runs.reach(database), **given), Run())
    assert caught.value.code == code


# --- atomicity ----------------------------------------------------------------


def test_somebody_who_holds_a_table_is_waited_for_and_no_longer(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import table_import

    database.execute("CREATE TABLE t (a int)")
    archive = Tar().add("1-t.csv", b"a\n1\n").write(tmp_path / "a")
    monkeypatch.setattr(table_import, "LOCK_WAIT", 1)
    with closing(database.connect()) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN ROW EXCLUSIVE MODE")
        with pytest.raises(DatabaseError) as caught:
            take(database, archive)
        assert caught.value.code == "lock_not_available"
        # Rows that were inserted between the check and the lock are found after locking.
        monkeypatch.setattr(table_import, "LOCK_WAIT", 300)
        cursor.execute("INSERT INTO t VALUES (7)")
        failed: list[BaseException] = []

        def imported() -> None:
            try:
                take(database, archive)
            except SidekickError as error:
                failed.append(error)

        thread = threading.Thread(target=imported)
        thread.start()
        wait_until(lambda: database.execute("SELECT 1 FROM pg_locks WHERE NOT granted"))
        other.commit()
        thread.join()
    (error,) = failed
    assert getattr(error, "code", "") == "import_not_empty"
    assert database.execute("SELECT a FROM t") == [(7,)]


PHASES = ["data", "counting rows", "foreign keys", "sequences", "switching", "committing"]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.long
def test_asked_to_stop_at_any_phase(
    phase: str, database: Any, take: Callable[..., ImportResult], tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE p (id serial PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY, p int REFERENCES p)"
    )
    before = snapshot(database)
    home = tmp_path / "public"
    files = Tar().add("./a", b"x").write(tmp_path / "files")
    archive = Tar().add("1-p.csv", b"id\n3\n").add("2-t.csv", b"id,p\n1,3\n2,3\n").write(tmp_path / "a")
    reached: list[str] = []

    def check() -> None:
        if phase in reached:
            raise CancelledError("cancelled", signal="test")

    job = Run(progress=lambda phase, **_expected: reached.append(phase), check=check)
    # A stop at the begin of a phase is noticed before the next phase, so it has no effect in the last one.
    stopping = phase != PHASES[-1]
    options: dict[str, Any] = {"public_archive": files, "directories": {"public": home}}
    if stopping:
        with pytest.raises(CancelledError):
            take(database, archive, job, **options)
        assert snapshot(database) == before
        assert not home.exists()
        assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
        reached.clear()
        phase = "none"
        take(database, archive, Run(), **options)
    assert Journal(tmp_path / "journal").records() == []


def test_a_commit_that_fails_takes_the_directory_back(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the server ends the connection between the renaming and the commit, the directory is restored."""
    database.execute("CREATE TABLE t (a int)")
    home = tmp_path / "public"
    home.mkdir()
    files = Tar().add("./a", b"x").write(tmp_path / "files")
    archive = Tar().add("1-t.csv", b"a\n1\n").write(tmp_path / "a")

    def progress(phase: str, **_expected: Any) -> None:
        if phase == "committing":
            assert (home / "a").exists()
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ticketz.sidekick'"
                f" AND datname = '{database.name}'"
            )

    options: dict[str, Any] = {"public_archive": files, "directories": {"public": home}}
    with pytest.raises(DatabaseError) as caught:
        take(database, archive, Run(progress=progress), **options)
    assert caught.value.code == "connection_lost"
    assert database.execute("SELECT count(*) FROM t") == [(0,)]
    assert list(home.iterdir()) == []
    assert Journal(tmp_path / "journal").records() == []
    take(database, archive, **options)
    assert database.execute("SELECT count(*) FROM t") == [(1,)]
    assert (home / "a").exists()


def test_a_commit_whose_answer_is_lost_is_asked_for(
    database: Any, take: Callable[..., ImportResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("CREATE TABLE t (a int)")
    archive = Tar().add("1-t.csv", b"a\n1\n").write(tmp_path / "a")
    original = Session.execute

    def execute(self: Any, sql: str, *arguments: Any, **options: Any) -> int:
        count = original(self, sql, *arguments, **options)
        if sql == "COMMIT":
            self.close()
            raise DatabaseError(
                "connection_lost", server="x", database="x", context="COMMIT", cause="cut off"
            )
        return count

    monkeypatch.setattr(Session, "execute", execute)
    done = take(database, archive)
    assert done.changed
    assert database.execute("SELECT count(*) FROM t") == [(1,)]


@pytest.mark.long
def test_killed_at_any_moment(database: Any, tmp_path: Path) -> None:
    """After kill -9, the tables are empty or complete, and leftovers do not affect the next run."""
    database.execute(
        "CREATE TABLE p (id serial PRIMARY KEY); CREATE TABLE t (id serial PRIMARY KEY, p int REFERENCES p)"
    )
    before = snapshot(database)
    rows = b"id,p\n" + b"".join(b"%d,3\n" % number for number in range(1, 20_001))
    archive = Tar().add("1-p.csv", b"id\n3\n").add("2-t.csv", rows).write(tmp_path / "a")
    tar = Tar().directory("./")
    for number in range(300):
        tar.add(f"./{number}", b"x" * 2000)
    files = tar.write(tmp_path / "files")
    home = tmp_path / "new" / "public"
    home.parent.mkdir()
    script = f"""
import os
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.import_data import ImportRequest, import_data
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
server = Server(host={database.host!r}, port={database.port}, user={database.user!r}, password={database.password!r},
                database={database.name!r})
request = ImportRequest(server=server, archive=Path({str(archive)!r}), public_archive=Path({str(files)!r}),
                        directories={{"public": Path({str(home)!r})}}, journal=Path({str(tmp_path / "journal")!r}))
left = int(os.environ["STEPS"])
def step(**_facts):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
import_data(request, Run(progress=step, add=step))
"""
    states = set()
    trail = []
    for steps in (1, 3, 5, 100, 306, 608, 612, 614, 616, 618, 620, 622, 624, 626, 628, 10**6):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "STEPS": str(steps)},
            capture_output=True,
            check=False,
        )
        count = database.execute("SELECT count(*) FROM t")[0][0]
        present = home.exists() and len(list(home.iterdir())) == 300
        states.add((count, present, done.returncode))
        trail.append((steps, count, present, done.returncode))
        assert count in (0, 20_000)
        assert not home.exists() or present
        if count == 0:
            assert snapshot(database) == before
        else:
            assert present
        # The user must empty imported tables; the next run removes other leftovers itself.
        database.execute("TRUNCATE p, t RESTART IDENTITY")
        if home.exists():
            run(["rm", "-r", home])
    assert {(0, False, -9), (20_000, True, 0)} <= states, trail
    result = import_data(
        ImportRequest(
            server=runs.reach(database),
            archive=archive,
            public_archive=files,
            directories={"public": home},
            journal=tmp_path / "journal",
        ),
        Run(),
    )
    assert result.changed
    assert sorted(path.name for path in home.parent.iterdir()) == ["public"]
    assert Journal(tmp_path / "journal").records() == []
