# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application is quiesced shortly, and always resumed, even after failures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError, HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack import guardian, quiesce
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.discover import discover
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import Wanted
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.quiesce import Application, Quiesce
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

#: A program that quiesces containers until it is killed.
_HOLDER = """
import json, sys, time
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.quiesce import Application, Quiesce
host, containers, state, mode, bound = json.loads(sys.argv[1])
with Quiesce(Application(host, containers, Path(state)), mode, bound):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def status(docker: Callable[..., str]) -> Callable[[str], str]:
    """``status("name")``: a container's status according to Docker."""
    return lambda name: docker("inspect", "--format={{.State.Status}}", name)


@pytest.fixture
def pair(containers: Any, tmp_path: Path) -> Application:
    """Two containers that can be quiesced."""
    names = [containers.run(name, "redis") for name in ("first", "second")]
    ids = [containers.docker("inspect", "--format={{.Id}}", name) for name in names]
    return Application(DEFAULT_HOST, dict(zip(ids, names)), tmp_path / "state")


def written(application: Application) -> list[Path]:
    """Return the records of quiesced containers."""
    return list(application.state.glob("*.json"))


@pytest.fixture
def holder(pair: Application) -> Iterator[Callable[..., tuple[subprocess.Popen[str], int]]]:
    """``holder("pause", 600)``: a process that quiesces the pair, and the process id of its guardian."""
    started: list[subprocess.Popen[str]] = []

    def start(mode: str, bound: float = 600) -> tuple[subprocess.Popen[str], int]:
        order = json.dumps([pair.docker_host, pair.containers, str(pair.state), mode, bound])
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, order],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        assert process.stdout and process.stdout.readline() == "held\n"
        return process, guardian_of(process.pid)

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def command_of(process: int) -> list[bytes]:
    return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")


def guardian_of(parent: int) -> int:
    # The tests' process has other children, such as the guardians of its servers.
    children = map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
    (found,) = [child for child in children if command_of(child)[1:4] == [b"-I", b"-S", b"-c"]]
    assert Path(f"/proc/{found}/environ").read_bytes().startswith(b"PATH=")
    return found


@pytest.mark.long
def test_an_engine_that_waits_for_what_is_frozen_is_set_free(
    pair: Application, status: Callable[[str], str], docker: Callable[..., str]
) -> None:
    """For example, if a command was started in a paused container, its shim no longer answers."""
    member = pair.members()[0]
    process = int(docker("inspect", "--format={{.State.Pid}}", member["id"]))
    shim = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    ended = threading.Event()

    def wake() -> None:
        while guardian.is_frozen(member) and not ended.wait(0.05):
            pass
        os.kill(shim, signal.SIGCONT)

    with Quiesce(pair, "pause", 60):
        assert guardian.is_frozen(member) is True
        os.kill(shim, signal.SIGSTOP)
        waker = threading.Thread(target=wake)
        waker.start()
    try:
        assert [status(name) for name in pair.names] == ["running", "running"]
        assert [guardian.is_frozen(each) for each in pair.members()] == [False, False]
        assert not written(pair)
    finally:
        ended.set()
        waker.join()


HELD = {"pause": "paused", "stop": "exited"}


@pytest.mark.parametrize("mode", ["pause", "stop"])
@pytest.mark.variants
def test_containers_hold_still_and_go_on(
    mode: str, pair: Application, status: Callable[[str], str], containers: Any
) -> None:
    """A container that was not running is not started, and a removed one causes no error."""
    stopped = containers.run("stopped", "redis")
    paused = containers.run("paused", "redis")
    containers.docker("stop", stopped)
    containers.docker("pause", paused)
    more = {containers.docker("inspect", "--format={{.Id}}", name): name for name in (stopped, paused)}
    everything = Application(pair.docker_host, {**pair.containers, **more, "0" * 64: "gone"}, pair.state)
    with Quiesce(everything, mode, 60) as held:
        assert [status(name) for name in pair.names] == [HELD[mode]] * 2
        assert held.containers == pair.names
        assert status(stopped) == "exited" and status(paused) == "paused"
    assert [status(name) for name in pair.names] == ["running"] * 2
    assert status(stopped) == "exited" and status(paused) == "paused"
    assert 0 < held.seconds < 300 and not held.expired
    assert not written(pair)
    containers.docker("unpause", paused)


@pytest.mark.parametrize("mode", ["pause", "stop"])
@pytest.mark.variants
def test_a_killed_process_leaves_nothing_held(
    mode: str, pair: Application, status: Callable[[str], str], holder: Callable[..., Any]
) -> None:
    process, _guardian = holder(mode)
    assert status(pair.names[0]) == HELD[mode]
    os.killpg(process.pid, signal.SIGKILL)
    wait_until(lambda: [status(name) for name in pair.names] == ["running"] * 2)
    wait_until(lambda: not written(pair))


def test_a_guardian_does_not_listen_to_signals(
    pair: Application, status: Callable[[str], str], holder: Callable[..., Any]
) -> None:
    """When a service or session is stopped, all its processes get a signal."""
    process, guardian = holder("pause")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        os.kill(guardian, number)
    assert status(pair.names[0]) == "paused"
    process.kill()
    wait_until(lambda: [status(name) for name in pair.names] == ["running"] * 2)


@pytest.mark.parametrize("mode", ["pause", "stop"])
@pytest.mark.variants
def test_the_next_run_lets_go_where_the_guardian_was_killed_too(
    mode: str, pair: Application, status: Callable[[str], str], holder: Callable[..., Any]
) -> None:
    process, guardian = holder(mode)
    assert quiesce.resume_orphaned_containers(pair.state) == []
    assert status(pair.names[0]) == HELD[mode]
    os.kill(guardian, signal.SIGKILL)
    process.kill()
    process.wait()
    assert status(pair.names[0]) == HELD[mode]
    (notice,) = quiesce.resume_orphaned_containers(pair.state)
    assert notice.code == "quiesce_recovered" and pair.names[1] in str(notice)
    assert [status(name) for name in pair.names] == ["running"] * 2
    assert quiesce.resume_orphaned_containers(pair.state) == [] and not written(pair)


@pytest.mark.long
def test_a_run_whose_guardian_was_killed_lets_go_itself(
    pair: Application, status: Callable[[str], str]
) -> None:
    with Quiesce(pair, "pause", 60):
        os.kill(guardian_of(os.getpid()), signal.SIGKILL)
        assert status(pair.names[0]) == "paused"
    assert [status(name) for name in pair.names] == ["running"] * 2
    assert not written(pair)


def test_the_time_has_a_bound(pair: Application, status: Callable[[str], str]) -> None:
    with Quiesce(pair, "pause", 0.5) as held:
        wait_until(lambda: [status(name) for name in pair.names] == ["running"] * 2)
    assert held.expired and held.seconds > 0.4


def test_what_was_decided_meanwhile_stays(
    pair: Application, status: Callable[[str], str], containers: Any
) -> None:
    first, second = pair.names
    with Quiesce(pair, "pause", 60):
        containers.docker("unpause", first)
        containers.docker("rm", "--force", second)
    assert status(first) == "running"


@pytest.mark.long
def test_one_that_can_not_be_paused_is_an_error_and_nothing_stays_held(
    pair: Application, status: Callable[[str], str], containers: Any
) -> None:
    restarting = containers.run("crash", "redis", "--restart=always", command=("--no-such-option",))
    # The engine doubles the waiting time before each restart; after this count it is long enough.
    count = "--format={{.RestartCount}} {{.State.Status}}"
    wait_until(lambda: containers.docker("inspect", count, restarting) == "5 restarting")
    id = containers.docker("inspect", "--format={{.Id}}", restarting)
    with pytest.raises(HostError) as caught:
        Quiesce(
            Application(pair.docker_host, {**pair.containers, id: restarting}, pair.state), "pause", 60
        ).begin()
    assert caught.value.code == "quiesce_failed" and restarting in str(caught.value)
    assert [status(name) for name in pair.names] == ["running"] * 2
    assert not written(pair)


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    nobody = Application(f"unix://{tmp_path}/docker.sock", {"a" * 64: "backend"}, tmp_path / "state")
    with pytest.raises(HostError) as caught:
        Quiesce(nobody, "pause", 60).begin()
    assert caught.value.code == "quiesce_failed"


def test_being_asked_to_stop_lets_go(pair: Application, status: Callable[[str], str]) -> None:
    with pytest.raises(CancelledError), Quiesce(pair, "pause", 60):
        raise CancelledError("cancelled", signal="SIGTERM")
    assert [status(name) for name in pair.names] == ["running"] * 2


# --- which containers ---------------------------------------------------------------


def test_who_writes_is_found_by_what_it_does(helpdesk: Any, containers: Any) -> None:
    """Names are irrelevant. Servers, monitoring containers and readers of the media are not writers."""
    backend, postgres = helpdesk.container("backend"), helpdesk.container("postgres")
    net = f"--network={helpdesk.network}"
    address = f"--env=DATABASE_URL=postgresql://u:p@{postgres}:5432/x"
    public = str(discover(Wanted(backend=backend)).directories["public"].path)
    idle: dict[str, Any] = {"command": ("600",)}
    worker = containers.run("worker", "backend", net, address, "--entrypoint=sleep", **idle)
    files = containers.run("files", "backend", f"--volume={public}:/data", "--entrypoint=sleep", **idle)
    containers.run("reader", "backend", f"--volume={public}:/data:ro", "--entrypoint=sleep", **idle)
    exporter = f"{containers.prefix}/postgres-exporter"
    containers.docker("tag", containers.images["backend"], exporter)
    try:
        containers.run("looks", exporter, net, address, "--entrypoint=sleep", **idle)
        found = discover(Wanted(backend=backend))
    finally:
        containers.docker("rm", "--force", containers.name("looks"))
        containers.docker("rmi", exporter)
    assert [each.name for each in found.application] == [backend, worker]
    assert {each.name for each in found.writers} == {backend, worker, files, helpdesk.container("frontend")}


# --- backups ------------------------------------------------------------------------


def params(**options: Any) -> dict[str, Any]:
    # Without the components that can contain secrets, which would cause warnings in a plain backup.
    given = {name: option.get("default") for name, option in backup.spec().items()}
    return {**given, "stack_config": False, "redis_keys": [], **options}


@pytest.mark.parametrize(
    ("naming", "mode"),
    [("ticketz", "pause"), pytest.param("helpdesk", "stop", marks=pytest.mark.long)],
)
def test_a_backup_of_a_stack_that_holds_still(
    naming: str, mode: str, request: pytest.FixtureRequest, tmp_path: Path, status: Callable[[str], str]
) -> None:
    stack = request.getfixturevalue(naming)
    backend = stack.container("backend")
    wanted = params(backup_dir=str(tmp_path), compose_project=stack.project, quiesce=mode)
    predicted = backup.run(wanted, True).results["quiesced"]
    made = backup.run(wanted, False)
    assert made.changed and not made.notices
    quiesced = made.results["quiesced"]
    assert backend in quiesced["containers"] and quiesced["mode"] == mode
    assert 0 < quiesced["seconds"] < 300
    assert predicted == {**quiesced, "seconds": None}
    assert status(backend) == "running"
    stack.wait_until_serving()
    files, there = runs.referred(Path(made.results["backup"]["path"]))
    assert len(files) > 20 and files <= there


def test_without_a_stack_nothing_can_hold_still(tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        backup.run(params(backup_dir=str(tmp_path), login_host="127.0.0.1", quiesce="pause"), False)
    assert caught.value.code == "quiesce_unknown"
