# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs inside containers: exit status, signals, output, and secrets."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import Engine
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.execute import MISSING, Execution, run
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

SECRET = """S3cr' "$(x)" `é` \\ %s"""


def test_status_output_and_errors(ticketz: Any) -> None:
    with Engine() as engine:
        script = "printf 'a\\0b'; echo said >&2; exit 7"
        assert run(engine, ticketz.container("postgres"), ["sh", "-c", script]) == (7, b"a\0b", b"said\n")


def test_large_output_is_whole(ticketz: Any) -> None:
    script = 'i=0; while [ $i -lt 60000 ]; do echo "line $i of the output"; i=$((i+1)); done'
    with Engine() as engine:
        status, output, errors = run(engine, ticketz.container("postgres"), ["sh", "-c", script])
    assert (status, errors) == (0, b"")
    assert output == b"".join(b"line %d of the output\n" % number for number in range(60000))


def test_a_program_gets_its_secret_as_it_is(ticketz: Any) -> None:
    with Engine() as engine:
        status, output, _errors = run(
            engine, ticketz.container("postgres"), ["sh", "-c", 'printf %s "$PGPASSWORD"'], secret=SECRET
        )
    assert (status, output.decode()) == (0, SECRET)


@pytest.mark.long
def test_without_a_secret_the_containers_own_variables_do_not_count(containers: Any) -> None:
    name = containers.postgres("pg", POSTGRES_HOST_AUTH_METHOD="trust", PGPASSWORD="old", PGOPTIONS="-c a=b")
    with Engine() as engine:
        output = run(engine, name, ["sh", "-c", "env"])[1].decode()
    assert "PGDATA=" in output and "PGPASSWORD" not in output and "PGOPTIONS" not in output


def test_nobody_else_sees_the_secret(ticketz: Any, docker: Callable[..., str]) -> None:
    name = ticketz.container("postgres")
    secret = "a-secret-that-is-looked-for"
    began = int(time.time()) - 1  # the engine rounds "0s" up to a second
    with Engine() as engine, Execution(engine, name, ["sleep", "600"], secret=secret) as execution:

        def events() -> str:
            return docker("events", f"--since={began}", "--until=0s", f"--filter=container={name}")

        wait_until(lambda: "sleep 600" in docker("top", name) and execution._id in events())
        seen = [
            docker("inspect", name),
            docker("top", name, "-eo", "pid,args"),
            json.dumps(engine.call("exec_inspect", execution._id)),
            subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout,
            events(),
        ]
    assert execution._id in seen[0]
    assert "sleep 600" in seen[1] and "sleep 600" in seen[3]
    assert all(secret not in text for text in seen)


@pytest.mark.parametrize("program", ["nothing", "/etc/passwd"])
def test_a_program_that_there_is_not(ticketz: Any, program: str) -> None:
    with Engine() as engine:
        status, output, errors = run(engine, ticketz.container("postgres"), [program])
    assert status in MISSING and not output and program in errors.decode()


@pytest.mark.long
def test_a_container_without_a_shell(containers: Any) -> None:
    name = containers.postgres()
    containers.docker("exec", name, "rm", "/bin/sh", "/usr/bin/sh", check=False)
    with Engine() as engine:
        assert run(engine, name, ["pg_dump", "--version"])[0] in MISSING


def test_a_stopped_container(containers: Any) -> None:
    name = containers.create("stopped", "redis")
    with Engine() as engine, pytest.raises(HostError) as caught:
        run(engine, name, ["true"])
    assert caught.value.code == "engine_failed" and "is not running" in str(caught.value)


def test_a_container_that_dies_ends_the_program(containers: Any) -> None:
    name = containers.run("redis", "redis")
    with Engine() as engine, Execution(engine, name, ["sleep", "600"]) as execution:
        containers.docker("kill", name)
        status, output, _errors = execution.result()
    assert status != 0 and output == b""


def test_the_database_does_not_notice_that_programs_are_ended(
    ticketz: Any, docker: Callable[..., str]
) -> None:
    """PostgreSQL restarts if an unknown child process ends by a signal, so programs must never become its children."""
    name = ticketz.container("postgres")
    connection = psycopg2.connect(host=ticketz.address("postgres"), user="ticketz", dbname="ticketz")
    with contextlib.closing(connection), Engine() as engine:
        with Execution(engine, name, ["sleep", "601"]):
            pass
        wait_until(lambda: "sleep 601" not in docker("top", name))
        # Kill the process that started the program. The program continues, and must leave no child when a signal ends it later.
        child = os.fork()
        if child == 0:
            Execution(engine, name, ["sleep", "602"])
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        wait_until(lambda: "sleep 602" in docker("top", name))
        script = 'for p in /proc/[0-9]*; do grep -q "sleep" $p/comm && kill -9 ${p#/proc/}; done; true'
        docker("exec", name, "sh", "-c", script)
        wait_until(lambda: "sleep 602" not in docker("top", name))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
        assert "terminated by signal" not in docker("logs", name)
