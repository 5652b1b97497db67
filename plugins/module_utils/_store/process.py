# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process was it, and does it still run?

A pid alone doesn't say: pids are used again, and begin at 1 when the machine starts.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


def boot_id() -> str:
    """Return the kernel's id of this start of the machine, or an empty string where it has none."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[bytes]:
    """Return what the kernel tells of a process, from its state on; nothing if it can't be seen."""
    try:
        status = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return []
    # The program's name comes second, in parentheses, and may itself hold spaces and parentheses.
    return status[status.rindex(b")") + 1 :].split()


def start_ticks(pid: int) -> int:
    """Return when a process started, in the kernel's ticks since the machine did; 0 if that can't be seen."""
    found = _stat(pid)
    return int(found[19]) if found else 0


@dataclass(frozen=True)
class ProcessId:
    """One process, told apart from every other that ever bore its pid.

    :param pid: its number.
    :param boot_id: the machine's start that it belongs to.
    :param host: the machine's name.
    :param start_ticks: its start, in ticks since the machine's; 0 if unknown.
    """

    pid: int
    boot_id: str
    host: str
    start_ticks: int

    @classmethod
    def current(cls) -> ProcessId:
        """Return the process that asks."""
        pid = os.getpid()
        return cls(pid, boot_id(), socket.gethostname(), start_ticks(pid))

    def is_alive(self) -> bool | None:
        """Return whether it still runs; None if it is on another machine, so that nobody here can say."""
        if self.host != socket.gethostname():
            return None
        # kill() takes numbers below 1 for whole groups of processes.
        if self.boot_id != boot_id() or self.pid < 1:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        except (OverflowError, OSError):
            return False
        found = _stat(self.pid)
        if not found:
            return True
        # What has ended and waits for its parent to notice does nothing any more; in a container nobody may.
        if found[0] in (b"Z", b"X"):
            return False
        return self.start_ticks == 0 or int(found[19]) == self.start_ticks
