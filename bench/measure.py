# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a command line, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """What a command took.

    :param seconds: wall clock.
    :param memory: peak resident set of its largest process, in bytes (the server is not counted).
    """

    seconds: float
    memory: int


def run(
    command: Sequence[str], environment: Mapping[str, str], log: Path, accepted: Sequence[int] = (0,)
) -> Taken:
    """Run a command to its end; its output goes to a file. Exit the benchmark if it fails.

    :param accepted: exit statuses that are no failure.
    """
    started = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=output)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode not in accepted:
        print(log.read_text(errors="replace")[-3000:], file=sys.stderr)
        sys.exit(f"{command[0]} failed with exit status {process.returncode}; its output is above")
    # Linux gives kilobytes (getrusage(2)), of the largest of a shell's children too.
    return Taken(seconds, usage.ru_maxrss * 1024)


def shell(script: str, environment: Mapping[str, str], log: Path) -> Taken:
    """Run the peers' pipelines as their users do, in a shell that notices failures in the middle."""
    return run(["bash", "-euo", "pipefail", "-c", script], environment, log)
