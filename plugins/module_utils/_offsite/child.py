# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that take long: bounded in time, ended with the run, and their last words kept."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .._errors import HostError

#: Seconds between two looks whether the run was asked to stop, and for a child to end by itself after that.
_POLL = 0.25
_GRACE = 5.0


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    :param status: its exit status; negative for a signal.
    :param output: what it wrote to its standard output.
    :param errors: the lines it wrote to its standard error.
    """

    status: int
    output: bytes
    errors: tuple[str, ...]


def environment() -> dict[str, str]:
    """Return what ssh and rsync get: no agent, no askpass, nothing that changes what rsync says on the wire."""
    kept = ("PATH", "HOME", "LOGNAME", "USER", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "LC_ALL": "C",
        "PATH": os.environ.get("PATH") or os.defpath,
    }


def run(
    command: Sequence[str],
    *,
    limit: float,
    check: Callable[[], None],
    data: bytes = b"",
    pass_fds: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
) -> Ended:
    """Run a program to its end.

    :param limit: seconds after which it is ended, and HostError (``offsite_timeout``) raised.
    :param check: called four times a second; whatever it raises ends the program.
    :param data: for its standard input.

    Raise HostError: ``offsite_program_missing``, ``offsite_timeout``.
    """
    try:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function  # the engine knows no AnsibleModule
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment(), **(variables or {})},
            pass_fds=pass_fds,
            start_new_session=True,
        )
    except OSError as error:
        raise HostError(
            "offsite_program_missing", program=command[0], cause=error.strerror or error
        ) from error
    deadline, given = time.monotonic() + limit, data
    try:
        while True:
            try:
                output, errors = process.communicate(given, timeout=_POLL)
                break
            except subprocess.TimeoutExpired:
                given = b""
            check()
            if time.monotonic() > deadline:
                raise HostError("offsite_timeout", program=command[0], seconds=round(limit))
    except BaseException:
        _end(process)
        raise
    lines = errors.decode("utf-8", "replace").splitlines()
    return Ended(process.returncode, output, tuple(line.strip() for line in lines if line.strip()))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it has started, gently first: rsync then tells the other side."""
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.communicate(timeout=patience)
        except (subprocess.TimeoutExpired, ValueError):
            continue
        return
