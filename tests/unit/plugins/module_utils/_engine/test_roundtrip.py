# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restored data are equal to the source: databases with all hard cases, and directories with odd names."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore import RestoreResult
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, runs
from ansible_collections.ticketz.sidekick.tests.support.servers import connect
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import build as build_ticketz
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import generate

#: Schema of tables whose rows pg_dump can't restore to the same partition or column order.
INEXACT = "inexact."


@pytest.fixture
def target(pg_servers: Callable[..., Any]) -> Iterator[Callable[[int], Any]]:
    """``target(18)``: a target database that does not exist yet, dropped after the test."""
    made = []

    def name(version: int) -> Any:
        server = runs.reach(pg_servers(version), f"target_{secrets.token_hex(4)}")
        made.append(server)
        return server

    yield name
    for one in made:
        with closing(connect(one.on("postgres"))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f'DROP DATABASE IF EXISTS "{one.database}" WITH (FORCE)')


def roles_of(database: Any) -> hard_cases.Roles:
    with closing(database.connect()) as connection:
        return hard_cases.create_roles(connection, f"r{secrets.token_hex(3)}")


def test_every_hard_case_on_every_version(
    pg_version: int, make_database: Callable[..., Any], target: Callable[[int], Any], tmp_path: Path
) -> None:
    """On the same major version, everything is identical: rows by an independent checksum, the schema by pg_dump."""
    database = make_database(pg_version)
    # Not dropped, because the server is removed after the tests.
    roles = roles_of(database)
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=300, roles=roles, inexact_cases=False)
        hard_cases.set_database_properties(connection, roles)
    source, goal = runs.reach(database), target(pg_version)
    runs.make_backup(source, tmp_path / "store", compression="zstd")
    before = runs.contents(connect(source))
    done = runs.make_restore(goal, tmp_path / "store")
    assert done.changed and done.database is not None
    after = runs.contents(connect(goal))
    adapted = bool(done.database["adaptations"])
    assert not adapted or pg_version >= 17
    if adapted:
        # The source's event trigger inserts rows there when the restore sets a function's search path.
        before.pop("triggers.history"), after.pop("triggers.history")
    assert after == before
    bindir = database.server.bindir
    wrong = set(runs.schema_dump(bindir, source)) ^ set(runs.schema_dump(bindir, goal))
    assert {line for line in wrong if "SET search_path" not in line and "LANGUAGE" not in line} == set()
    assert database_properties(goal) == database_properties(source)


def database_properties(server: Any) -> Any:
    """Return the properties of the database itself, read from another database."""
    with closing(connect(server.on("postgres"))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT ARRAY(SELECT a::text FROM unnest(datacl) a ORDER BY 1), datconnlimit,"
            " shobj_description(oid, 'pg_database'), datcollate, encoding,"
            " (SELECT array_agg(c ORDER BY c) FROM pg_db_role_setting s, unnest(setconfig) c"
            "   WHERE setdatabase = d.oid AND c !~ '^ticketz_sidekick')"
            " FROM pg_database d WHERE datname = %s",
            [server.database],
        )
        return cursor.fetchone()


@pytest.mark.long
def test_what_pg_dump_brings_back_otherwise(
    database: Any, target: Callable[[int], Any], tmp_path: Path
) -> None:
    """Rows of hash partitions by an enum may move to another partition, because hashes differ; none is lost."""
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=100)
    goal = target(16)
    runs.make_backup(runs.reach(database), tmp_path / "store")
    before = runs.contents(database.connect())
    runs.make_restore(goal, tmp_path / "store")
    after = runs.contents(connect(goal))

    def exact(found: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in found.items() if not name.startswith(INEXACT)}

    def rows(found: dict[str, Any]) -> int:
        return sum(value[0] for name, value in found.items() if name.startswith(INEXACT))

    assert exact(after) == exact(before)
    assert rows(after) == rows(before) > 0


@pytest.mark.parametrize("chain", [(15, 16, 18)])
@pytest.mark.long
def test_from_version_to_version(
    chain: tuple[int, ...],
    pg_servers: Callable[..., Any],
    make_database: Callable[..., Any],
    target: Callable[[int], Any],
    tmp_path: Path,
) -> None:
    """Backups of old servers are restored to newer ones; adaptations are reported."""
    from ansible_collections.ticketz.sidekick.tools import servers

    versions = [version for version in chain if version in servers.available_versions()]
    assert len(versions) >= 2
    database = make_database(versions[0])
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=200, portable=True, inexact_cases=False)
    source = runs.reach(database)
    before = runs.contents(connect(source))
    before.pop("triggers.history", None)
    adaptations = []
    for version in versions[1:]:
        store = tmp_path / f"store-{version}"
        runs.make_backup(source, store, compression="zstd")
        goal = target(version)
        done = runs.make_restore(goal, store)
        assert done.database is not None
        adaptations += done.database["adaptations"]
        after = runs.contents(connect(goal))
        after.pop("triggers.history", None)
        assert after == before
        source = goal
    assert {change["kind"] for change in adaptations} <= {"function_search_path"}
    # Since PostgreSQL 17, functions in index expressions run with a safe search path.
    assert any("unqualified" in change["object"] for change in adaptations) == (versions[-1] >= 17)


@pytest.mark.parametrize(
    "compression",
    [pytest.param("gzip", marks=pytest.mark.long), "zstd", pytest.param("none", marks=pytest.mark.long)],
)
@pytest.mark.parametrize("key", [None, "correct horse battery staple"])
@pytest.mark.variants
def test_a_ticketz_with_its_media(
    compression: str, key: str | None, database: Any, target: Callable[[int], Any], tmp_path: Path
) -> None:
    """A complete restore, with odd file names; files have equal hashes, owners, modes, times and links."""
    generate(tmp_path / "volumes", 3_000_000, seed=3, odd_names=True)
    build_ticketz(
        {
            "host": database.host,
            "port": database.port,
            "user": database.user,
            "password": database.password,
            "dbname": database.name,
        },
        messages=800,
        seed=5,
    )
    secret = Key.from_text(key) if key else None
    folders = {name: tmp_path / "volumes" / name for name in ("public", "private")}
    made = runs.make_backup(
        runs.reach(database), tmp_path / "store", compression=compression, key=secret, directories=folders
    )
    assert made.backup["encryption"] == ("aes256" if key else "none")
    goal = target(16)
    (tmp_path / "new").mkdir()
    homes = {name: tmp_path / "new" / name for name in folders}
    done: RestoreResult = runs.make_restore(goal, tmp_path / "store", key=secret, directories=homes)
    assert runs.contents(connect(goal)) == runs.contents(database.connect())
    for name in folders:
        assert runs.tree(homes[name]) == runs.tree(folders[name])
        assert done.directories[name]["files"] > 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["private", "public"]


@pytest.mark.long
def test_values_of_fifty_megabytes(database: Any, target: Callable[[int], Any], tmp_path: Path) -> None:
    """A row can be larger than a frame."""
    with closing(database.connect()) as connection:
        hard_cases.build(connection, rows=20, big_values=True, inexact_cases=False)
    goal = target(16)
    runs.make_backup(runs.reach(database), tmp_path / "store", compression="zstd")
    runs.make_restore(goal, tmp_path / "store")
    assert runs.contents(connect(goal)) == runs.contents(database.connect())
