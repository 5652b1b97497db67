# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup of a database in use is a complete, consistent snapshot, or fails with a clear error."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.writer import ArchiveWriter
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.copy_out import TableReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.snapshot import lock_in_worker, take
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import scan
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, kills, runs
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until


def settings(database: Any) -> dict[str, Any]:
    return {
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.name,
    }


@pytest.fixture
def restored(database: Any) -> Iterator[Callable[[Path], Any]]:
    """``restored(store)``: a connection to the newest backup, restored next to the database."""
    made: list[Any] = []

    def restore(store: Path) -> Any:
        goal = runs.reach(database, f"restored_{secrets.token_hex(4)}")
        runs.make_restore(goal, store)
        made.append(psycopg2.connect(**{**settings(database), "dbname": goal.database}))
        return made[-1]

    yield restore
    for connection in made:
        name = connection.info.dbname
        connection.close()
        with closing(psycopg2.connect(**{**settings(database), "dbname": "postgres"})) as other:
            other.autocommit = True
            other.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.long
def test_the_books_balance_in_a_backup_taken_under_load(
    database: Any, restored: Callable[[Path], Any], tmp_path: Path
) -> None:
    with closing(database.connect()) as connection:
        hard_cases.build_bank(connection, transfers=3000)
    with hard_cases.Writer(settings(database)), hard_cases.Writer(settings(database), seed=2):
        for number in range(3):
            time.sleep(0.3)
            runs.make_backup(runs.reach(database), tmp_path / f"store-{number}")
    for number in range(3):
        assert hard_cases.check(restored(tmp_path / f"store-{number}")) == []


@pytest.mark.long
def test_tables_that_are_truncated_rewritten_dropped_and_created_meanwhile(
    database: Any, restored: Callable[[Path], Any], tmp_path: Path
) -> None:
    """Each backup is complete, or fails with a clear error in limited time; rows are never lost silently."""
    with closing(database.connect()) as connection:
        hard_cases.build_bank(connection, transfers=500)
        hard_cases.Disturber.build(connection)
    good = 0
    with hard_cases.Disturber(settings(database)), hard_cases.Writer(settings(database)):
        for number in range(8):
            try:
                runs.make_backup(runs.reach(database), tmp_path / f"store-{number}")
            except DatabaseError as error:
                assert error.code in {
                    "tables_unsteady",
                    "pg_dump_failed",
                    "lock_not_available",
                    "statement_failed",
                }
                assert scan(tmp_path / f"store-{number}").backups == ()
            else:
                good += 1
    assert good
    for number in range(8):
        store = tmp_path / f"store-{number}"
        if scan(store).backups:
            connection = restored(store)
            assert hard_cases.check(connection) == []
            assert hard_cases.Disturber.check(connection) == []


@pytest.mark.long
def test_a_lock_request_between_snapshot_and_pg_dump_leads_to_another_attempt(
    database: Any, restored: Callable[[Path], Any], tmp_path: Path
) -> None:
    database.execute("CREATE TABLE wanted AS SELECT generate_series(1, 1000) AS id")
    truncating: list[subprocess.Popen[bytes]] = []

    def truncate(**position: Any) -> None:
        # The leader has its locks; pg_dump requests its locks later, and must wait for this lock request.
        if position.get("phase") == "database" and not truncating:
            truncating.append(truncate_in_background(database, "wanted"))

    runs.make_backup(runs.reach(database), tmp_path / "store", Run(progress=truncate))
    assert [child.wait(300) for child in truncating] == [0]
    with restored(tmp_path / "store").cursor() as cursor:
        cursor.execute("SELECT count(*) FROM wanted")
        assert cursor.fetchone() == (0,)


def test_a_table_that_others_wait_for_is_copied_by_the_leader(database: Any, tmp_path: Path) -> None:
    """A worker's lock request would wait for the TRUNCATE's, which waits for the leader's lock: a deadlock."""
    database.execute("CREATE TABLE wanted AS SELECT generate_series(1, 1000) AS id")
    database.execute("CREATE TABLE other AS SELECT generate_series(1, 10) AS id")
    writer = ArchiveWriter(str(tmp_path / "archive"), codec("none"), None)
    with take(runs.reach(database)) as snapshot:
        child = truncate_in_background(database, "wanted")
        with snapshot.worker() as worker:
            locked = {table.name: lock_in_worker(worker, table) for table in snapshot.tables}
        assert locked == {"wanted": False, "other": True}
        reader = TableReader(
            snapshot,
            snapshot.tables,
            writer,
            jobs=2,
            digests=True,
            progress=lambda rows, size: None,
            check=lambda: None,
        )
        reader.start()
        reader.release()
        assert {entry.name: entry.rows for entry in reader.finish()} == {"wanted": 1000, "other": 10}
    writer.discard()
    assert child.wait(300) == 0


def truncate_in_background(database: Any, table: str) -> subprocess.Popen[bytes]:
    """Start a TRUNCATE in another process, and wait until it waits for its lock."""
    words = [str(settings(database)[key]) for key in sorted(settings(database))]
    child = subprocess.Popen([sys.executable, "-c", _TRUNCATE, *words, table])
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    wait_until(lambda: database.execute(waits)[0][0])
    return child


_TRUNCATE = """
import sys, psycopg2
dbname, host, password, port, user, table = sys.argv[1:]
connection = psycopg2.connect(dbname=dbname, host=host, password=password, port=port, user=user)
connection.autocommit = True
connection.cursor().execute(f"TRUNCATE {table}")
"""


def test_rows_that_row_level_security_hides_are_never_left_out(database: Any, tmp_path: Path) -> None:
    role = f"plain_{secrets.token_hex(3)}"
    database.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD 'plain word'; CREATE TABLE hidden (id int); INSERT INTO hidden VALUES (1);"
        f" GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; ALTER TABLE hidden ENABLE ROW LEVEL SECURITY"
    )
    with pytest.raises(DatabaseError) as caught:
        runs.make_backup(runs.reach(database, user=role, password="plain word"), tmp_path / "store")
    assert caught.value.code in {"rows_hidden", "pg_dump_failed"}
    assert scan(tmp_path / "store").backups == ()


def test_the_owner_is_refused_under_forced_row_level_security(database: Any, tmp_path: Path) -> None:
    role = f"owner_{secrets.token_hex(3)}"
    database.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'plain word'")
    database.execute(
        f"CREATE TABLE forced (id int); INSERT INTO forced VALUES (1); ALTER TABLE forced OWNER TO {role};"
        " ALTER TABLE forced ENABLE ROW LEVEL SECURITY; ALTER TABLE forced FORCE ROW LEVEL SECURITY"
    )
    with pytest.raises(DatabaseError) as caught:
        runs.make_backup(runs.reach(database, user=role, password="plain word"), tmp_path / "store")
    assert caught.value.code in {"rows_hidden", "pg_dump_failed"}
    assert scan(tmp_path / "store").backups == ()


def test_large_objects_are_named_and_stop_no_backup(database: Any, tmp_path: Path) -> None:
    database.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)")
    with closing(database.connect()) as connection:
        hard_cases.add_large_object(connection)
    made = runs.make_backup(runs.reach(database), tmp_path / "store")
    assert "large_objects_left" in [notice.code for notice in made.notices]
    assert made.backup["database"]["tables"] == {"public.kept": 1}
    assert any("large objects" in said for said in made.backup["warnings"])


def test_a_second_run_names_the_first(database: Any, tmp_path: Path) -> None:
    store = tmp_path / "store"
    seen: list[StoreError] = []

    def second(**position: Any) -> None:
        if position.get("phase") == "database":
            with pytest.raises(StoreError) as caught:
                runs.make_backup(runs.reach(database), store)
            seen.append(caught.value)

    runs.make_backup(runs.reach(database), store, Run(progress=second))
    assert [error.code for error in seen] == ["lock_held"]
    assert f"process {os.getpid()}" in str(seen[0])
    assert len(scan(store).backups) == 1


_BACKUP = """
import sys
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import kills, runs
dbname, host, password, port, user, store, deadly = sys.argv[1:]
server = Server(host=host, port=int(port), user=user, password=password, database=dbname)
runs.make_backup(server, Path(store), kills.Reports(int(deadly)).run)
"""


@pytest.mark.long
def test_a_backup_that_is_killed_leaves_no_archive_and_the_next_run_cleans_up(
    database: Any, tmp_path: Path
) -> None:
    database.execute(
        "CREATE TABLE big AS SELECT g AS id, repeat(md5(g::text), 30) AS text FROM generate_series(1, 60000) g"
    )
    store = tmp_path / "store"
    reports = kills.Reports()
    runs.make_backup(runs.reach(database), store, reports.run)
    published = {path.name for path in store.iterdir()}
    words = [str(settings(database)[key]) for key in sorted(settings(database))]
    for deadly in reports.spread(8):
        command = [sys.executable, "-c", _BACKUP, *words, str(store), str(deadly)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        complete = scan(store)
        assert all(backup.good for backup in complete.backups), complete
    runs.make_backup(runs.reach(database), store)
    assert scan(store).leftovers == ()
    assert published <= {path.name for path in store.iterdir()}
    assert database.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ticketz.sidekick'"
    ) == [(0,)]
