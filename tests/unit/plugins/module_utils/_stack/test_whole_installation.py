# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files and Redis of a running stack are backed up, destroyed and restored, without exposing secrets."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup, restore
from ansible_collections.ticketz.sidekick.tests.support.meanwhile import meanwhile

SECRETS = ("TICKETZ_JWT_SECRET", "TICKETZ_JWT_REFRESH_SECRET")


def options(verb: Any, **given: Any) -> dict[str, Any]:
    """Return a module's options with their defaults."""
    return {**{name: facts.get("default") for name, facts in verb.spec().items()}, **given}


class Redis:
    """The stack's Redis, accessed by redis-cli in its container; the password is not in any argument list."""

    def __init__(self, stack: Any, docker: Callable[..., str]) -> None:
        login = [f"--env=REDISCLI_AUTH={stack.redis_password}"] if stack.redis_password else []
        self._command = ["exec", *login, stack.container("redis"), "redis-cli"]
        self._docker = docker

    def __call__(self, *words: str) -> str:
        return self._docker(*self._command, *words)


@contextmanager
def run_job(secret: list[str], own: str | None) -> Iterator[list[str]]:
    """Yield the processes (arguments and environment) in which a secret was visible during the block.

    :param own: the database's password, which is permitted in pg_dump's environment.
    """
    seen: list[str] = []

    def looks() -> Iterator[tuple[str, str]]:
        for path in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    yield path.name + name, (path / name).read_bytes().decode("utf-8", "replace")
                except OSError:
                    continue

    def tells(name: str, text: str) -> bool:
        return any(word in text for word in secret if word != own or name.endswith("cmdline"))

    # The Compose file starts Redis with its password as an argument, so ignore that process.
    before = {name for name, text in looks() if tells(name, text)}

    def run(ended: threading.Event) -> None:
        while not ended.wait(0.02):
            for name, text in looks():
                if name not in before and tells(name, text):
                    seen.append(name)

    with meanwhile(run):
        yield seen


def test_files_and_logins_come_back(stack: Any, docker: Callable[..., str], tmp_path: Path) -> None:
    redis = Redis(stack, docker)
    directory = stack.projects()[0][0]
    env_file = directory / stack.names.env_file
    env_file.chmod(0o640)
    files = {path: path.read_bytes() for path in stack.directory.rglob("*") if path.is_file()}
    token = stack.get("/auth/login", body={"email": "usuario1@empresa1.com.br"})["token"]
    assert stack.get("/auth/me", token)["id"]
    redis("SET", "extra:text", "ação %41 \\x00", "EX", "3600")
    redis("RPUSH", "extra:list", "a", "b")
    jwt = [redis("GET", name) for name in SECRETS]
    key = secrets.token_hex(32)
    secret = [*jwt, key, *filter(None, (stack.password, stack.redis_password))]

    (tmp_path / "store").mkdir(mode=0o700)
    common = {"backup_dir": str(tmp_path / "store"), "encryption_key": key}
    with run_job(secret, stack.password) as seen:
        made = backup.run(
            options(
                backup, **common, compose_project=stack.project, redis_keys=["TICKETZ_JWT_*", "extra:*"],
                directories={}, compression="zstd",
            ),
            False,
        )  # fmt: skip
    assert seen == []
    result = made.results["backup"]
    assert [notice.code for notice in made.notices] == []
    assert sorted(result["components"]) == ["config", "database", "redis"]
    assert {Path(path) for path in result["config"]} >= {env_file, directory / "docker-compose.yml"}
    assert {stack.directory / name / "docker-compose.yml" for name in stack.names.projects} <= {
        Path(path) for path in result["config"]
    }
    assert result["redis"]["count"] == 4
    assert len(result["images"]) == 4 and all(image["id"] for image in result["images"])

    # Everything except the containers is lost, and the backend creates new secrets.
    docker("stop", "--time=2", stack.container("backend"))
    redis("FLUSHALL")
    for path in files:
        path.unlink()
    with run_job(secret, stack.password) as seen:
        configured = restore.run(
            options(restore, **common, components=["config"], login_host="127.0.0.1"), False
        )
        restored = restore.run(
            options(
                restore, **common, components=["redis"], redis_container=stack.container("redis"),
                postgres_container=stack.container("postgres"),
            ),
            False,
        )  # fmt: skip
    assert seen == []
    assert {path: path.read_bytes() for path in files if str(path) in result["config"]} == {
        path: content for path, content in files.items() if str(path) in result["config"]
    }
    assert env_file.stat().st_mode & 0o777 == 0o640
    kept = configured.results["stack"]
    assert kept["project"] == stack.project and kept["compose"]["working_dir"] == str(directory)
    assert kept["projects"][0]["name"] == stack.project
    assert set(kept["volumes"]) and set(kept["networks"])
    assert kept["services"]["database"]["service"] == stack.names.postgres
    assert restored.results["redis"]["restored"] == 4
    assert redis("GET", "extra:text") == "ação %41 \\x00" and 3000 < int(redis("TTL", "extra:text")) <= 3600
    assert redis("LRANGE", "extra:list", "0", "-1").split() == ["a", "b"]
    docker("start", stack.container("backend"))
    stack.wait_until_serving()
    assert stack.get("/auth/me", token)["id"]

    # Restore the files that are not in the backup, because other tests use this stack, too.
    for path, content in files.items():
        if not path.exists():
            path.write_bytes(content)
    said = json.dumps([made.results, configured.results, restored.results], ensure_ascii=False, default=str)
    for name in docker("ps", "--all", "--quiet").split():
        said += docker("logs", name, check=False)
    assert [word for word in [*jwt, key] if word in said] == []
    said = json.dumps([made.results, configured.results, restored.results], ensure_ascii=False, default=str)
    assert [word for word in secret if word in said] == []
    archives = list((tmp_path / "store").iterdir())
    assert not any(
        word.encode() in path.read_bytes() for word in secret for path in archives if path.is_file()
    )
    redis("DEL", "extra:text", "extra:list")


@pytest.mark.long
def test_redis_that_is_down_does_not_stand_in_the_way(
    ticketz: Any, docker: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir(mode=0o700)
    given = {"backup_dir": str(tmp_path / "store"), "compose_project": ticketz.project, "directories": {}}
    docker("pause", ticketz.container("redis"))
    try:
        made = backup.run(options(backup, **given, encryption_key="a long passphrase"), False)
    finally:
        docker("unpause", ticketz.container("redis"))
    assert [notice.code for notice in made.notices] == ["redis_not_kept"]
    assert ticketz.container("redis") in str(made.notices[0])
    assert sorted(made.results["backup"]["components"]) == ["config", "database"]
    plain = backup.run(options(backup, **given), False)
    assert {notice.code for notice in plain.notices} == {"redis_left_out", "config_left_out"}
