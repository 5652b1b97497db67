# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits and measurements for tests that do not depend on the speed or load of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

#: Timeout in seconds, long enough that it only expires if the condition never becomes true.
_PATIENCE = 300.0


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def catches(pid: int, signal_number: int) -> bool:
    """Return whether a process has a handler for a signal; without one, the signal would end it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (signal_number - 1) & 1)


def growth(work: Callable[[int], object], size: int, factor: int = 16) -> float:
    """Return the ratio of the processor time of ``factor`` times the work to that of the work.

    Each time is the minimum of three, to reduce the influence of other processes. If the larger work exceeds the processor's
    caches, a ratio of 48 was measured for 16 times the work; quadratic growth has a ratio of 256.

    :param work: does the work for a size.
    """

    def cost(size: int) -> float:
        began = time.process_time()
        work(size)
        return time.process_time() - began

    return min(cost(size * factor) for _number in range(3)) / min(cost(size) for _number in range(3))
