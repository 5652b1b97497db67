# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running long child processes: with a time limit, ended with the run, keeping the end of their output."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .._errors import HostError

#: Seconds between two checks for cancellation, and for a child to end by itself after that.
_POLL = 0.25
_GRACE = 5.0

#: Maximum bytes of an answer, and of the end of standard error that is kept. The other side may be hostile, and
#: send without end.
LARGEST_OUTPUT, _LAST_WORDS = 32 * 1024 * 1024, 64 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    :param status: its exit status; negative for a signal.
    :param output: its standard output.
    :param errors: the lines of its standard error.
    """

    status: int
    output: bytes
    errors: tuple[str, ...]


def environment() -> dict[str, str]:
    """Return the environment for ssh and rsync: no agent, no askpass, nothing that changes rsync's protocol."""
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

    Raise HostError: ``offsite_program_missing``, ``offsite_timeout``, ``offsite_flood`` for more output than any answer
    has.
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
    deadline = time.monotonic() + limit

    def watch() -> None:
        check()
        if time.monotonic() > deadline:
            raise HostError("offsite_timeout", program=command[0], seconds=round(limit))

    try:
        output, errors = _talk(process, data, command[0], watch)
        while True:
            try:
                process.wait(_POLL)
                break
            except subprocess.TimeoutExpired:
                watch()
    except BaseException:
        _end(process)
        raise
    _close(process)
    lines = errors.decode("utf-8", "replace").splitlines()
    return Ended(process.returncode, output, tuple(line.strip() for line in lines if line.strip()))


def _talk(
    process: subprocess.Popen[bytes], data: bytes, program: str, watch: Callable[[], None]
) -> tuple[bytes, bytes]:
    """Give a program its input, and return what it writes until it closes both of its outputs.

    :param watch: called four times a second.
    """
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin is None or stdout is None or stderr is None:
        raise ValueError("its three streams must be pipes")
    given, output, errors = memoryview(data), bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stdin, selectors.EVENT_WRITE)
        selector.register(stdout, selectors.EVENT_READ, output)
        selector.register(stderr, selectors.EVENT_READ, errors)
        for stream in (stdin, stdout, stderr):
            os.set_blocking(stream.fileno(), False)
        while selector.get_map():
            for key, _events in selector.select(_POLL):
                if key.data is None:
                    given = _give(key.fd, given)
                    if not given:
                        selector.unregister(key.fileobj)
                        stdin.close()
                    continue
                piece = os.read(key.fd, _PIECE)
                key.data.extend(piece)
                if not piece:
                    selector.unregister(key.fileobj)
            del errors[:-_LAST_WORDS]
            if len(output) > LARGEST_OUTPUT:
                raise HostError("offsite_flood", program=program, bytes=LARGEST_OUTPUT)
            watch()
    return bytes(output), bytes(errors)


def _give(descriptor: int, data: memoryview) -> memoryview:
    """Write as much as possible; return the rest, or nothing if the reader has closed its end."""
    try:
        return data[os.write(descriptor, data[:_PIECE]) :] if data else data
    except BrokenPipeError:
        return data[:0]


def _close(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(OSError):
            if stream:
                stream.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children, gently first, so that rsync can notify the other side."""
    for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        # The pipes are not read to their end, since the output may be endless.
        _close(process)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
