# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests wait for, and how they measure work: neither depends on how fast the machine is, or how busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

#: So long that only what never happens takes longer.
_PATIENCE = 300.0


def wait_until(condition: Callable[[], object]) -> None:
    """Return when a condition is true, asked again and again."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.02)


def catches(pid: int, signal_number: int) -> bool:
    """Return whether a process has a handler for a signal, which would end it otherwise."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    mask = next(line.split()[1] for line in lines if line.startswith("SigCgt:"))
    return bool(int(mask, 16) >> (signal_number - 1) & 1)


def growth(work: Callable[[int], object], size: int, factor: int = 16) -> float:
    """Return how many times the work of a size is done when there is ``factor`` times as much of it.

    In processor time, the least of three, so that what else the machine does counts for little. Where it takes the caches,
    16 times as much was seen to cost 48 times as much; what grows with the square costs 256 times as much.
    """

    def cost(size: int) -> float:
        began = time.process_time()
        work(size)
        return time.process_time() - began

    return min(cost(size * factor) for _number in range(3)) / min(cost(size) for _number in range(3))
