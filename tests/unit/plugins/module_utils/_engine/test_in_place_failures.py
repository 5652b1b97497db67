# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database in use is replaced completely or not at all, even after failures."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from contextlib import closing
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.in_place import (
    has_committed,
    load_in_place,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.load import (
    Loaded,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    DatabaseError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.in_place import (
    at_phase,
    everything,
    execute,
    options,
    replace,
    replace_in_child,
)
from ansible_collections.ticketz.sidekick.tests.support.kills import Reports
from ansible_collections.ticketz.sidekick.tests.support.proxies import Proxy
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, connect, query
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until
from ansible_collections.ticketz.sidekick.tools import servers

pytestmark = pytest.mark.long

# --- concurrent sessions -----------------------------------------------------


def test_who_is_in_the_way_is_named(shop: Any, archive: str) -> None:
    before = everything(shop)
    with closing(shop.connect(application_name="night report")) as reader:
        reader.cursor().execute('SELECT * FROM "Messages"')
        with pytest.raises(DatabaseError) as caught:
            replace(runs.reach(shop), archive, lock_timeout=1)
    assert caught.value.code == "in_place_blocked"
    for words in ("night report", "idle in transaction", 'public."Messages"', shop.user):
        assert words in str(caught.value)
    assert everything(shop) == before
    with closing(shop.connect(application_name="importer")) as writer:
        writer.cursor().execute('UPDATE "Later" SET parent = 2')
        with pytest.raises(DatabaseError) as caught:
            replace(runs.reach(shop), archive, lock_timeout=1)
    assert caught.value.code == "in_place_blocked" and "importer" in str(caught.value)
    assert everything(shop) == before


def test_a_short_transaction_is_waited_for(shop: Any, archive: str) -> None:
    connection = shop.connect()
    connection.cursor().execute("UPDATE \"Messages\" SET body = 'agora' WHERE id = 7")
    timer = threading.Timer(2.0, connection.commit)
    timer.start()
    try:
        done = replace(runs.reach(shop), archive)
    finally:
        timer.join()
        connection.close()
    assert shop.execute('SELECT body FROM "Messages" WHERE id = 7') == [("mensagem 7",)]
    # The rows of the concurrent writer are in the safety backup.
    assert done.loaded.previous is not None
    saved = runs.reach(shop, f"saved_{secrets.token_hex(4)}")
    try:
        runs.make_restore(saved, Path(archive).parent, backup=done.loaded.previous["path"])
        assert query(saved, 'SELECT body FROM "Messages" WHERE id = 7') == [("agora",)]
    finally:
        administer(shop, f'DROP DATABASE IF EXISTS "{saved.database}" WITH (FORCE)')


@pytest.mark.parametrize("prepared", [False, True])
def test_readers_wait_and_then_read_the_new_data(prepared: bool, shop: Any, archive: str) -> None:
    """Before the commit, readers see the old data or wait. They never get an error or a mixture."""
    old = runs.contents(shop.connect())["public.Messages"][0]
    stop, errors, seen = threading.Event(), [], set()

    def read() -> None:
        with closing(shop.connect()) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            question = 'SELECT (SELECT count(*) FROM "Messages"), (SELECT count(*) FROM "SequelizeMeta")'
            if prepared:
                cursor.execute(f"PREPARE question AS {question}")
                question = "EXECUTE question"
            while not stop.is_set():
                try:
                    cursor.execute(question)
                    seen.add(cursor.fetchone())
                except psycopg2.Error as error:
                    errors.append(error)
                    return

    readers = [threading.Thread(target=read) for _number in range(4)]
    for reader in readers:
        reader.start()
    try:
        wait_until(lambda: (old, 1) in seen)
        replace(runs.reach(shop), archive)
        wait_until(lambda: errors or (500, 1) in seen)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert errors == []
    assert seen == {(old, 1), (500, 1)}


def test_two_at_once(shop: Any, archive: str) -> None:
    def again(_loaded: Loaded) -> None:
        with pytest.raises(DatabaseError) as caught:
            replace(runs.reach(shop), archive)
        assert caught.value.code == "restore_running"

    replace(runs.reach(shop), archive, inside=again)
    assert runs.contents(shop.connect())["public.Messages"][0] == 500


def test_somebody_creates_a_table_meanwhile(shop: Any, archive: str) -> None:
    """The table is dropped, unless it was created after the plan; then nothing is replaced."""
    replace(
        runs.reach(shop),
        archive,
        at_phase(
            "removing what is there", lambda: shop.execute("CREATE TABLE surprise AS SELECT 1 AS id") and None
        ),
    )
    assert shop.execute("SELECT to_regclass('surprise')") == [(None,)]


# --- failures ----------------------------------------------------------------

_PHASES = (
    "waiting for those who write",
    "safety backup: database",
    "removing what is there",
    "schema",
    "data",
    "keys and indexes",
    "comparing rows",
    "foreign keys and triggers",
    "comparing the catalog",
    "sequences",
    "statistics",
    "database properties",
)


def end_backend(shop: Any) -> None:
    administer(
        shop,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = '{shop.name}' AND application_name = 'ticketz.sidekick restore'",
    )


@pytest.mark.parametrize("phase", [*_PHASES, "block"])
def test_a_connection_that_the_server_ends(phase: str, shop: Any, archive: str) -> None:
    before = everything(shop)
    with pytest.raises(SidekickError) as caught:
        if phase == "block":
            replace(runs.reach(shop), archive, inside=lambda _loaded: end_backend(shop))
        else:
            replace(runs.reach(shop), archive, at_phase(phase, lambda: end_backend(shop)))
    assert caught.value.code == "connection_lost"
    assert everything(shop) == before
    replace(runs.reach(shop), archive)


def test_a_failure_of_the_caller_takes_everything_back(shop: Any, archive: str) -> None:
    """For example, if the directories can't be exchanged."""
    before = everything(shop)
    done = []

    def fail(loaded: Loaded) -> None:
        done.append(loaded.transaction or "")
        raise OSError("no more files")

    with pytest.raises(OSError, match="no more files"):
        replace(runs.reach(shop), archive, inside=fail)
    assert everything(shop) == before
    assert not has_committed(runs.reach(shop), done[0])


@pytest.mark.parametrize("phase", ["data", "keys and indexes", "statistics"])
def test_a_run_that_is_cancelled(phase: str, shop: Any, archive: str) -> None:
    before = everything(shop)
    asked = threading.Event()

    def stop() -> None:
        if asked.is_set():
            raise CancelledError("cancelled", signal="SIGTERM")

    run = runs.Run(progress=at_phase(phase, asked.set).progress, check=stop)
    with pytest.raises(CancelledError):
        replace(runs.reach(shop), archive, run)
    assert everything(shop) == before


def test_data_that_are_not_the_backup_s(shop: Any, archive: str) -> None:
    """The target's triggers can't be the cause, because they are dropped first. So the archive is inconsistent."""
    before = everything(shop)
    with ArchiveReader.open(archive, None, KINDS) as reader:
        entry = DatabaseEntry.of(reader.manifest)
        assert entry is not None
        tables = list(entry.tables)
        number = next(n for n, table in enumerate(tables) if table.name == "Messages")
        tables[number] = changed(tables[number], digest="record:1")
        lying = changed(entry, tables=tuple(tables))
        wanted = options(runs.reach(shop), archive)
        run = load_in_place(runs.reach(shop), reader, lying, wanted, "m", [], runs.Run())
        with pytest.raises(DatabaseError) as caught:
            run.__enter__()
    assert caught.value.code == "digest_differs"
    assert everything(shop) == before


@pytest.mark.parametrize("delivered", [True, False])
def test_a_connection_that_breaks_at_the_commit(delivered: bool, shop: Any, archive: str) -> None:
    """The answer to the commit is lost, so the outcome is read from the server."""
    before = everything(shop)
    proxy = Proxy(shop.host, shop.port, b"COMMIT\x00", deliver=delivered)
    with proxy.running():
        server = runs.reach(shop, host="127.0.0.1", port=proxy.port)
        wanted = options(runs.reach(shop), archive)
        with ArchiveReader.open(archive, None, KINDS) as reader:
            assert DatabaseEntry.of(reader.manifest) is not None

            def run() -> None:
                with load_in_place(
                    server,
                    reader,
                    DatabaseEntry.of(reader.manifest),
                    wanted,
                    "m",
                    [],
                    runs.Run(),  # type: ignore[arg-type]
                ):
                    # Armed only now, because the safety backup also commits.
                    proxy.armed.set()

            if delivered:
                run()
            else:
                with pytest.raises(DatabaseError) as caught:
                    run()
                assert caught.value.code == "connection_lost"
    assert proxy.cut.is_set()
    assert (everything(shop) == before) is not delivered
    assert (runs.contents(shop.connect())["public.Messages"][0] == 500) is delivered


def test_a_run_that_is_killed(shop: Any, tmp_path: Path) -> None:
    """At any time the database contains all old data or all new data."""
    shop.execute("CREATE TABLE big AS SELECT g AS id, md5(g::text) AS t FROM generate_series(1, 100000) g")
    shop.execute("CREATE INDEX ON big (t)")
    archive = str(runs.make_backup(runs.reach(shop), tmp_path / "store", compression="zstd").backup["path"])
    new = runs.contents(shop.connect())
    change = "DELETE FROM big WHERE id % 7 = 0; CREATE TABLE later (id serial PRIMARY KEY)"
    shop.execute(change)
    reports = Reports()
    replace(runs.reach(shop), archive, reports.run)
    shop.execute(change)
    old = runs.contents(shop.connect())
    for deadly in reports.spread(12):
        assert replace_in_child(shop, archive, deadly) == -signal.SIGKILL
        # Reading waits for the locks of the backend, until it detects the lost client.
        assert runs.contents(shop.connect()) == old
    replace(runs.reach(shop), archive)
    assert runs.contents(shop.connect()) == new


def test_a_server_that_crashes(tmp_path: Path) -> None:
    with servers.start_server(16, settings={"synchronous_commit": "on"}) as server:
        reach = runs.reach(server, "postgres")
        execute(reach, "CREATE TABLE t AS SELECT g AS id, md5(g::text) AS v FROM generate_series(1, 5000) g")
        archive = runs.make_backup(reach, tmp_path / "store", compression="zstd").backup["path"]
        execute(reach, "DELETE FROM t WHERE id > 4000; CREATE INDEX ON t (v)")
        before = runs.contents(connect(reach))

        def crash() -> None:
            server.crash()
            while servers.is_running(server.pid, server.datadir):
                time.sleep(0.01)

        for phase in ("removing what is there", "data", "comparing the catalog"):
            with pytest.raises(SidekickError):
                replace(reach, archive, at_phase(phase, crash))
            server.restart()
            assert runs.contents(connect(reach)) == before
        transactions = []

        def crash_before_commit(loaded: Loaded) -> None:
            transactions.append(loaded.transaction or "")
            crash()

        with pytest.raises(DatabaseError) as caught:
            replace(reach, archive, inside=crash_before_commit)
        # The client can't know whether the server has received the commit.
        assert caught.value.code == "commit_undecided"
        server.restart()
        for _number in range(5):  # other transactions must not get the same number
            execute(reach, "SELECT pg_current_xact_id(), pg_logical_emit_message(true, 'test', '')")
        assert not has_committed(reach, transactions[0])
        assert runs.contents(connect(reach)) == before
        replace(reach, archive)
        assert query(reach, "SELECT count(*) FROM t") == [(5000,)]
