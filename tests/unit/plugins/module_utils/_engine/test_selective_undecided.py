# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer to the commit of restored rows is lost: the outcome is read from the server, if it is still known there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.in_place import execute
from ansible_collections.ticketz.sidekick.tests.support.selected import restore
from ansible_collections.ticketz.sidekick.tests.support.servers import query
from ansible_collections.ticketz.sidekick.tools import servers

pytestmark = pytest.mark.long

#: A transaction that uses more than a million numbers, so that the commit log needs another file.
_USE_UP = """
CREATE TEMPORARY TABLE number (n int); INSERT INTO number VALUES (0);
DO $$ BEGIN
    FOR i IN 1..1200000 LOOP
        BEGIN UPDATE number SET n = i WHERE false; INSERT INTO number VALUES (i); RAISE unique_violation;
        EXCEPTION WHEN unique_violation THEN END;
    END LOOP;
END $$;
"""


@pytest.fixture
def own_server() -> Iterator[servers.Server]:
    """A server that tests may crash, and that writes its WAL to disk as late as possible."""
    settings = {"wal_writer_delay": "10s", "bgwriter_delay": "10s", "autovacuum": "off"}
    with servers.start_server(16, settings={**settings, "synchronous_commit": "off"}) as server:
        yield server


def prepare(own_server: servers.Server, tmp_path: Path) -> tuple[Server, Path, str]:
    """Return a database and a directory that have lost data since their backup."""
    server = runs.reach(own_server, "postgres", connect_timeout=10)
    execute(server, "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
    public = tmp_path / "public"
    public.mkdir()
    (public / "a.jpg").write_bytes(b"a")
    made = runs.make_backup(server, tmp_path / "store", compression="none", directories={"public": public})
    execute(server, "DELETE FROM t WHERE id = 2")
    (public / "a.jpg").unlink()
    execute(server, "CHECKPOINT")
    return server, public, str(made.backup["path"])


def bring(server: Server, public: Path, archive: str, run: Run | None = None) -> Any:
    return restore(
        archive,
        server,
        run,
        tables=["t"],
        paths=["public"],
        merge=True,
        directories={"public": public},
    ).result


def test_a_server_that_crashes_and_gives_the_number_to_others(
    own_server: servers.Server, tmp_path: Path
) -> None:
    """Commits of other transactions are not taken for the restore's: the files are removed, and the failure is reported."""
    server, public, archive = prepare(own_server, tmp_path)

    def crash(**facts: Any) -> None:
        if facts.get("phase") == "switching":
            own_server.crash()
            while servers.is_running(own_server.pid, own_server.datadir):
                pass
            own_server.restart()
            for _number in range(30):
                execute(server, "CREATE TABLE IF NOT EXISTS others (n int); INSERT INTO others VALUES (1)")

    with pytest.raises(DatabaseError) as caught:
        bring(server, public, archive, Run(progress=crash))
    assert caught.value.code == "connection_lost"
    assert query(server, "SELECT id FROM t") == [(1,)]
    assert list(public.iterdir()) == []
    assert bring(server, public, archive).changed
    assert query(server, "SELECT count(*) FROM t") == [(2,)]
    assert (public / "a.jpg").read_bytes() == b"a"


def test_a_server_that_has_forgotten_the_transaction(
    own_server: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a status of the transaction, the rows may have been committed, so the files are kept."""
    server, public, archive = prepare(own_server, tmp_path)
    real = Session.execute

    def commit_and_forget(self: Session, sql: str, *arguments: Any, **options: Any) -> int:
        if sql != "COMMIT":
            return real(self, sql, *arguments, **options)
        monkeypatch.setattr(Session, "execute", real)
        real(self, sql)
        try:
            return real(self, "SELECT pg_terminate_backend(pg_backend_pid())")
        finally:
            execute(server, _USE_UP)
            execute(server, "ALTER DATABASE template0 ALLOW_CONNECTIONS true")
            for name in ("postgres", "template1", "template0"):
                execute(server.on(name), "VACUUM FREEZE")

    monkeypatch.setattr(Session, "execute", commit_and_forget)
    with pytest.raises(DatabaseError) as caught:
        bring(server, public, archive)
    assert caught.value.code == "commit_undecided"
    assert "run this again" in str(caught.value)
    assert (public / "a.jpg").read_bytes() == b"a"
    assert query(server, "SELECT count(*) FROM t") == [(2,)]
    assert not bring(server, public, archive).changed


def test_a_server_that_takes_the_commit_back_and_says_so(
    own_server: servers.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session ends right before the commit, and the server reports that the transaction was rolled back."""
    server, public, archive = prepare(own_server, tmp_path)
    real = Session.execute

    def end(self: Session, sql: str, *arguments: Any, **options: Any) -> int:
        if sql == "COMMIT":
            monkeypatch.setattr(Session, "execute", real)
            real(self, "SELECT pg_terminate_backend(pg_backend_pid())")
        return real(self, sql, *arguments, **options)

    monkeypatch.setattr(Session, "execute", end)
    with pytest.raises(DatabaseError) as caught:
        bring(server, public, archive)
    assert caught.value.code == "connection_lost"
    assert list(public.iterdir()) == []
    assert query(server, "SELECT id FROM t") == [(1,)]
