# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quiesces containers, and resumes them when the requesting program ends.

This file is executed alone (``python -c``), so it may import only the standard library. It reads
its instructions from standard input, a pipe from the requesting program, which the kernel closes even after a
kill -9. Then, or after the timeout, it resumes the containers. Only the guardian stops and starts them, one call after
the other, so that the engine can't execute a late call of a killed program.

It first records the containers in a file, which it keeps locked. If it is killed as well, the next run finds an
unlocked file.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import select
import signal
import socket
import time
from typing import Any
from urllib.parse import quote, urlsplit

PAUSE, STOP = "pause", "stop"
FORMAT = 1

#: Seconds to wait for the engine. When stopping a container, the engine waits for its processes to end.
_REQUEST_TIMEOUT = 60.0
_STOP_TIMEOUT = 600.0
#: Seconds to wait for the engine to unpause a container, which is only a kernel call.
_UNPAUSE_TIMEOUT = 5.0
#: Seconds for which resuming is retried if the engine does not respond, and seconds between two attempts.
_RETRY_TIMEOUT = 120.0
_RETRY_PAUSE = 0.25
#: Status codes of the engine: done, already done, and no such container, which was removed meanwhile.
_DONE = (204, 304, 404)
#: Number of attempts to pause a container.
_ATTEMPTS = 3

_CGROUPS = "/sys/fs/cgroup"
#: name of the cgroup file → values to thaw and to freeze
_FREEZERS = {"cgroup.freeze": ("0", "1"), "freezer.state": ("THAWED", "FROZEN")}


class _Local(http.client.HTTPConnection):
    """A connection to an engine's socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect. Raise OSError."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(host: str, method: str, path: str, timeout: float = _REQUEST_TIMEOUT) -> tuple[int, Any]:
    """Send a request to the engine; return status and body of its response. Raise OSError, also for an invalid response."""
    place = urlsplit(host)
    connection: http.client.HTTPConnection
    if place.scheme == "unix":
        connection = _Local(place.path, timeout)
    else:
        connection = http.client.HTTPConnection(place.hostname or "", place.port or 2375, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"no answer of an engine: {error!r}") from error
    finally:
        connection.close()
    try:
        return answer.status, json.loads(body) if body else None
    except ValueError:
        return answer.status, {"message": body[:300].decode(errors="replace")}


def _path(container: dict[str, str], action: str) -> str:
    return f"/containers/{quote(container['id'], safe='')}/{action}"


def _refused(answer: Any) -> str:
    return str(answer.get("message") if isinstance(answer, dict) else answer)


class RefusedError(Exception):
    """The engine refused a request for a container."""

    def __init__(self, container: str, cause: str) -> None:
        super().__init__(cause)
        self.container = container


def is_running(host: str, container: dict[str, str]) -> bool:
    """Return whether a container exists and is running. Raise OSError, RefusedError."""
    status, answer = ask(host, "GET", _path(container, "json"))
    if status == 404:
        return False
    if status != 200:
        raise RefusedError(container["name"], _refused(answer))
    state = answer["State"]
    # A restarting container counts as running: it is stopped, and started afterwards.
    return bool(state.get("Running") or state.get("Restarting")) and not state.get("Paused")


def hold(host: str, mode: str, container: dict[str, str]) -> None:
    """Pause or stop a container. Raise OSError, RefusedError."""
    for attempt in range(_ATTEMPTS):
        try:
            status, answer = ask(
                host, "POST", _path(container, mode), _STOP_TIMEOUT if mode == STOP else _REQUEST_TIMEOUT
            )
        except OSError as error:
            raise RefusedError(container["name"], str(error)) from error
        if status in _DONE:
            return
        # The kernel may fail to freeze a container in which new processes are started all the time.
        if mode == STOP or attempt == _ATTEMPTS - 1:
            raise RefusedError(container["name"], _refused(answer))
        time.sleep(_RETRY_PAUSE)


def _freezers(container: dict[str, str]) -> list[str]:
    """Return the cgroup files with which the kernel freezes a container of this host. Raise OSError."""
    found: dict[str, list[str]] = {name: [] for name in _FREEZERS}
    for directory, _names, files in os.walk(_CGROUPS):
        if container["id"] in os.path.basename(directory):
            for name in _FREEZERS:
                if name in files:
                    found[name].append(os.path.join(directory, name))
    # If the host has both cgroup versions, the engine uses version 1 for freezing.
    return found["freezer.state"] or found["cgroup.freeze"]


def _freeze(container: dict[str, str], wanted: bool) -> None:
    """Freeze or thaw a container directly through the kernel, if possible."""
    try:
        for path in _freezers(container):
            with open(path, "w", encoding="ascii") as file:
                file.write(_FREEZERS[os.path.basename(path)][wanted])
    except OSError:
        pass  # not root, or the engine is on another host


def is_frozen(container: dict[str, str]) -> bool | None:
    """Return whether the kernel has frozen a container; None if unknown."""
    frozen = []
    try:
        for path in _freezers(container):
            with open(path, encoding="ascii") as file:
                frozen.append(file.read().strip() == _FREEZERS[os.path.basename(path)][True])
    except OSError:
        return None
    return any(frozen) if frozen else None


def _start(host: str, container: dict[str, str]) -> None:
    """Start a container. Raise OSError, RefusedError."""
    status, answer = ask(host, "POST", _path(container, "start"))
    if status not in _DONE:
        raise RefusedError(container["name"], _refused(answer))


def _unpause(host: str, container: dict[str, str]) -> None:
    """Unpause a container. Raise OSError, RefusedError; the caller then retries.

    A command that starts in the container at the moment of the pause, such as its health check, can freeze
    before it has started completely. The engine then waits for it forever, and so does an unpause (seen with
    runc 1.1.5). So after a timeout, the container is thawed directly, so that the command starts and the engine
    continues. But the engine still considers the container paused, and can only unpause a frozen one. So it is frozen
    again before the retry.
    """
    try:
        status, answer = ask(host, "POST", _path(container, "unpause"), _UNPAUSE_TIMEOUT)
    except socket.timeout:
        _freeze(container, False)
        raise
    if status in _DONE:
        return
    found, inspected = ask(host, "GET", _path(container, "json"))
    if found == 404 or (found == 200 and not inspected["State"].get("Paused")):
        return
    if found == 200 and is_frozen(container) is False:
        _freeze(container, True)
    raise RefusedError(container["name"], _refused(answer))


def resume(
    host: str, mode: str, containers: list[dict[str, str]], patience: float = _RETRY_TIMEOUT
) -> list[dict[str, str]]:
    """Resume containers in order. Return those that could not be resumed, each with its ``cause``.

    :param patience: seconds for which failures are retried.
    """
    resume_one = _unpause if mode == PAUSE else _start
    deadline = time.monotonic() + patience
    left = list(containers)
    causes: dict[str, str] = {}
    while left:
        again = []
        for container in left:
            try:
                resume_one(host, container)
            except (OSError, RefusedError) as error:
                causes[container["id"]] = str(error)
                again.append(container)
        left = again
        if not left or time.monotonic() >= deadline:
            break
        time.sleep(_RETRY_PAUSE)
    return [{**container, "cause": causes[container["id"]]} for container in left]


def write_state(order: dict[str, Any], quiesced: list[dict[str, str]]) -> int:
    """Write a durable record of the containers to quiesce; return a descriptor that locks the file. Raise OSError."""
    path = order["state"]
    partial = path + ".new"
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    found = {"format": FORMAT, "host": order["host"], "mode": order["mode"], "containers": quiesced}
    os.write(descriptor, json.dumps(found).encode())
    os.fsync(descriptor)
    os.replace(partial, path)
    parent = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(parent)
    except OSError:
        pass  # the file system does not support this
    finally:
        os.close(parent)
    return descriptor


def _report(**said: Any) -> None:
    try:
        os.write(1, json.dumps(said).encode() + b"\n")
    except OSError:
        pass  # the requesting program has ended


def _request_ended(seconds: float) -> bool:
    """Wait until the request ends, or for a timeout; return whether it has ended."""
    return bool(select.select([0], [], [], max(seconds, 0.0))[0])


def guard(order: dict[str, Any]) -> None:
    """Quiesce containers until the request ends or times out, and resume them."""
    host, mode = order["host"], order["mode"]
    quiesced: list[dict[str, str]] = []
    locked = -1
    failed: dict[str, str] | None = None
    ended = "released"
    began = time.monotonic()
    try:
        quiesced = [each for each in order["containers"] if is_running(host, each)]
        if quiesced:
            locked = write_state(order, quiesced)
        deadline = time.monotonic() + order["bound"]
        began = time.monotonic()
        for each in reversed(quiesced):
            if _request_ended(0):
                break
            hold(host, mode, each)
        _report(quiesced=[each["name"] for each in quiesced])
        if not _request_ended(deadline - time.monotonic()):
            ended = "expired"
    except RefusedError as error:
        failed = {"container": error.container, "cause": str(error)}
    except OSError as error:
        failed = {"container": "-", "cause": str(error)}
    finally:
        left = resume(host, mode, quiesced)
        seconds = time.monotonic() - began
        if quiesced and not left and locked >= 0:
            try:
                os.unlink(order["state"])
            except OSError:
                pass
    _report(ended=ended, failed=failed, seconds=round(seconds, 3), left=left)


def main() -> None:
    """Read the instructions, and execute them."""
    os.umask(0o077)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 65536)
        if not piece:
            return
        line += piece
    guard(json.loads(line))


if __name__ == "__main__":
    main()
