# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import job as jobs
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.cancellation import cancellation
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.job import Job, list_jobs, prune_jobs
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.job_status import (
    JobStatus,
    is_alive,
    read_status,
    request_cancel,
    write_status,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.progress import Progress
from ansible_collections.ticketz.sidekick.tests.support.store_samples import forked
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state" / "jobs"


def _read(job: Job) -> JobStatus:
    assert job.directory
    status = read_status(job.directory)
    assert status
    return status


def test_a_run_can_be_watched_from_its_start_to_its_end(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as job:
        first = _read(job)
        assert (first.state, first.verb, first.process.pid) == ("running", "backup", os.getpid())
        assert is_alive(first)
        job.progress(phase="copy", bytes_expected=100, rows_expected=10)
        job.progress.add(bytes=40, rows=4)
        wait_until(lambda: _read(job).position.bytes_done == 40)
        position = _read(job).position
        assert (position.phase, position.bytes_expected, position.rows_done) == ("copy", 100, 4)
        job.finish({"id": "backup_20260131_020000", "path": Path("/store")})
    last = _read(job)
    assert (last.state, last.outcome, last.error) == ("finished", "finished", None)
    assert last.result == {"id": "backup_20260131_020000", "path": "/store"}
    assert last.finished is not None
    assert not is_alive(last)
    assert job.notices == ()


def test_the_state_is_private(state_dir: Path) -> None:
    former = os.umask(0)
    try:
        with Job.start("backup", state_dir) as job:
            pass
    finally:
        os.umask(former)
    assert job.directory
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(job.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((job.directory / "status.json").stat().st_mode) == 0o600


def test_a_failure_is_kept_with_its_code_and_facts(state_dir: Path) -> None:
    with pytest.raises(StoreError), Job.start("prune", state_dir) as job:
        raise StoreError("store_missing", path=Path("/store"))
    status = _read(job)
    assert status.state == "failed"
    assert status.error is not None
    assert (status.error["code"], status.error["facts"]) == ("store_missing", {"path": "/store"})
    assert "/store does not exist" in status.error["message"]


def test_an_unforeseen_failure_keeps_its_text_to_itself(state_dir: Path) -> None:
    with pytest.raises(RuntimeError), Job.start("prune", state_dir) as job:
        raise RuntimeError("password=secret")
    assert job.directory
    assert "secret" not in (job.directory / "status.json").read_text()
    assert _read(job).error == {"code": "internal", "message": "RuntimeError", "facts": {}}


def test_a_cancelled_run_says_so(state_dir: Path) -> None:
    with pytest.raises(CancelledError), Job.start("backup", state_dir) as job:
        raise CancelledError("cancelled", signal="SIGTERM")
    assert _read(job).state == "cancelled"


def test_leaving_without_a_result_is_a_success(state_dir: Path) -> None:
    with Job.start("prune", state_dir) as job:
        pass
    assert (_read(job).state, _read(job).result) == ("finished", {})


def test_a_reader_never_sees_half_a_status_and_writes_are_few(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as job:
        assert job.directory
        written = set()
        began = time.monotonic()
        number = 0
        while len(written) < 4:
            for _turn in range(100):
                number += 1
                job.progress(bytes_done=number)
            data = (job.directory / "status.json").read_bytes()
            assert json.loads(data)["verb"] == "backup"
            written.add((job.directory / "status.json").stat().st_mtime_ns)
        # The first status, and the first change, are written immediately.
        assert len(written) <= 2 + (time.monotonic() - began) / jobs._THROTTLE
    assert _read(job).position.bytes_done == number


@pytest.fixture
def _restless() -> Iterator[None]:
    """Switch between threads as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_restless")
def test_many_threads_count_together() -> None:
    progress = Progress()

    def work() -> None:
        for _turn in range(2000):
            progress.add(bytes=3, rows=1)

    threads = [threading.Thread(target=work) for _turn in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (progress.position.bytes_done, progress.position.rows_done) == (48_000, 16_000)


def test_a_killed_run_is_known_to_have_died(state_dir: Path) -> None:
    def work() -> None:
        with Job.start("backup", state_dir) as job:
            job.progress(phase="copy")
            time.sleep(60)

    with forked(work) as pid:
        wait_until(lambda: list_jobs(state_dir))
        status = list_jobs(state_dir)[0]
        assert (status.process.pid, status.outcome) == (pid, "running")
    status = list_jobs(state_dir)[0]
    assert (status.state, status.outcome, is_alive(status)) == ("running", "died", False)


def test_a_run_is_asked_to_stop_and_cleans_up(state_dir: Path) -> None:
    def work() -> None:
        with Job.start("backup", state_dir) as job, cancellation() as stop:
            job.progress(phase="ready")
            while True:
                stop.event.wait(0.05)
                stop.check()

    with forked(work):
        wait_until(lambda: list_jobs(state_dir) and list_jobs(state_dir)[0].position.phase == "ready")
        assert request_cancel(list_jobs(state_dir)[0])
        wait_until(lambda: list_jobs(state_dir)[0].state != "running")
    status = list_jobs(state_dir)[0]
    assert status.state == "cancelled"
    assert status.error is not None
    assert "SIGTERM" in status.error["message"]
    assert not request_cancel(status)


def test_nobody_elses_process_is_asked_to_stop(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as job:
        status = _read(job)
    for other in (
        replace(status, state="running", process=replace(status.process, start_ticks=1)),
        replace(status, state="running", process=replace(status.process, boot_id="another start")),
        replace(status, state="running", process=replace(status.process, host="elsewhere")),
        replace(status, state="running", process=replace(status.process, pid=0)),
    ):
        assert not request_cancel(other)


@pytest.mark.parametrize("obstacle", ["file", "nested"])
def test_trouble_with_the_state_does_not_stop_the_run(tmp_path: Path, obstacle: str) -> None:
    (tmp_path / "file").write_text("")
    state_dir = tmp_path / "file" / "jobs" if obstacle == "nested" else tmp_path / "file"
    with Job.start("backup", state_dir) as job:
        job.progress(phase="copy")
        assert job.directory
        assert stat.S_IMODE(job.directory.stat().st_mode) == 0o700
        assert _read(job).state == "running"
    assert [notice.code for notice in job.notices] == ["job_state_unavailable"]
    assert str(state_dir) in str(job.notices[0])
    assert not job.directory.exists()


def test_losing_the_state_on_the_way_is_told_once(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as job:
        assert job.directory
        (job.directory / "status.json").unlink()
        job.directory.rmdir()
        job.progress(phase="copy")
        wait_until(lambda: job.notices)
        job.progress(phase="load")
    assert [notice.code for notice in job.notices] == ["job_state_unavailable"]


def test_only_the_newest_are_kept_and_never_a_running_one_removed(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as running:
        for number in range(5):
            Job.start("prune", state_dir, job_id=f"20990101T00000{number}Z-prune-0000000{number}").finish({})
        (state_dir / "notes").mkdir()
        (state_dir / "precious.txt").write_text("")
        prune_jobs(state_dir, 2)
        assert sorted(os.listdir(state_dir)) == sorted(
            [
                running.id,
                "20990101T000003Z-prune-00000003",
                "20990101T000004Z-prune-00000004",
                "notes",
                "precious.txt",
            ]
        )
    assert [status.id for status in list_jobs(state_dir)][-1] == running.id


def test_starting_a_job_keeps_fifty(state_dir: Path) -> None:
    for number in range(55):
        directory = state_dir / f"20200101T0000{number:02d}Z-prune-00000000"
        directory.mkdir(parents=True)
    with Job.start("backup", state_dir):
        assert len(os.listdir(state_dir)) == jobs.KEPT == 50


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format": 1}', b"\xff"])
def test_a_damaged_status_is_passed_over(state_dir: Path, data: bytes) -> None:
    with Job.start("backup", state_dir) as job:
        pass
    assert job.directory
    (job.directory / "status.json").write_bytes(data)
    assert list_jobs(state_dir) == []


def test_a_status_is_read_as_it_was_written(state_dir: Path) -> None:
    with Job.start("backup", state_dir) as job:
        status = job.status
    assert job.directory
    write_status(job.directory, status)
    assert read_status(job.directory) == status


def test_an_id_that_others_were_told_beforehand_is_used(state_dir: Path) -> None:
    id = jobs.new_job_id("backup")
    with Job.start("backup", state_dir, job_id=id) as job:
        assert job.directory == state_dir / id
    with pytest.raises(ValueError, match="no id"):
        Job.start("backup", state_dir, job_id="../../etc")


def test_signals_become_an_event_and_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with cancellation() as stop:
        stop.check()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.event.wait(5)
        with pytest.raises(CancelledError, match="SIGTERM"):
            stop.check()
    assert signal.getsignal(signal.SIGTERM) is before


def test_ignored_signals_stay_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with cancellation() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.event.wait(0.1)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_can_be_cancelled_by_a_call() -> None:
    found = []

    def work() -> None:
        with cancellation() as stop:
            stop.cancel("the user")
            try:
                stop.check()
            except CancelledError as error:
                found.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "the user" in found[0]
