# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""pg_dump inside the database's container, and errors if it is not available there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError, HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import dump
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.dump import PgDump, SchemaDump
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.snapshot import take
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.discover import discover
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import DatabaseContainer, Wanted
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.pg_dump import (
    ContainerPgDump,
    find_dumper,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup
from ansible_collections.ticketz.sidekick.tests.support import runs

PG16 = 160014


def place(name: str, port: int = 5432) -> DatabaseContainer:
    return DatabaseContainer(DEFAULT_HOST, name, port)


def server(name: str, **more: Any) -> Server:
    found = discover(Wanted(postgres=name)).database
    assert found and found.host
    return Server(
        host=found.host,
        port=found.port,
        user=more.get("user", found.user),
        password=more.get("password", found.password),
        database=found.name,
    )


def schema(target: Server, dumper: Any) -> bytes:
    with take(target) as snapshot, SchemaDump(dumper, snapshot, "pre-data") as running:
        return running.result()


@pytest.fixture
def no_local_pg_dump(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide this host's pg_dump."""
    monkeypatch.setattr(dump, "_candidates", lambda explicit: [explicit] if explicit else [])


def test_the_containers_pg_dump_is_used(stack: Any, no_local_pg_dump: None) -> None:
    name = stack.container("postgres")
    dumper = find_dumper(PG16, None, place(name))
    assert dumper == ContainerPgDump(place(name), 16)
    sql = schema(server(name), dumper)
    assert b'CREATE TABLE public."Messages"' in sql and b'"uuid-ossp"' in sql


def test_it_says_the_same_as_one_of_this_host(stack: Any, pg_servers: Callable[..., Any]) -> None:
    name = stack.container("postgres")
    local = PgDump(str(Path(pg_servers(16).bindir) / "pg_dump"), 16)
    with take(server(name)) as snapshot:
        texts = []
        for dumper in (local, find_dumper(PG16, None, place(name))):
            with SchemaDump(dumper, snapshot, "post-data") as running:
                lines = running.result().splitlines()
            # These lines have a random token.
            texts.append([line for line in lines if not line.startswith((b"\\restrict", b"\\unrestrict"))])
    assert texts[0] == texts[1] and len(texts[0]) > 500


def test_the_named_program_wins(ticketz: Any, pg_servers: Callable[..., Any]) -> None:
    path = str(Path(pg_servers(16).bindir) / "pg_dump")
    assert find_dumper(PG16, path, place(ticketz.container("postgres"))) == PgDump(path, 16)


@pytest.mark.parametrize("method", ["scram-sha-256", "peer", "reject"])
@pytest.mark.long
def test_the_socket_need_not_trust(containers: Any, method: str, no_local_pg_dump: None) -> None:
    """``peer`` and ``reject`` refuse logins by the socket, so the addresses are tried, too."""
    name = containers.postgres(POSTGRES_USER="u ser", POSTGRES_DB="d'b", POSTGRES_PASSWORD='p\'w "x" é')
    rules = f"local all all {method}\nhost all all all scram-sha-256\n"
    containers.docker("exec", name, "sh", "-c", f"printf '{rules}' > $PGDATA/pg_hba.conf && kill -HUP 1")
    assert b"PostgreSQL database dump" in schema(server(name), find_dumper(PG16, None, place(name)))


def test_a_wrong_password_is_said(containers: Any, no_local_pg_dump: None) -> None:
    """The password was changed after the leader's login and before pg_dump's."""
    name = containers.postgres(POSTGRES_USER="u", POSTGRES_DB="d", POSTGRES_PASSWORD="right")
    rules = "local all all reject\nhost all all all scram-sha-256\n"
    containers.docker("exec", name, "sh", "-c", f"printf '{rules}' > $PGDATA/pg_hba.conf && kill -HUP 1")
    good = server(name)
    with take(good) as snapshot:
        snapshot.leader.server = server(name, password="wrong")
        dumper = find_dumper(PG16, None, place(name))
        with SchemaDump(dumper, snapshot, "pre-data") as running, pytest.raises(DatabaseError) as caught:
            running.result()
    assert caught.value.code == "pg_dump_failed"
    assert "password authentication failed" in str(caught.value) and "wrong" not in str(caught.value)


# --- without pg_dump ----------------------------------------------------------------


@pytest.fixture
def without(containers: Any) -> str:
    """Start a database in a container without pg_dump."""
    name = containers.postgres("without")
    containers.docker("exec", name, "rm", "/opt/client/pginstall/bin/pg_dump")
    return str(name)


@pytest.fixture
def outdated(containers: Any, tmp_path: Path) -> str:
    """Start a database in a container whose pg_dump reports an older version."""
    name = containers.postgres("outdated")
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 12.22'\n")
    program.chmod(0o755)
    containers.docker("cp", str(program), f"{name}:/opt/client/pginstall/bin/pg_dump")
    return str(name)


@pytest.mark.long
def test_one_of_this_host_takes_its_place(without: str, outdated: str) -> None:
    for name in (without, outdated):
        assert isinstance(find_dumper(PG16, None, place(name)), PgDump)


def refused(code: str, name: str) -> str:
    with pytest.raises(HostError) as caught:
        find_dumper(PG16, None, place(name))
    assert caught.value.code == code
    assert name in str(caught.value)
    return str(caught.value)


@pytest.mark.long
def test_none_anywhere(without: str, no_local_pg_dump: None) -> None:
    assert "postgresql-client-16" in refused("pg_dump_missing", without)


@pytest.mark.long
def test_only_an_old_one(outdated: str, no_local_pg_dump: None) -> None:
    said = refused("pg_dump_missing", outdated)
    assert "version 12" in said and "16" in said


@pytest.mark.long
def test_a_container_that_stopped(containers: Any) -> None:
    name = containers.postgres()
    containers.docker("stop", name)
    assert f"docker start {name}" in refused("stack_container_down", name)


def test_sessions_survive_what_is_broken_off(ticketz: Any, docker: Callable[..., str]) -> None:
    name = ticketz.container("postgres")
    target = server(name)
    with take(target) as snapshot:
        for _number in range(3):
            with SchemaDump(find_dumper(PG16, None, place(name)), snapshot, "pre-data"):
                pass
        assert snapshot.leader.value("SELECT 1") == 1
    assert "terminated by signal" not in docker("logs", name)


# --- complete backups -----------------------------------------------------------------


def test_a_backup_under_load_has_every_file_that_its_messages_refer_to(
    stack: Any, tmp_path: Path, no_local_pg_dump: None
) -> None:
    params: dict[str, Any] = {name: option.get("default") for name, option in backup.spec().items()}
    before = stack.get("/messages/count")["messages"]
    made = backup.run({**params, "backup_dir": str(tmp_path), "compose_project": stack.project}, False)
    assert made.changed
    assert {notice.code for notice in made.notices} == {"redis_left_out", "config_left_out"}
    result = made.results["backup"]
    after = stack.get("/messages/count")
    assert before <= result["database"]["tables"]["public.Messages"] <= after["messages"]
    assert after["failed"] == 0
    assert set(result["directories"]) == {"public", "private"}
    wanted, there = runs.referred(Path(result["path"]))
    assert len(wanted) > 50 and wanted <= there
    for secret in filter(None, (stack.password, stack.redis_password)):
        assert secret not in json.dumps(made.results)
        assert secret not in (tmp_path / f"{Path(result['path']).name}.json").read_text()
