# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk of a database in a container: its size and free space, and a restore that would fill it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._options import (
    docker_stack,
    environment,
    login,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.disk import disk_inside
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import DatabaseContainer
from ansible_collections.ticketz.sidekick.tests.support import runs

DATA = "/var/lib/postgresql/data"
MB = 1024 * 1024
SIZE = 160


def place(name: str, engine: str = DEFAULT_HOST) -> DatabaseContainer:
    return DatabaseContainer(engine, name, 5432)


def server(name: str) -> Server:
    """Return the server for options that only name a container."""
    params = {"postgres_container": name}
    found = docker_stack.stack(params)
    return login.database(params, environment.environment(params, found), found).on("goal")


@contextmanager
def volume(containers: Any, _tmp_path: Path) -> Iterator[str]:
    """A named volume on a separate disk."""
    options = ("--driver=local", "--opt=type=tmpfs", "--opt=device=tmpfs", f"--opt=o=size={SIZE}m")
    name = containers.volume("data", *options)
    yield containers.postgres("postgres", f"--volume={name}:{DATA}")


@contextmanager
def memory(containers: Any, _tmp_path: Path) -> Iterator[str]:
    """A disk that is not mounted on this host."""
    yield containers.postgres("postgres", f"--tmpfs={DATA}:size={SIZE}m")


@contextmanager
def directory(containers: Any, tmp_path: Path) -> Iterator[str]:
    """A directory of this host on a disk with reserved blocks, and the data in a subdirectory."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount the image of a disk")
    image, mounted = tmp_path / "image", tmp_path / "mounted"
    mounted.mkdir()
    image.touch()
    os.truncate(image, SIZE * MB)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=True)
    try:
        variables = {
            "POSTGRES_HOST_AUTH_METHOD": "trust",
            "POSTGRES_USER": "ticketz",
            "PGDATA": f"{DATA}/main",
        }
        yield containers.postgres("postgres", f"--volume={mounted}:{DATA}", **variables)
    finally:
        containers.clean()
        subprocess.run(["umount", str(mounted)], check=True)


@pytest.mark.parametrize(
    "disk",
    [volume, pytest.param(memory, marks=pytest.mark.long), pytest.param(directory, marks=pytest.mark.long)],
)
def test_a_restore_that_would_fill_it_is_refused(
    disk: Any, containers: Any, database: Any, tmp_path: Path
) -> None:
    database.execute("CREATE TABLE \"Messages\" AS SELECT repeat('oi ', 30) FROM generate_series(1, 30000)")
    store = tmp_path / "store"
    runs.make_backup(runs.reach(database), store)
    with disk(containers, tmp_path) as name:
        found = disk_inside(place(name), DATA)
        assert found is not None
        # A file system needs some of the space for its own data.
        assert 0.8 * SIZE * MB < found.total <= SIZE * MB and 0 < found.free < found.total
        containers.docker("exec", name, "fallocate", "--length", str(found.free - 5 * MB), f"{DATA}/filler")
        goal = server(name)
        for dry_run in (True, False):
            with pytest.raises(DatabaseError) as caught:
                runs.make_restore(goal, store, dry_run=dry_run)
            assert caught.value.code == "server_space"
        databases = containers.docker(
            "exec",
            name,
            "psql",
            "-h",
            "127.0.0.1",
            "-U",
            "ticketz",
            "-Atc",
            "SELECT datname FROM pg_database",
        )
        assert sorted(databases.split()) == ["postgres", "template0", "template1", "ticketz"]
        containers.docker("exec", name, "rm", f"{DATA}/filler")
        done = runs.make_restore(goal, store)
        assert done.changed and "server_space_unknown" not in [notice.code for notice in done.notices]


def test_what_can_not_be_told_is_not_guessed(containers: Any, database: Any, tmp_path: Path) -> None:
    name = containers.run("other", "redis")
    assert disk_inside(place(name), "/") is not None
    assert disk_inside(place(name), "/nowhere") is None
    assert disk_inside(place(containers.name("absent")), "/") is None
    assert disk_inside(place(name, f"unix://{tmp_path}/docker.sock"), "/") is None
    containers.docker("exec", name, "rm", "/bin/df")
    assert disk_inside(place(name), "/") is None
    containers.docker("stop", "--time=1", name)
    assert disk_inside(place(name), "/") is None
    # A restore warns and continues.
    database.execute("CREATE TABLE t AS SELECT 1 AS id")
    runs.make_backup(runs.reach(database), tmp_path / "store")
    unseen = replace(runs.reach(database), disk=lambda path: disk_inside(place(name), path))
    predicted = runs.make_restore(unseen.on("goal"), tmp_path / "store", dry_run=True)
    assert "server_space_unknown" in [notice.code for notice in predicted.notices]
