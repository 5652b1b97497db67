# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The migrations of an image are read from its container, whether it is running or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database import migration_check
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.migrations import (
    Migrators,
    known_migrations,
    unknown_migrations,
)
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until


def test_the_migrations_of_an_image_are_found(
    containers: Any, docker: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "dist" / "database" / "migrations"
    folder.mkdir(parents=True)
    for name in ("20200101-first.js", "20200101-first.js.map", "20200102-second.js", "20200102-second.d.ts"):
        (folder / name).write_text("x" * 100_000)
    container = containers.create("backend", "redis")
    assert known_migrations(DEFAULT_HOST, container) == frozenset()
    # docker cp does not create parent directories, so they are part of the copied tree.
    above = tmp_path / "image" / "src" / "app"
    above.mkdir(parents=True)
    (tmp_path / "dist").rename(above / "dist")
    docker("cp", f"{tmp_path}/image/.", f"{container}:/usr")
    assert known_migrations(DEFAULT_HOST, container) == {"20200101-first", "20200102-second"}
    assert known_migrations(DEFAULT_HOST, "no-such-container") == frozenset()
    assert known_migrations(f"unix://{tmp_path}/none.sock", container) == frozenset()


@pytest.mark.parametrize(
    ("names", "known", "unknown"),
    [
        (["a.js", "b.js"], {"a", "b", "c"}, []),
        (["a.js", "c.js", "b.js"], {"a"}, ["c", "b"]),
        (["a.ts"], {"a"}, []),
        (["a.js"], set(), []),
        (["a.js"], {"z"}, []),
        ([], {"a"}, []),
    ],
)
def test_what_an_image_does_not_know(names: list[str], known: set[str], unknown: list[str]) -> None:
    assert unknown_migrations(names, frozenset(known)) == unknown


def start(containers: Any, name: str, seconds: float) -> str:
    """Start a container with a command like Ticketz's: a shell that runs the migration, then the server.

    :param seconds: duration of the migration.
    """
    # Programs that only wait, with the names of Ticketz's programs.
    migrating = (
        f"""perl -e '$0 = "node node_modules/.bin/sequelize db:migrate --config x"; sleep {seconds}'"""
    )
    serving = """perl -e '$0 = "node dist/server.js"; sleep 600'"""
    script = f": npx sequelize db:migrate --config x; {migrating if seconds else ':'}; {serving}; exit"
    full: str = containers.run(name, "redis", "--entrypoint=sh", "--init", command=("-c", script))
    return full


def test_a_container_that_runs_migrations_is_found(containers: Any, docker: Callable[..., str]) -> None:
    busy, idle = start(containers, "busy", 600), start(containers, "idle", 0)
    migrators = Migrators(DEFAULT_HOST, (idle, busy, "no-such-container"))
    wait_until(lambda: "server.js" in docker("top", idle) and migrators.running() == [busy])
    docker("pause", busy)
    assert migrators.running() == [busy]
    docker("rm", "--force", busy)
    assert migrators.running() == []
    assert Migrators("unix:///nowhere.sock", (idle,)).running() == []


@pytest.mark.long
def test_a_backup_waits_for_a_migration_or_says_that_it_runs(
    containers: Any, database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.execute("CREATE TABLE t (id int)")
    migrators = Migrators(DEFAULT_HOST, (start(containers, "short", 5),))
    wait_until(migrators.running)
    waited = runs.make_backup(runs.reach(database), tmp_path / "store", migrators=migrators)
    assert waited.notices == ()
    assert migrators.running() == []
    endless = start(containers, "endless", 600)
    migrators = Migrators(DEFAULT_HOST, (endless,))
    wait_until(migrators.running)
    monkeypatch.setattr(migration_check, "MIGRATION_TIMEOUT", 0.1)
    for dry_run in (True, False):
        told = runs.make_backup(
            runs.reach(database), tmp_path / "store", migrators=migrators, dry_run=dry_run
        )
        assert [notice.code for notice in told.notices] == ["migration_running"]
        assert endless in str(told.notices[0])
