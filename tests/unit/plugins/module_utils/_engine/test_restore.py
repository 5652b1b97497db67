# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore succeeds completely or changes nothing, with a clear error."""

from __future__ import annotations

import random
import secrets
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    DatabaseError,
    EncryptionError,
    HostError,
    SidekickError,
    StoreError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.load import Loader
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.post_data import Stages
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry
from ansible_collections.ticketz.sidekick.tests.support import kills, runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, databases, query


def test_sessions_are_cleared_and_sequences_move_on(shop: Any, goal: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    done = runs.make_restore(goal, tmp_path, clear_sessions=True)
    assert done.whatsapp_sessions == {"Whatsapps": 1, "BaileysKeys": 1}
    assert query(goal, 'SELECT name, session, status, qrcode FROM "Whatsapps"') == [
        ("loja", "", "DISCONNECTED", "")
    ]
    assert query(goal, 'SELECT count(*) FROM "BaileysKeys"') == [(0,)]
    changed = [change for change in done.sequences if change["changed"]]
    assert [(change["sequence"], change["old"], change["new"]) for change in changed] == [
        ('public."Messages_id_seq"', 4, 501)
    ]
    assert query(goal, "SELECT nextval('\"Messages_id_seq\"')") == [(501,)]
    # Statistics were collected.
    assert query(goal, "SELECT reltuples::int FROM pg_class WHERE relname = 'Messages'") == [(500,)]


def test_a_target_that_is_not_empty_is_named_table_by_table(shop: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    before = runs.contents(shop.connect())
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(runs.reach(shop), tmp_path)
    assert caught.value.code == "target_not_empty"
    for words in ("public.Messages (500 rows)", "public.SequelizeMeta (1 rows)", "public.Whatsapps (1 rows)"):
        assert words in str(caught.value)
    assert runs.contents(shop.connect()) == before
    skipped = runs.make_restore(runs.reach(shop), tmp_path, if_not_empty="skip")
    assert not skipped.changed
    assert [notice.code for notice in skipped.notices] == ["restore_skipped"]


def test_an_empty_target_is_replaced_unless_somebody_uses_it(shop: Any, goal: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    administer(shop, f'CREATE DATABASE "{goal.database}"')
    others = databases(shop)
    connection = shop.connect(dbname=goal.database)
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path)
    assert caught.value.code == "target_in_use"
    assert "1 other sessions" in str(caught.value)
    connection.close()
    runs.make_restore(goal, tmp_path)
    assert query(goal, 'SELECT count(*) FROM "Messages"') == [(500,)]
    assert databases(shop) == others


@pytest.mark.long
def test_somebody_who_connects_at_the_last_moment_stops_the_switch(
    shop: Any, goal: Any, tmp_path: Path
) -> None:
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    administer(shop, f'CREATE DATABASE "{goal.database}"')
    others = databases(shop)
    connections: list[Any] = []

    def connect(**position: Any) -> None:
        if position.get("phase") == "switching":
            connections.append(shop.connect(dbname=goal.database))

    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path / "store", runs.Run(progress=connect))
    assert caught.value.code == "target_in_use"
    for connection in connections:
        connection.close()
    assert databases(shop) == others


@pytest.mark.parametrize("where", ["full", "file", "no parent"])
def test_directories_in_the_way_are_refused_before_anything_is_restored(
    where: str, shop: Any, goal: Any, tmp_path: Path
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "a.jpg").write_bytes(b"picture")
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    place = tmp_path / "place"
    if where == "full":
        place.mkdir()
        (place / "precious").write_text("keep me")
    elif where == "file":
        place.write_text("keep me")
    else:
        place = tmp_path / "nowhere" / "place"
    with pytest.raises(HostError) as caught:
        runs.make_restore(goal, tmp_path / "store", directories={"public": place})
    expected = {
        "full": "restore_target_full",
        "file": "restore_path_unusable",
        "no parent": "restore_path_unusable",
    }
    assert caught.value.code == expected[where]
    assert goal.database not in databases(shop)
    if where == "full":
        assert (place / "precious").read_text() == "keep me"
    assert not [path for path in tmp_path.iterdir() if "restore" in path.name]


def test_paths_are_left_out_of_directories_and_told(shop: Any, goal: Any, tmp_path: Path) -> None:
    """A file that is too large for this disk, a folder and a link are excluded; everything else is restored."""
    media = tmp_path / "media"
    (media / "odd" / "inner").mkdir(parents=True)
    (media / "odd" / "inner" / "name").write_bytes(b"odd")
    (media / "a.jpg").write_bytes(b"picture")
    (media / "huge.bin").write_bytes(b"letter" * 2_000_000)
    (media / "away").symlink_to("/etc")
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    place = tmp_path / "place"
    wanted: dict[str, Any] = {
        "directories": {"public": place},
        "exclude_paths": ("huge.*", "odd", "away"),
    }
    predicted = runs.make_restore(goal, tmp_path / "store", dry_run=True, **wanted)
    assert not place.exists()
    done = runs.make_restore(goal, tmp_path / "store", **wanted)
    assert done.directories == predicted.directories
    assert done.directories["public"] == {
        "path": str(place),
        "files": 1,
        "bytes": 7,
        "excluded": {"paths": 5, "bytes": 12_000_003},
    }
    for result in (predicted, done):
        (notice,) = [notice for notice in result.notices if notice.code == "paths_excluded"]
        for language in ("en", "pt"):
            assert "5" in notice.text(language)
            assert "odd" in notice.text(language)
    assert [path.name for path in place.iterdir()] == ["a.jpg"]
    assert query(goal, 'SELECT count(*) FROM "Messages"') == [(500,)]
    # The same restore again changes nothing; without the patterns it does.
    assert not runs.make_restore(goal, tmp_path / "store", **wanted).changed
    with pytest.raises(HostError) as caught:
        runs.make_restore(goal, tmp_path / "store", directories={"public": place})
    assert caught.value.code == "restore_target_full"


def test_database_and_directories_switch_together(
    shop: Any, goal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a directory can't be exchanged at the end, the database isn't either."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "a.jpg").write_bytes(b"picture")
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    others = databases(shop)
    place = tmp_path / "place"

    def occupy(**position: Any) -> None:
        if position.get("phase") == "switching":
            place.mkdir()
            (place / "precious").write_text("keep me")

    with pytest.raises(HostError) as caught:
        runs.make_restore(goal, tmp_path / "store", runs.Run(progress=occupy), directories={"public": place})
    assert caught.value.code == "swap_disturbed"
    assert databases(shop) == others
    assert [path.name for path in place.iterdir()] == ["precious"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_roles_that_are_missing_here(shop: Any, goal: Any, tmp_path: Path) -> None:
    role, other = f"gone_{secrets.token_hex(3)}", f"other_{secrets.token_hex(3)}"
    administer(shop, f"CREATE ROLE {role}", f"CREATE ROLE {other}")
    shop.execute(f'ALTER TABLE "Messages" OWNER TO {role}; GRANT SELECT ON "Whatsapps" TO {role}')
    runs.make_backup(runs.reach(shop), tmp_path)
    shop.execute(f'ALTER TABLE "Messages" OWNER TO {shop.user}; REVOKE ALL ON "Whatsapps" FROM {role}')
    administer(shop, f"DROP ROLE {role}")
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'Messages'"
    done = runs.make_restore(goal, tmp_path)
    assert [(notice.code, notice.facts["role"]) for notice in done.notices] == [("role_missing", role)]
    assert query(goal, owner) == [(shop.user,)]
    administer(shop, f'DROP DATABASE "{goal.database}"')
    done = runs.make_restore(goal, tmp_path, role_mapping={role: other})
    assert done.notices == ()
    assert query(goal, owner) == [(other,)]
    administer(shop, f'DROP DATABASE "{goal.database}"')
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, tmp_path, role_mapping={role: "nobody_here"})
    assert caught.value.code == "role_unknown"
    assert goal.database not in databases(shop)


@pytest.mark.long
def test_an_older_server_is_refused(make_database: Any, pg_servers: Any, tmp_path: Path) -> None:
    newer = make_database(18)
    newer.execute("CREATE TABLE t (id int)")
    runs.make_backup(runs.reach(newer), tmp_path)
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(runs.reach(pg_servers(16), "goal"), tmp_path)
    assert caught.value.code == "server_too_old"
    assert "PostgreSQL 18" in str(caught.value) and "PostgreSQL 16" in str(caught.value)


def _loader(shop: Any, jobs: int) -> Loader:
    return Loader(
        runs.reach(shop),
        None,
        search_path="public",
        jobs=jobs,
        functions_of=lambda entry: (),
        notices=[],
        progress=lambda rows, size: None,
        check=lambda: None,
    )


def test_an_extension_that_is_missing_is_named(shop: Any) -> None:
    entry = Entry("no_such_thing", "EXTENSION", None, None, "CREATE EXTENSION no_such_thing")
    with pytest.raises(DatabaseError) as caught:
        _loader(shop, 1).run([entry])
    assert caught.value.code == "extension_missing"
    assert "lacks extensions that the backup needs: no_such_thing" in str(caught.value)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_key_is_built_by_as_many_as_there_are_jobs(shop: Any, jobs: int) -> None:
    shop.execute("CREATE TABLE seen (stage text, workers int)")

    def entry(stage: str) -> Entry:
        setting = "current_setting('max_parallel_maintenance_workers')::int"
        return Entry(stage, stage, None, "seen", f"INSERT INTO seen SELECT '{stage}', {setting}")

    stages = Stages(
        keys=((entry("CONSTRAINT"),),), indexes=(entry("INDEX"),), rest=(), code=(), security=(), events=()
    )
    _loader(shop, jobs).build_indexes(stages)
    # The leader builds indexes, too, and several indexes of a table can be built at the same time.
    assert query(runs.reach(shop), "SELECT * FROM seen ORDER BY 1") == [
        ("CONSTRAINT", jobs - 1),
        ("INDEX", 0),
    ]


def test_an_account_that_may_not_create_databases_is_told_so(shop: Any, tmp_path: Path) -> None:
    role = f"plain_{secrets.token_hex(3)}"
    administer(shop, f"CREATE ROLE {role} LOGIN PASSWORD 'plain word'")
    runs.make_backup(runs.reach(shop), tmp_path)
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(runs.reach(shop, "goal", user=role, password="plain word"), tmp_path)
    assert caught.value.code == "createdb_missing"
    assert role in str(caught.value)


def test_an_owner_without_superuser_rights_can_restore_its_own(shop: Any, tmp_path: Path) -> None:
    role = f"owner_{secrets.token_hex(3)}"
    administer(
        shop,
        f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'plain word'",
        f'ALTER DATABASE "{shop.name}" OWNER TO {role}',
    )
    for table in ("Messages", "Whatsapps", "BaileysKeys", "SequelizeMeta"):
        shop.execute(f'ALTER TABLE "{table}" OWNER TO {role}')
    goal = runs.reach(shop, f"goal_{secrets.token_hex(4)}", user=role, password="plain word")
    runs.make_backup(runs.reach(shop, user=role, password="plain word"), tmp_path)
    done = runs.make_restore(goal, tmp_path)
    assert {notice.code for notice in done.notices} <= {"mark_not_set", "server_space_unknown"}
    assert runs.contents(shop.connect(dbname=goal.database)) == runs.contents(shop.connect())
    administer(shop, f'DROP DATABASE "{goal.database}"')


@pytest.mark.parametrize("key", [pytest.param(None, marks=pytest.mark.long), "a passphrase that is long"])
def test_no_damaged_archive_is_restored(key: str | None, shop: Any, goal: Any, tmp_path: Path) -> None:
    """Any flipped byte, and any truncation of the file, is detected."""
    media = tmp_path / "media"
    media.mkdir()
    (media / "a.jpg").write_bytes(secrets.token_bytes(3000))
    secret = Key.from_text(key) if key else None
    made = runs.make_backup(
        runs.reach(shop), tmp_path / "store", key=secret, directories={"public": media}, compression="zstd"
    )
    whole = Path(made.backup["path"]).read_bytes()
    others = databases(shop)
    chance = random.Random(11)
    damaged = tmp_path / "damaged.tar.zst"
    for number in range(60):
        data = bytearray(whole)
        if number % 4 == 3:
            del data[chance.randrange(len(data)) :]
        else:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        damaged.write_bytes(data)
        with pytest.raises((ArchiveError, EncryptionError)):
            runs.make_restore(
                goal,
                tmp_path / "store",
                backup=str(damaged),
                key=secret,
                directories={"public": tmp_path / "new"},
            )
    assert databases(shop) == others
    assert not (tmp_path / "new").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_keys_that_are_wrong_or_missing(shop: Any, goal: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path, key=Key.from_text("the right passphrase"))
    for key, code in ((None, "key_missing"), (Key.from_text("another passphrase"), "key_wrong")):
        with pytest.raises(EncryptionError) as caught:
            runs.make_restore(goal, tmp_path, key=key)
        assert caught.value.code == code
    assert goal.database not in databases(shop)


_RESTORE = """
import sys
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import kills, runs
host, port, user, password, dbname, store, place, deadly = sys.argv[1:]
server = Server(host=host, port=int(port), user=user, password=password, database=dbname)
runs.make_restore(server, Path(store), kills.Reports(int(deadly)).run, directories={"public": Path(place)})
"""


@pytest.mark.long
def test_a_restore_that_is_killed_leaves_the_target_alone_and_the_next_run_cleans_up(
    shop: Any, goal: Any, tmp_path: Path
) -> None:
    shop.execute("CREATE TABLE big AS SELECT g AS id, md5(g::text) AS text FROM generate_series(1, 50000) g")
    media = tmp_path / "media"
    media.mkdir()
    for number in range(200):
        (media / f"{number}.jpg").write_bytes(secrets.token_bytes(2000))
    runs.make_backup(runs.reach(shop), tmp_path / "store", directories={"public": media})
    others, place = databases(shop), tmp_path / "place"
    words = [goal.host, str(goal.port), goal.user, goal.password or "", goal.database]
    reports = kills.Reports()
    runs.make_restore(goal, tmp_path / "store", reports.run, directories={"public": place})
    administer(shop, f'DROP DATABASE "{goal.database}" WITH (FORCE)')
    place.rename(tmp_path / "done")
    for deadly in reports.spread(8):
        command = [sys.executable, "-c", _RESTORE, *words, str(tmp_path / "store"), str(place), str(deadly)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        there = goal.database in databases(shop), place.exists()
        # The database is exchanged last.
        assert there[1] or not there[0]
        if there[0]:
            administer(shop, f'DROP DATABASE "{goal.database}" WITH (FORCE)')
        if there[1]:
            place.rename(tmp_path / f"after-{deadly}")
    runs.make_restore(goal, tmp_path / "store", directories={"public": place})
    assert databases(shop) == others | {goal.database}
    assert runs.tree(place) == runs.tree(media)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_data_of_a_newer_application_are_refused(shop: Any, goal: Any, tmp_path: Path) -> None:
    shop.execute("""INSERT INTO "SequelizeMeta" VALUES ('2025-second.js')""")
    runs.make_backup(runs.reach(shop), tmp_path)
    older = frozenset(["2024-first"])
    for dry_run in (True, False):
        with pytest.raises(HostError) as caught:
            runs.make_restore(goal, tmp_path, migrations=older, dry_run=dry_run)
        assert caught.value.code == "application_older" and "2025-second" in str(caught.value)
    assert goal.database not in databases(shop)
    assert runs.make_restore(goal, tmp_path, migrations=older | {"2025-second", "2026-third"}).changed
    assert not runs.make_restore(goal, tmp_path, migrations=older, force=True).changed


def test_check_mode_predicts_and_changes_nothing(shop: Any, goal: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path)
    done = runs.make_restore(goal, tmp_path, dry_run=True)
    assert done.changed and done.database is not None
    assert done.database["tables"]["public.Messages"] == 500
    assert goal.database not in databases(shop)


def test_what_is_no_backup_is_said_to_be_none(shop: Any, goal: Any, tmp_path: Path) -> None:
    for name, content in (
        ("empty", b""),
        ("text", b"not a backup" * 100),
        ("sql", b"CREATE TABLE t (id int);\n"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(SidekickError) as caught:
            runs.make_restore(goal, tmp_path, backup=str(path))
        assert caught.value.code.startswith("archive_")
        assert str(path) in str(caught.value)


def test_a_store_inside_what_is_backed_up_is_refused(shop: Any, tmp_path: Path) -> None:
    media = tmp_path / "media"
    store = media / "backups"
    store.mkdir(parents=True, mode=0o700)
    with pytest.raises(StoreError) as caught:
        runs.make_backup(runs.reach(shop), store, directories={"public": media})
    assert caught.value.code == "store_inside_directory"
    assert list(store.iterdir()) == []
