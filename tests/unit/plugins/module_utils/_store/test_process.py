# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.process import ProcessId, start_ticks
from ansible_collections.ticketz.sidekick.tests.support.store_samples import forked


def test_a_process_lives_until_it_ends() -> None:
    with forked(lambda: time.sleep(60)) as pid:
        child = replace(ProcessId.current(), pid=pid, start_ticks=start_ticks(pid))
        assert child.is_alive() is True
        os.kill(pid, signal.SIGKILL)
    assert child.is_alive() is False


def test_a_pid_that_is_used_again_is_another_process() -> None:
    current = ProcessId.current()
    assert current.is_alive() is True
    assert current.start_ticks > 0
    assert replace(current, start_ticks=current.start_ticks - 1).is_alive() is False
    assert replace(current, boot_id="another start").is_alive() is False


def test_of_another_machine_nobody_here_can_say() -> None:
    assert replace(ProcessId.current(), host="elsewhere").is_alive() is None


def test_numbers_that_are_no_processes_are_dead() -> None:
    for pid in (0, -1, 2**31, 2**70):
        assert replace(ProcessId.current(), pid=pid).is_alive() is False
