# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError, StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.lock import Lock, read_holder
from ansible_collections.ticketz.sidekick.tests.support.store_samples import code_in_child, forked
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".lock"


def _hold(path: Path) -> None:
    with Lock(path, verb="backup", job_id="job-1").acquire():
        time.sleep(60)


def _wait_until_held(path: Path) -> None:
    wait_until(lambda: read_holder(path))


def test_a_second_writer_is_refused_and_told_who_is_first(path: Path) -> None:
    with forked(lambda: _hold(path)) as pid:
        _wait_until_held(path)
        attempts: list[None] = []
        with pytest.raises(StoreError) as caught:
            Lock(path, verb="prune").acquire(check=lambda: attempts.append(None))
        assert len(attempts) == 1
    assert caught.value.code == "lock_held"
    for part in ("backup", f"process {pid} on {os.uname().nodename}", "job job-1", "since 2"):
        assert part in str(caught.value)


def test_waiting_ends_when_the_time_is_over(path: Path) -> None:
    with Lock(path, verb="backup").acquire():
        started = time.monotonic()
        with pytest.raises(StoreError, match="waited 1 s"):
            Lock(path, verb="prune").acquire(1)
        assert time.monotonic() - started >= 1


def test_a_waiting_run_gets_the_lock_when_it_is_released(path: Path) -> None:
    first = Lock(path, verb="backup").acquire()
    threading.Timer(0.3, first.release).start()
    with Lock(path, verb="prune").acquire(300):
        holder = read_holder(path)
        assert holder is not None
        assert (holder.verb, holder.process.pid) == ("prune", os.getpid())


def test_a_waiting_run_can_be_cancelled(path: Path) -> None:
    def check() -> None:
        raise CancelledError("cancelled", signal="SIGTERM")

    with Lock(path, verb="backup").acquire(), pytest.raises(CancelledError):
        Lock(path, verb="prune").acquire(60, check=check)


def test_a_killed_holder_does_not_block(path: Path) -> None:
    with forked(lambda: _hold(path)) as pid:
        _wait_until_held(path)
        os.kill(pid, signal.SIGKILL)
        with Lock(path, verb="prune").acquire(300) as lock:
            assert lock.held
    assert read_holder(path) is None


def test_a_dead_holders_name_is_not_told_as_if_it_lived(path: Path) -> None:
    with forked(lambda: _hold(path)) as pid:
        _wait_until_held(path)
        os.kill(pid, signal.SIGKILL)
    assert path.stat().st_size > 0
    assert read_holder(path) is None


def test_only_one_of_many_gets_in_at_a_time(path: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.write_text("0")

    def add() -> None:
        for _turn in range(20):
            with Lock(path, verb="add").acquire(60):
                before = int(count.read_text())
                time.sleep(0.0005)
                count.write_text(str(before + 1))

    children = []
    for _turn in range(4):
        pid = os.fork()
        if pid == 0:
            try:
                add()
            finally:
                os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    assert count.read_text() == "80"


def test_the_file_is_private_and_stays(path: Path) -> None:
    former = os.umask(0)
    try:
        Lock(path, verb="backup").acquire().release()
    finally:
        os.umask(former)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b""


def test_a_link_a_pipe_or_a_directory_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("precious")
    path.symlink_to(target)
    with pytest.raises(StoreError) as caught:
        Lock(path, verb="backup").acquire()
    assert caught.value.code == "lock_unusable"
    assert target.read_text() == "precious"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="regular"):
        Lock(path, verb="backup").acquire()
    path.unlink()
    path.mkdir()
    with pytest.raises(StoreError, match="directory"):
        Lock(path, verb="backup").acquire()


def test_a_file_deleted_by_hand_does_not_let_two_in(path: Path) -> None:
    with Lock(path, verb="backup").acquire():
        path.unlink()
        with Lock(path, verb="prune").acquire() as second, pytest.raises(StoreError):
            assert second.held
            Lock(path, verb="verify").acquire()


def test_a_file_replaced_in_the_very_instant_does_not_let_two_in(path: Path) -> None:
    replaced = False

    def replace_once(event: str, _arguments: object) -> None:
        nonlocal replaced
        if event == "fcntl.flock" and not replaced:
            replaced = True
            path.unlink()
            path.touch()

    def acquire() -> None:
        # An audit hook can't be removed, so it is set in a child process.
        sys.addaudithook(replace_once)
        with Lock(path, verb="backup").acquire(300):
            Lock(path, verb="prune").acquire()

    assert code_in_child(acquire) == "lock_held"


def test_a_release_counts_even_if_a_child_has_a_copy(path: Path) -> None:
    lock = Lock(path, verb="backup").acquire()
    with forked(lambda: time.sleep(60)):
        lock.release()
        Lock(path, verb="prune").acquire().release()


@pytest.mark.parametrize("data", [b"", b"{", b'{"pid": "x"}', b"\x00" * 100, b'{"pid": -1}'])
def test_nonsense_in_the_file_neither_blocks_nor_confuses(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert read_holder(path) is None
    with Lock(path, verb="backup").acquire():
        holder = read_holder(path)
        assert holder is not None
        assert holder.verb == "backup"


def test_a_child_program_does_not_inherit_the_lock(path: Path) -> None:
    with Lock(path, verb="backup").acquire():
        pid = os.posix_spawn("/bin/sleep", ["sleep", "30"], {})
    try:
        Lock(path, verb="prune").acquire().release()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
