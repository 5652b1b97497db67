# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exported archives can be restored with the old tools' commands, and with this collection."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.legacy import writer as tar_writer
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import export_data as module
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.export_data import (
    ExportRequest,
    ExportResult,
    export_data,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.export_tables import COMMON
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.import_data import (
    ImportRequest,
    import_data,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError, SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, runs
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import (
    old_load,
    old_restore,
    programs,
    run,
    ticketz,
)
from ansible_collections.ticketz.sidekick.tests.support.meanwhile import meanwhile
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import catalog_of
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import generate

SOURCES = ["backup", "live"]
#: A server that does not exist, because an export of a backup needs none.
NOWHERE = Server(host="127.0.0.1", port=1, connect_timeout=1)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    generate(tmp_path / "volumes", 1_000_000, seed=3, odd_names=True)
    public = tmp_path / "volumes" / "public"
    (public / ("n" * 200)).mkdir()
    (public / ("n" * 200) / ("m" * 200)).write_text("deep")
    (public / "large.mp4").write_bytes(os.urandom(9_000_000))
    os.link(public / "large.mp4", public / "large-too.mp4")
    return {name: tmp_path / "volumes" / name for name in ("public", "private")}


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., ExportResult]:
    """``export(source, database, folders, dest, …)``: export a backup without any server, or the live database."""

    def exported(
        source: str,
        database: Any,
        folders: dict[str, Path],
        dest: Path,
        job: Run | None = None,
        **options: Any,
    ) -> ExportResult:
        given: dict[str, Any] = {"format": "sidekick", "jobs": 2, **options}
        if source == "backup":
            store = tmp_path / "store"
            if not store.exists():
                runs.make_backup(
                    runs.reach(database), store, directories=folders, compression="zstd", key=given.get("key")
                )
            request = ExportRequest(server=NOWHERE, backup="latest", backup_dir=store, dest=dest, **given)
        else:
            request = ExportRequest(server=runs.reach(database), directories=folders, dest=dest, **given)
        return export_data(request, job or Run())

    return exported


def seconds(found: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Round times to seconds, as in tar."""
    return {path: (*facts[:3], facts[3] // 10**9, facts[4]) for path, facts in found.items()}


def plain(path: Path) -> None:
    """Check an archive with stock tools."""
    run(["gzip", "-t", path])
    assert not run(["tar", "-tzf", path]).stderr


# --- format sidekick ----------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.long
def test_the_old_commands_restore_it_and_lose_nothing(
    source: str,
    database: Any,
    make_database: Callable[..., Any],
    folders: dict[str, Path],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    """Even the index is restored that the old tool loses from its own archives."""
    ticketz(database)
    (tmp_path / "out").mkdir()
    done = export(source, database, folders, tmp_path / "out")
    assert done.path is not None
    assert done.path.parent == tmp_path / "out"
    assert done.path.name.startswith("ticketz-backup-20") and len(done.path.name) == len(
        "ticketz-backup-YYYYmmddHHMMSS.tar.gz"
    )
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert done.size == done.path.stat().st_size
    plain(done.path)
    with tarfile.open(done.path) as archive:
        names = [member.name for member in archive]
    assert names[0] == "backups/db_dump.sql"
    assert {name.split("/")[0] for name in names} == {"backups", "backend-public", "backend-private"}

    old = make_database()
    root = tmp_path / "root"
    root.mkdir()
    assert old_restore(done.path, old, root) == []
    before = runs.contents(database.connect())
    assert runs.contents(old.connect()) == before
    assert done.tables == {name: rows for name, (rows, _checksum) in before.items()}
    bindir = database.server.bindir
    assert runs.schema_dump(bindir, runs.reach(old)) == runs.schema_dump(bindir, runs.reach(database))
    assert sequences(old) == sequences(database)
    for name, folder in folders.items():
        assert seconds(runs.tree(root / f"backend-{name}")) == seconds(runs.tree(folder))
        files = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
        assert done.directories[name]["files"] == len(files)


def sequences(database: Any) -> Any:
    return database.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.long
def test_every_hard_case_on_every_version(
    source: str,
    pg_version: int,
    make_database: Callable[..., Any],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    """Odd names, all types, partitions, identity and generated columns, roles, policies; psql reports no error."""
    database, old = make_database(pg_version), make_database(pg_version)
    with closing(database.connect()) as connection:
        hard_cases.build(
            connection, rows=100, inexact_cases=source == "live", unqualified_functions=pg_version < 17
        )
    done = export(source, database, {}, tmp_path / "a.tar.gz")
    root = tmp_path / "root"
    root.mkdir()
    run(["tar", "-xzf", done.path, "-C", root])
    dump = root / "backups" / "db_dump.sql"
    run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", old.name, "-f", dump], env=programs(old))
    before, after = runs.contents(database.connect()), runs.contents(old.connect())
    inexact = {name for name in before if name.startswith("inexact.")}
    # An event trigger inserts into triggers.history when an object is created.
    assert {name for name in before if before[name] != after[name]} <= inexact | {"triggers.history"}
    assert sum(before[name][0] for name in inexact) == sum(after[name][0] for name in inexact)
    bindir = database.server.bindir
    here, there = (runs.schema_dump(bindir, runs.reach(one)) for one in (database, old))
    # pg_dump restores the columns of some tables in another order.
    assert set(here) == set(there) if inexact else here == there


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.variants
def test_from_an_instant_that_does_not_move(
    source: str, database: Any, export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    """Rows that are written at the same time are in all tables or in none."""
    database.execute(
        "CREATE TABLE a (id serial PRIMARY KEY, v text); CREATE TABLE z (id int REFERENCES a);"
        "INSERT INTO a (v) SELECT repeat('x', 500) FROM generate_series(1, 20000)"
    )

    def write(ended: threading.Event) -> None:
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            while not ended.is_set():
                cursor.execute("INSERT INTO a (v) VALUES ('new') RETURNING id")
                cursor.execute("INSERT INTO z VALUES (%s)", [cursor.fetchone()[0]])
                connection.commit()

    with meanwhile(write):
        done = export(source, database, {}, tmp_path / "a.tar.gz")
    assert done.tables["public.a"] == 20000 + (done.tables["public.z"] or 0)


@pytest.mark.long
def test_from_an_encrypted_backup_with_a_warning(
    database: Any, folders: dict[str, Path], export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    ticketz(database, 50)
    key = Key.from_text("correct horse battery staple")
    done = export("backup", database, folders, tmp_path / "a.tar.gz", key=key)
    assert [notice.code for notice in done.notices] == ["export_unencrypted"]
    with pytest.raises(SidekickError) as caught:
        export("backup", database, folders, tmp_path / "b.tar.gz")
    assert caught.value.code == "key_missing"
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 3 * 8**11 + 5])
def test_sizes_that_tar_writes_otherwise(size: int, tmp_path: Path) -> None:
    """The size of a file of 8 GiB or more does not fit in a header's octal digits; tar reads it correctly."""
    info = tar_writer.tar_info(b"backups/db_dump.sql")
    info.size = size
    (tmp_path / "header").write_bytes(tar_writer._header(info) + bytes(1024))
    listed = subprocess.run(["tar", "-tvf", tmp_path / "header"], capture_output=True, text=True, check=False)
    assert f" {size} " in listed.stdout
    assert len(tar_writer._header(info)) == 512


# --- format retrieved ---------------------------------------------------------


@pytest.mark.parametrize("columns", ["all", "common"])
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.long
def test_the_old_commands_import_it(
    source: str,
    columns: str,
    database: Any,
    make_database: Callable[..., Any],
    folders: dict[str, Path],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    ticketz(database)
    # A value that must be quoted, and a row that refers to a later row.
    database.execute(
        'UPDATE "Messages" SET body = E\'"a",\\n""b\\\\N,\\t\' WHERE id = (SELECT min(id) FROM "Messages");'
        'UPDATE "QueueOptions" SET "parentId" = (SELECT max(id) FROM "QueueOptions") WHERE id ='
        ' (SELECT min(id) FROM "QueueOptions"); UPDATE "Users" SET profile = \'\' WHERE id = 1'
    )
    out = tmp_path / "out"
    out.mkdir()
    done = export(source, database, folders, out, format="retrieved", columns=columns)
    assert (done.path, done.public_path) == (out / "retrieved_data.tar.gz", out / "public_data.tar.gz")
    for path in (done.path, done.public_path):
        assert path is not None and stat.S_IMODE(path.stat().st_mode) == 0o600
        plain(path)
    with tarfile.open(out / "retrieved_data.tar.gz") as archive:
        names = [member.name for member in archive]
    assert names == [f"{number:03d}-{table}.csv" for number, table in enumerate(COMMON, 1)]
    # the format does not include the folder "private"
    assert "export_directories_left" in [notice.code for notice in done.notices]

    for number, load in enumerate((old_load, new_load)):
        target = make_database()
        empty(target, database)
        load(target, out / "retrieved_data.tar.gz", tmp_path / f"csv{number}")
        for table, common in COMMON.items():
            present = [
                row[0]
                for row in database.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s", table
                )
            ]
            wanted = sorted(name for name in present if columns == "all" or name in common)
            assert rows_of(target, table, wanted) == rows_of(database, table, wanted), table
    run(["tar", "-xzf", out / "public_data.tar.gz", "-C", made(tmp_path / "public")])
    assert seconds(runs.tree(tmp_path / "public")) == seconds(runs.tree(folders["public"]))


def made(path: Path) -> Path:
    path.mkdir()
    return path


def empty(target: Any, source: Any) -> None:
    """Create a database with the empty tables of another one, like migrations."""
    ticketz(target, 50)
    tables = ", ".join(
        f'"{row[0]}"' for row in source.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    )
    target.execute(f"TRUNCATE {tables} RESTART IDENTITY")


def new_load(database: Any, archive: Path, work: Path) -> None:
    request = ImportRequest(
        server=runs.reach(database),
        archive=archive,
        public_archive=None,
        clear_sessions=False,
        journal=work / "journal",
    )
    import_data(request, Run())


def rows_of(database: Any, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    return sorted(database.execute(f'SELECT {listed} FROM "{table}"'), key=repr)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.long
def test_columns_that_the_old_import_could_not_load(
    source: str,
    database: Any,
    make_database: Callable[..., Any],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    """A reference to a later table, a reference to a table that is not in the format, a generated column."""
    ticketz(database)
    database.execute(
        'ALTER TABLE "Users" ADD "whatsappId" integer REFERENCES "Whatsapps";'
        'UPDATE "Users" SET "whatsappId" = (SELECT min(id) FROM "Whatsapps");'
        'ALTER TABLE "Tickets" ADD "campaignId" integer REFERENCES "Campaigns";'
        'ALTER TABLE "Tags" ADD computed text GENERATED ALWAYS AS (lower(name)) STORED'
    )
    done = export(source, database, {}, tmp_path / "data.tar.gz", format="retrieved")
    (notice,) = done.notices
    assert notice.code == "export_columns_left"
    assert notice.facts["columns"] == "Users.whatsappId, Tickets.campaignId"
    target = make_database()
    empty(target, target)
    old_load(target, tmp_path / "data.tar.gz", tmp_path / "csv")
    assert target.execute('SELECT count(*) FROM "Users"') == database.execute('SELECT count(*) FROM "Users"')


@pytest.mark.parametrize("source", SOURCES)
def test_values_that_end_the_data_for_an_old_psql_are_warned_of(
    source: str, database: Any, export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    database.execute(
        'CREATE TABLE "Plans" (id int, name text); INSERT INTO "Plans" VALUES (1, E\'a\\n\\\\.\\nb\')'
    )
    done = export(source, database, {}, tmp_path / "a.tar.gz", format="retrieved")
    codes = [notice.code for notice in done.notices]
    assert sorted(codes) == ["export_end_of_data", "export_tables_missing"]
    assert done.tables == {"public.Plans": 1}


@pytest.mark.long
def test_parts_of_it(
    database: Any, folders: dict[str, Path], export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    ticketz(database, 50)
    out = made(tmp_path / "out")
    only = export("backup", database, folders, out, format="retrieved", components=("directories",))
    assert (only.path, only.public_path, only.tables) == (None, out / "public_data.tar.gz", {})
    named = export(
        "live", database, folders, out / "files.tgz", format="retrieved", components=("directories",)
    )
    assert named.public_path == out / "files.tgz"
    tables = export("backup", database, folders, out / "t.tgz", format="retrieved", components=("database",))
    assert (tables.path, tables.public_path) == (out / "t.tgz", None)
    without = export("backup", database, folders, out / "s.tgz", components=("database",))
    assert without.directories == {}
    assert sorted(path.name for path in out.iterdir()) == [
        "files.tgz",
        "public_data.tar.gz",
        "s.tgz",
        "t.tgz",
    ]


# --- refusals and interruptions -----------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"dest": Path("relative.tar.gz")}, "option_invalid"),
        ({"dest": Path("/nowhere/at/all.tar.gz")}, "write_failed"),
        ({"components": ("directories",)}, "option_invalid"),
        ({"format": "retrieved", "components": ("directories",)}, "option_invalid"),
        ({"format": "retrieved", "dest": "public_data.tar.gz"}, "option_invalid"),
        ({"backup": "/nowhere/backup.tar.gz"}, "archive_missing"),
        ({"backup": "latest"}, "store_needed"),
        ({"server": NOWHERE}, "server_unreachable"),
        ({"directories": {"public": Path("/nowhere")}}, "directory_absent"),
        ({"pg_dump": "/nowhere/pg_dump"}, "pg_dump_missing"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_what_can_not_be_done(
    options: dict[str, Any], code: str, dry_run: bool, database: Any, tmp_path: Path
) -> None:
    (tmp_path / "public").mkdir()
    given: dict[str, Any] = {
        "server": runs.reach(database),
        "format": "sidekick",
        "dest": tmp_path / "out.tar.gz",
        **options,
    }
    if isinstance(given["dest"], str):
        given["dest"] = tmp_path / given["dest"]
        given["directories"] = {"public": tmp_path / "public"}
    with pytest.raises(SidekickError) as caught:
        export_data(ExportRequest(**given, dry_run=dry_run), Run())
    assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_that_is_there_stays_unless_it_may_go(
    source: str, database: Any, export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    database.execute("CREATE TABLE t (a int)")
    out = made(tmp_path / "out")
    dest = out / "a.tar.gz"
    dest.write_text("mine")
    dest.chmod(0o644)
    for dry_run in (True, False):
        with pytest.raises(SidekickError) as caught:
            export(source, database, {}, dest, dry_run=dry_run)
        assert caught.value.code == "export_exists"
        assert dest.read_text() == "mine"
    export(source, database, {}, dest, force=True, dry_run=True)
    assert dest.read_text() == "mine"
    export(source, database, {}, dest, force=True)
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    plain(dest)
    link = out / "link"
    link.symlink_to(dest)
    with pytest.raises(SidekickError) as caught:
        export(source, database, {}, link, force=True)
    assert caught.value.code == "export_exists"
    assert sorted(path.name for path in out.iterdir()) == ["a.tar.gz", "link"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("format", ["sidekick", "retrieved"])
@pytest.mark.long
def test_a_dry_run_predicts(
    source: str,
    format: str,
    database: Any,
    folders: dict[str, Path],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    ticketz(database, 50)
    out = made(tmp_path / "out")
    predicted = export(source, database, folders, out / "a.tgz", format=format, dry_run=True)
    assert list(out.iterdir()) == []
    done = export(source, database, folders, out / "a.tgz", format=format)
    assert (predicted.path, predicted.public_path) == (done.path, done.public_path)
    assert set(predicted.tables) == set(done.tables) and set(predicted.directories) == set(done.directories)
    assert [notice.code for notice in predicted.notices] == [notice.code for notice in done.notices]
    if source == "backup":
        assert predicted.tables == done.tables and predicted.directories == done.directories


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("phase", ["data", "directory public", "reading a.tar.gz back"])
@pytest.mark.long
def test_asked_to_stop(
    source: str,
    phase: str,
    database: Any,
    folders: dict[str, Path],
    export: Callable[..., ExportResult],
    tmp_path: Path,
) -> None:
    ticketz(database, 50)
    out = made(tmp_path / "out")
    reached: list[str] = []

    def check() -> None:
        if phase in reached:
            raise CancelledError("cancelled", signal="test")

    job = Run(progress=lambda phase, **_expected: reached.append(phase), check=check)
    with pytest.raises(CancelledError):
        export(source, database, folders, out / "a.tar.gz", job)
    assert list(out.iterdir()) == []


@pytest.mark.long
def test_killed_and_run_again(database: Any, folders: dict[str, Path], tmp_path: Path) -> None:
    """After kill -9 there is no file with the final name; the next run removes partial files, except those of running ones."""
    ticketz(database, 50)
    out = made(tmp_path / "out")
    script = f"""
import os
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.export_data import ExportRequest, export_data
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
server = Server(host={database.host!r}, port={database.port}, user={database.user!r}, password={database.password!r},
                database={database.name!r})
left = int(os.environ["STEPS"])
def step(**_facts):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), 9)
request = ExportRequest(server=server, format="sidekick", dest=Path({str(out / "a.tar.gz")!r}),
                        directories={{"public": Path({str(folders["public"])!r})}}, force=True)
export_data(request, Run(progress=step, add=step))
"""
    ended = set()
    for steps in (2, 5, 60, 100, 10**6):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "STEPS": str(steps)},
            capture_output=True,
            check=False,
        )
        ended.add(done.returncode)
        names = sorted(path.name for path in out.iterdir())
        assert len(names) <= 1
        if done.returncode:
            assert all(name.startswith(".a.tar.gz.") for name in names)
        else:
            assert names == ["a.tar.gz"]
    assert ended == {-9, 0}
    plain(out / "a.tar.gz")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.long
def test_what_was_written_wrongly_is_not_published(
    source: str,
    database: Any,
    folders: dict[str, Path],
    export: Callable[..., ExportResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If a disk stores wrong bytes, reading the file back detects it."""
    ticketz(database, 50)
    out = made(tmp_path / "out")
    original = module.Publication.sync

    def spoil(self: Any) -> None:
        original(self)
        size = os.fstat(self.descriptor).st_size
        byte = os.pread(self.descriptor, 1, size // 2)[0]
        os.pwrite(self.descriptor, bytes([byte ^ 1]), size // 2)

    monkeypatch.setattr(module.Publication, "sync", spoil)
    with pytest.raises(SidekickError):
        export(source, database, folders, out / "a.tar.gz")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.variants
def test_rows_that_are_missing_are_noticed(
    source: str,
    database: Any,
    export: Callable[..., ExportResult],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticketz(database, 50)
    out = made(tmp_path / "out")
    original = module.plain_dump_write.rows_end
    monkeypatch.setattr(module.plain_dump_write, "rows_end", lambda: b"1\n" + original())
    with pytest.raises(SidekickError) as caught:
        export(source, database, {}, out / "a.tar.gz")
    assert caught.value.code == "export_unequal"
    assert list(out.iterdir()) == []


def test_to_the_restore_and_back(database: Any, export: Callable[..., ExportResult], tmp_path: Path) -> None:
    """The exported archive can be restored by this collection."""
    from ansible_collections.ticketz.sidekick.plugins.module_utils._sources.sidekick_archive import (
        open_legacy,
    )

    ticketz(database, 50)
    done = export("live", database, {}, tmp_path / "a.tar.gz")
    archive = open_legacy(done.path or Path(), Run())
    assert archive is not None
    with archive:
        entry = DatabaseEntry.of(archive.manifest)
        assert entry is not None
        assert {f"{table.schema}.{table.name}": table.rows for table in entry.tables} == done.tables


@pytest.mark.long
def test_definitions_are_as_they_were(
    database: Any, make_database: Callable[..., Any], export: Callable[..., ExportResult], tmp_path: Path
) -> None:
    ticketz(database, 50)
    done = export("backup", database, {}, tmp_path / "a.tar.gz")
    old = make_database()
    old_restore(done.path or Path(), old, made(tmp_path / "root"))
    assert list(catalog_of(old)) == list(catalog_of(database))
