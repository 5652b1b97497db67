# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an embedded server in a separate process, and ends it together with the program that started it.

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
_START_TIMEOUT = 120
_QUITTING = 10
#: Lines of the server's own log that are told when it does not start.
_TOLD = 5
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWNET = 0x40000000


def _ask_kernel(function: str, *arguments: int) -> None:
    """Call a function of the C library; whatever the kernel does not know or allow stays as it is."""
    try:
        getattr(ctypes.CDLL(None), function)(*arguments)
    except (AttributeError, OSError):
        pass


def confine() -> None:
    """Let the kernel end this process at once when its parent is gone, and keep from it what a database has no use for.

    What is restored may hold functions that mean harm: no program with the rights of another account can be started.
    """
    _ask_kernel("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _ask_kernel("prctl", _PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def _start(
    command: list[str], order: dict[str, Any], output: Any, uid: int | None
) -> subprocess.Popen[bytes]:
    account: dict[str, Any] = {}
    if uid is not None:
        account = {"user": uid, "group": order["gid"], "extra_groups": []}
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
        preexec_fn=confine,
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
    deadline = time.monotonic() + _START_TIMEOUT
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


def _descendants() -> set[int]:
    """Return the processes that descend from this one, those included whose own parents have ended."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    # The name of the program, in parentheses, may have anything in it.
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                pass  # it has ended
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _end_all() -> None:
    """End what the server has left: whatever a function in the database has started."""
    deadline = time.monotonic() + _QUITTING
    while (left := _descendants()) and time.monotonic() < deadline:
        for process in left:
            try:
                os.kill(process, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except OSError:
            pass  # none of them is ours any more
        time.sleep(0.02)


def _hand_over(path: str, uid: int, gid: int) -> None:
    """Give a directory with everything in it to the account that the server runs as."""
    os.chown(path, uid, gid, follow_symlinks=False)
    for above, directories, files in os.walk(path):
        for name in (*directories, *files):
            os.chown(os.path.join(above, name), uid, gid, follow_symlinks=False)


def _report(**said: Any) -> None:
    try:
        os.write(1, json.dumps(said).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more


def _serve(order: dict[str, Any], running: list[subprocess.Popen[bytes]]) -> bool:
    """Make the server's directory and start it; return whether it takes connections."""
    with open(order["log"], "ab") as log:
        initdb = _start(order["initdb"], order, log, order["uid"])
        running.append(initdb)
        if not _wait(initdb, lambda: initdb.poll() is not None) or initdb.returncode != 0:
            return False
        with open(os.path.join(order["data"], "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write(order["settings"])
        if order["server_uid"] is not None:
            for path in order["remove"]:
                _hand_over(path, order["server_uid"], order["gid"])
        postgres = _start(order["postgres"], order, log, order["server_uid"])
        running.append(postgres)
        return _wait(postgres, lambda: _is_ready(order["data"]))


def main(order: dict[str, Any]) -> None:
    """Serve until nobody wants it any more, and remove everything."""
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # No network for whatever is started here, which only root may say; the socket in the file system is none.
    _ask_kernel("unshare", _CLONE_NEWNET)
    # What the server's processes leave behind becomes a child of this one.
    _ask_kernel("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    running: list[subprocess.Popen[bytes]] = []
    remove = list(order["remove"])
    try:
        if _serve(order, running):
            _report(ready=True)
        else:
            _report(failed=_last_words(order["log"]))
        # A byte: the program goes on by itself. Nothing: it is gone.
        if not os.read(0, 1):
            remove += order["remove_if_killed"]
    except OSError as error:
        _report(failed=f"{error.filename or ''} {error.strerror or error}".strip())
    finally:
        for process in running:
            _end(process)
        _end_all()
        for path in remove:
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
