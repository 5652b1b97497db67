# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    DatabaseError,
    HostError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.background_task import BackgroundTask
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run


def interrupted() -> DatabaseError:
    """Return the server's error for an interrupted statement."""
    return DatabaseError(
        "statement_cancelled",
        server="here",
        context="SELECT",
        cause="canceling statement due to user request",
    )


def until_told(run: Run) -> None:
    """Work until the check raises."""
    pause = threading.Event()
    while True:
        run.check()
        pause.wait(0.01)


def asked_to_stop(event: threading.Event) -> Run:
    def check() -> None:
        if event.is_set():
            raise CancelledError("cancelled", signal="SIGTERM")

    return Run(check=check)


def test_both_halves_are_done() -> None:
    done: list[str] = []
    with BackgroundTask(lambda run: done.append("work"), Run()) as background:
        done.append("block")
        background.wait()
    assert sorted(done) == ["block", "work"]


def test_what_the_work_fails_with_is_raised() -> None:
    def work(_run: Run) -> None:
        raise HostError("disk_filled", path="/x", cause="no room")

    with pytest.raises(HostError, match="/x"), BackgroundTask(work, Run()) as background:
        background.wait()


def test_what_the_block_fails_with_ends_the_work() -> None:
    with pytest.raises(HostError, match="/x"), BackgroundTask(until_told, Run()):
        raise HostError("disk_filled", path="/x", cause="no room")


def test_the_failure_is_raised_and_not_the_interruption_that_it_caused() -> None:
    def work(_run: Run) -> None:
        raise HostError("disk_filled", path="/x", cause="no room")

    with pytest.raises(HostError, match="/x") as raised, BackgroundTask(work, Run()):
        raise interrupted()
    assert isinstance(raised.value.__cause__, DatabaseError)


def test_a_run_that_is_asked_to_stop_says_so_though_its_statements_were_interrupted() -> None:
    stop = threading.Event()
    with pytest.raises(CancelledError, match="SIGTERM"), BackgroundTask(until_told, asked_to_stop(stop)):
        stop.set()
        raise interrupted()


def test_a_statement_that_somebody_else_interrupts_is_what_is_told() -> None:
    with pytest.raises(DatabaseError, match="told to stop"), BackgroundTask(until_told, Run()):
        raise interrupted()
