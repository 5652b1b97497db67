# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command line, and measures its time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """Time and memory of a command.

    :param seconds: wall time.
    :param memory: peak resident set of its largest process, in bytes, without the server.
    """

    seconds: float
    memory: int


def run(
    command: Sequence[str], environment: Mapping[str, str], log: Path, accepted: Sequence[int] = (0,)
) -> Taken:
    """Run a command, with its output appended to a file. Exit the benchmark if it fails.

    :param accepted: exit statuses that are not failures.
    """
    with log.open("ab") as output, tempfile.TemporaryDirectory() as directory:
        result = Path(directory) / "taken.json"
        # A process inherits the peak of its parent, so start it from a small one.
        launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(result), *command]
        subprocess.run(launcher, env=dict(environment), stdout=output, stderr=output, check=True)
        taken = json.loads(result.read_text(encoding="ascii"))
    if taken["status"] not in accepted:
        print(log.read_text(errors="replace")[-3000:], file=sys.stderr)
        sys.exit(f"{command[0]} failed with exit status {taken['status']}; its output is above")
    # Linux returns kilobytes (getrusage(2)), for the largest descendant, including the children of a shell.
    return Taken(taken["seconds"], taken["memory"] * 1024)


_LAUNCHER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
status = subprocess.call(sys.argv[2:])
seconds = time.perf_counter() - started
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(sys.argv[1], "w") as file:
    json.dump({"seconds": seconds, "memory": memory, "status": status}, file)
"""


def shell(script: str, environment: Mapping[str, str], log: Path) -> Taken:
    """Run a script in a shell that stops at failures, including those within pipelines."""
    return run(["bash", "-euo", "pipefail", "-c", script], environment, log)
