# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an embedded server in a separate process, and stops it when the program that started it ends.

This file is executed alone (``python -c``), so it may import only the standard library. Its standard
input is a pipe from that program. The kernel closes the pipe even after a kill -9; then the guard stops the server
and removes its files. If the guard is killed as well, the kernel stops the server.
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

#: Seconds for initdb and for the start.
_START_TIMEOUT = 120
#: Seconds for an immediate shutdown.
_SHUTDOWN_TIMEOUT = 10
#: Number of lines at the end of the server's log that are reported if it does not start.
_LOG_LINES = 5
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWNET = 0x40000000


def _call_libc(function: str, *arguments: int) -> None:
    """Call a function of the C library. Nothing changes if the kernel does not support or allow it."""
    try:
        getattr(ctypes.CDLL(None), function)(*arguments)
    except (AttributeError, OSError):
        pass


def confine() -> None:
    """Make the kernel end this process when its parent ends, and forbid it to gain privileges.

    A restored database may contain malicious functions: they must not start setuid programs.
    """
    _call_libc("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call_libc("prctl", _PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


def _start(
    command: list[str], order: dict[str, Any], output: Any, uid: int | None
) -> subprocess.Popen[bytes]:
    account: dict[str, Any] = {}
    if uid is not None:
        account = {"user": uid, "group": order["gid"], "extra_groups": []}
    # pylint: disable-next=ansible-bad-function  # there is no AnsibleModule here
    return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn  # safe: there is only one thread
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


def _log_tail(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return " ".join(line.strip() for line in file.readlines()[-_LOG_LINES:])
    except OSError:
        return ""


def _is_ready(data: str) -> bool:
    """Return whether the server accepts connections, by the status line of its ``postmaster.pid``."""
    try:
        with open(os.path.join(data, "postmaster.pid"), encoding="ascii") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError):
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _wait(process: subprocess.Popen[bytes], done: Callable[[], bool]) -> bool:
    """Wait until ``done`` returns true. Return False if the process or the requesting program ends first, or on a timeout."""
    deadline = time.monotonic() + _START_TIMEOUT
    while not done():
        unwanted = select.select([0], [], [], 0)[0]
        if process.poll() is not None or time.monotonic() > deadline or unwanted:
            return done()
        time.sleep(0.02)
    return True


def _shut_down(process: subprocess.Popen[bytes]) -> None:
    # An immediate shutdown without a checkpoint: the data is not needed again.
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(_SHUTDOWN_TIMEOUT)
            except subprocess.TimeoutExpired:
                pass


def _descendants() -> set[int]:
    """Return the ids of all descendants of this process, including those whose parents have ended."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    # The name of the program is in parentheses, and may itself contain spaces and parentheses.
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                pass  # the process has ended
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def _kill_descendants() -> None:
    """Kill all remaining processes, such as those that a function in the database has started."""
    deadline = time.monotonic() + _SHUTDOWN_TIMEOUT
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
            pass  # there are no children left
        time.sleep(0.02)


def _change_owner(path: str, uid: int, gid: int) -> None:
    """Change the owner of a directory and of everything in it."""
    os.chown(path, uid, gid, follow_symlinks=False)
    for above, directories, files in os.walk(path):
        for name in (*directories, *files):
            os.chown(os.path.join(above, name), uid, gid, follow_symlinks=False)


def _report(**said: Any) -> None:
    try:
        os.write(1, json.dumps(said).encode() + b"\n")
    except OSError:
        pass  # the program has ended


def _serve(order: dict[str, Any], running: list[subprocess.Popen[bytes]]) -> bool:
    """Run initdb and start the server. Return whether it accepts connections."""
    with open(order["log"], "ab") as log:
        initdb = _start(order["initdb"], order, log, order["uid"])
        running.append(initdb)
        if not _wait(initdb, lambda: initdb.poll() is not None) or initdb.returncode != 0:
            return False
        with open(os.path.join(order["data"], "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write(order["settings"])
        if order["server_uid"] is not None:
            for path in order["remove"]:
                _change_owner(path, order["server_uid"], order["gid"])
        postgres = _start(order["postgres"], order, log, order["server_uid"])
        running.append(postgres)
        return _wait(postgres, lambda: _is_ready(order["data"]))


def main(order: dict[str, Any]) -> None:
    """Run the server until standard input has a byte or is closed, and remove everything."""
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # The server and its children get no network, if root runs this. A socket in the file system still works.
    _call_libc("unshare", _CLONE_NEWNET)
    # Orphaned processes of the server become children of this process.
    _call_libc("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    running: list[subprocess.Popen[bytes]] = []
    remove = list(order["remove"])
    try:
        if _serve(order, running):
            _report(ready=True)
        else:
            _report(failed=_log_tail(order["log"]))
        # A byte means that the program continues; end of file, that it has ended.
        if not os.read(0, 1):
            remove += order["remove_if_killed"]
    except OSError as error:
        _report(failed=f"{error.filename or ''} {error.strerror or error}".strip())
    finally:
        for process in running:
            _shut_down(process)
        _kill_descendants()
        for path in remove:
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
