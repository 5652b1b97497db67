# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an embedded server in a process of its own, and ends it with the program that wanted it.

This text is executed by itself (``python -c``), so it may import the standard library only. Its standard
input is a pipe from that program, which the kernel closes even after a kill -9; then the server is ended and
what it has written is removed. Should this process be killed as well, the kernel ends the server.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Callable

#: Seconds for initdb, for the start, and for an end without a word of goodbye.
_PATIENCE = 120
_QUITTING = 10
#: Lines of the server's own log that are told when it does not start.
_TOLD = 5
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Let the kernel end this process at once when its parent is gone."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
    except (AttributeError, OSError):
        pass


def _start(command: list[str], order: dict[str, Any], output: Any) -> subprocess.Popen[bytes]:
    account: dict[str, Any] = {}
    if order["uid"] is not None:
        account = {"user": order["uid"], "group": order["gid"], "extra_groups": []}
    # pylint: disable-next=ansible-bad-function  # this is no module, and knows no AnsibleModule
    return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn  # one thread, and nothing else can do it
        command,
        cwd="/",
        env=order["environment"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        umask=0o077,
        preexec_fn=die_with_parent,
        **account,
    )


def _last_words(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return " ".join(line.strip() for line in file.readlines()[-_TOLD:])
    except OSError:
        return ""


def _is_ready(data: str) -> bool:
    """Return the server's own word on its state: the last line of this file."""
    try:
        with open(os.path.join(data, "postmaster.pid"), encoding="ascii") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError):
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _wait(process: subprocess.Popen[bytes], done: Callable[[], bool]) -> bool:
    """Wait until something is done; return False if the process ends first, takes too long or is not wanted."""
    deadline = time.monotonic() + _PATIENCE
    while not done():
        unwanted = select.select([0], [], [], 0)[0]
        if process.poll() is not None or time.monotonic() > deadline or unwanted:
            return done()
        time.sleep(0.02)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    # No checkpoint: nothing of it will be read again.
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(_QUITTING)
            except subprocess.TimeoutExpired:
                pass


def _say(**said: Any) -> None:
    try:
        os.write(1, json.dumps(said).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more


def _serve(order: dict[str, Any], running: list[subprocess.Popen[bytes]]) -> bool:
    """Make the server's directory and start it; return whether it takes connections."""
    with open(order["log"], "ab") as log:
        initdb = _start(order["initdb"], order, log)
        running.append(initdb)
        if not _wait(initdb, lambda: initdb.poll() is not None) or initdb.returncode != 0:
            return False
        with open(os.path.join(order["data"], "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write(order["settings"])
        postgres = _start(order["postgres"], order, log)
        running.append(postgres)
        return _wait(postgres, lambda: _is_ready(order["data"]))


def main(order: dict[str, Any]) -> None:
    """Serve until nobody wants it any more, and remove everything."""
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    running: list[subprocess.Popen[bytes]] = []
    remove = list(order["remove"])
    try:
        if _serve(order, running):
            _say(ready=True)
        else:
            _say(failed=_last_words(order["log"]))
        # A byte: the program goes on by itself. Nothing: it is gone.
        if not os.read(0, 1):
            remove += order["remove_if_killed"]
    except OSError as error:
        _say(failed=f"{error.filename or ''} {error.strerror or error}".strip())
    finally:
        for process in running:
            _end(process)
        for path in remove:
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
