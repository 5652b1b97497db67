# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore to a running stack: it is stopped for the exchange, started again, and its health is checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup, restore
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

_RESTORE = """
import json, sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import restore
restore.run(json.loads(sys.argv[1]), False)
"""


class Installation:
    """A stack, its backup, and newer messages."""

    def __init__(self, stack: Any, docker: Callable[..., str], store: Path) -> None:
        self.stack = stack
        self._docker = docker
        self.store = store
        made = backup.run({**self._given(backup), "quiesce": "pause"}, False).results["backup"]
        self.rows = made["database"]["tables"]["public.Messages"]
        self.messages = {row["id"] for row in stack.get("/messages")}
        wait_until(lambda: len({row["id"] for row in stack.get("/messages")} - self.messages) > 5)

    def _given(self, verb: Any) -> dict[str, Any]:
        spec = {name: option.get("default") for name, option in verb.spec().items()}
        return {**spec, "backup_dir": str(self.store), "compose_project": self.stack.project}

    def options(self, path: str = "/health", **options: Any) -> dict[str, Any]:
        """Return the options of a restore that replaces the data; the health page's host is the backend's service name."""
        url = f"http://{self.stack.names.backend}:3000{path}"
        return {**self._given(restore), "if_not_empty": "replace", "health_url": url, **options}

    def inspect(self, service: str, what: str = ".State.StartedAt") -> str:
        return self._docker("inspect", f"--format={{{{{what}}}}}", self.stack.container(service))

    def newest(self) -> dict[str, Any]:
        found = [row for row in self.stack.get("/messages") if row["id"] not in self.messages]
        return dict(found[-1])


@pytest.fixture
def installation(ticketz: Any, docker: Callable[..., str], tmp_path: Path) -> Installation:
    return Installation(ticketz, docker, tmp_path)


def served(stack: Any) -> set[str]:
    """Return the messages in the database; assert that the file of each exists."""
    rows = stack.get("/messages")
    public = stack.container("backend")
    names = "\n".join(row["mediaUrl"] for row in rows if row["mediaUrl"])
    done = subprocess.run(
        [
            "docker",
            "exec",
            "--interactive",
            "--workdir=/usr/src/app/public",
            public,
            "xargs",
            "-d",
            "\\n",
            "stat",
        ],
        input=names,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    return {row["id"] for row in rows}


@pytest.mark.parametrize("naming", ["ticketz", pytest.param("helpdesk", marks=pytest.mark.long)])
@pytest.mark.long
def test_a_restore_stops_the_backend_alone_and_an_undo_does(
    naming: str, request: pytest.FixtureRequest, docker: Callable[..., str], tmp_path: Path
) -> None:
    stack = request.getfixturevalue(naming)
    installation = Installation(stack, docker, tmp_path)
    backend = stack.container("backend")
    others = {name: installation.inspect(name) for name in ("frontend", "postgres", "redis")}
    before, newest = installation.inspect("backend"), installation.newest()

    predicted = restore.run(installation.options(), True)
    assert predicted.changed and predicted.results["application"]["containers"] == [backend]
    refused = {**installation.options(), "if_not_empty": "fail"}
    with pytest.raises(SidekickError):
        restore.run(refused, False)
    assert installation.inspect("backend") == before

    done = restore.run(installation.options(), False)
    application = done.results["application"]
    assert application["containers"] == [backend] and application["healthy"]
    assert application["checked_by"] == ["url"] and 0 < application["stopped_seconds"] < 300
    assert done.results["database"]["tables"]["public.Messages"] == installation.rows
    assert installation.inspect("backend") != before
    assert newest["id"] not in served(stack)
    assert {name: installation.inspect(name) for name in others} == others

    undone = restore.run({**installation.options(), "state": "undone"}, False)
    assert undone.changed and undone.results["application"]["healthy"]
    assert newest["id"] in served(stack)
    assert {name: installation.inspect(name) for name in others} == others


@pytest.mark.long
def test_an_application_that_is_not_well_afterwards(installation: Installation) -> None:
    """The health page is a file that exists only in the current data, not in the backup."""
    page = f"/public/{installation.newest()['mediaUrl']}"
    wanted = installation.options(page, health_timeout=5)
    with pytest.raises(SidekickError) as caught:
        restore.run({**wanted, "if_unhealthy": "undo"}, False)
    assert caught.value.code == "application_unhealthy_undone"
    assert installation.stack.get("/messages/count")["messages"] > installation.rows

    with pytest.raises(SidekickError) as caught:
        restore.run(wanted, False)
    assert caught.value.code == "application_unhealthy" and "state: undone" in str(caught.value)
    undo = {**installation.options(page), "state": "undone"}
    assert restore.run(undo, False).results["application"]["healthy"]


@pytest.mark.long
def test_one_that_did_not_run_is_not_started(installation: Installation, docker: Callable[..., str]) -> None:
    backend = installation.stack.container("backend")
    docker("stop", backend)
    try:
        done = restore.run(installation.options(), False)
        assert done.changed and installation.inspect("backend", ".State.Status") == "exited"
        assert done.results["application"]["containers"] == []
        assert done.results["application"]["healthy"] is None
    finally:
        docker("start", backend)
        installation.stack.wait_until_serving()


@pytest.mark.long
def test_another_database_is_none_of_its_business(installation: Installation) -> None:
    before = installation.inspect("backend")
    wanted = installation.options(components=["database"], login_db="another", if_not_empty="fail")
    assert restore.run(wanted, False).results["application"] is None
    # Check mode only, because a running application would lose data that it writes to exchanged directories.
    never = installation.options(components=["directories"], stop_application="never")
    assert restore.run(never, True).results["application"] is None
    assert installation.inspect("backend") == before


@pytest.mark.long
def test_a_killed_restore_leaves_nothing_stopped(installation: Installation) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _RESTORE, json.dumps(installation.options())],
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    before = installation.inspect("backend")
    wait_until(lambda: installation.inspect("backend", ".State.Status") != "running")
    process.kill()
    process.wait()
    wait_until(lambda: installation.inspect("backend", ".State.Status") == "running")
    assert installation.inspect("backend") != before
    # The next run completes the exchange, if it had begun.
    again = restore.run(installation.options(), False)
    assert again.results["application"]["healthy"]
    served(installation.stack)
