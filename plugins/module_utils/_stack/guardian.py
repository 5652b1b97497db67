# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quiesces containers, and resumes them when nobody wants that any more.

This text is executed by itself (``python -c``), so it may import the standard library only. It gets an order by its
standard input, a pipe from the program that wants them quiesced, which the kernel closes even after a kill -9. Then,
or when the time is up, the containers go on. It alone stops and starts them, one call after the other: so there is no
call of a killed program that the engine still obeys afterwards.

It writes down what it holds before it does so, and locks that file as long as it lives: if it is killed as well, the next
run finds a file that nobody locks.
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

#: Seconds that the engine may take for an answer; to stop a container it waits for the container's own end.
_ANSWER = 60.0
_STOPPING = 600.0
#: Seconds that it may take to let a paused one go on: that is nothing but a word to the kernel.
_UNPAUSING = 5.0
#: Seconds for which an engine that does not answer is asked again to let containers go on.
_INSISTING = 120.0
_AGAIN = 0.25
#: What the engine answers where it has done as asked, where that was so already, and where the container is gone:
#: then somebody else has decided meanwhile.
_OBEYED = (204, 304, 404)
#: How often is tried to pause a container.
_ATTEMPTS = 3

_CGROUPS = "/sys/fs/cgroup"
#: name of a file there → what thaws, and what freezes
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


def ask(host: str, method: str, path: str, timeout: float = _ANSWER) -> tuple[int, Any]:
    """Return status and answer of the engine. Raise OSError, also for what is no answer at all."""
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
    """The engine did not do what it was asked to do with a container."""

    def __init__(self, container: str, cause: str) -> None:
        super().__init__(cause)
        self.container = container


def is_running(host: str, container: dict[str, str]) -> bool:
    """Return whether a container is there, and does something now. Raise OSError, RefusedError."""
    status, answer = ask(host, "GET", _path(container, "json"))
    if status == 404:
        return False
    if status != 200:
        raise RefusedError(container["name"], _refused(answer))
    state = answer["State"]
    # One that starts again and again is not still: it is stopped, and asked to start afterwards.
    return bool(state.get("Running") or state.get("Restarting")) and not state.get("Paused")


def hold(host: str, mode: str, container: dict[str, str]) -> None:
    """Pause or stop a container. Raise OSError, RefusedError."""
    for attempt in range(_ATTEMPTS):
        try:
            status, answer = ask(host, "POST", _path(container, mode), _STOPPING if mode == STOP else _ANSWER)
        except OSError as error:
            raise RefusedError(container["name"], str(error)) from error
        if status in _OBEYED:
            return
        # While new processes begin in it again and again, the kernel may give up freezing it.
        if mode == STOP or attempt == _ATTEMPTS - 1:
            raise RefusedError(container["name"], _refused(answer))
        time.sleep(_AGAIN)


def _freezers(container: dict[str, str]) -> list[str]:
    """Return the files by which the kernel freezes a container of this host. Raise OSError."""
    found: dict[str, list[str]] = {name: [] for name in _FREEZERS}
    for directory, _names, files in os.walk(_CGROUPS):
        if container["id"] in os.path.basename(directory):
            for name in _FREEZERS:
                if name in files:
                    found[name].append(os.path.join(directory, name))
    # Where there are both, cgroup 1 is the one that the engine uses for that.
    return found["freezer.state"] or found["cgroup.freeze"]


def _freeze(container: dict[str, str], wanted: bool) -> None:
    """Freeze or thaw a container by the kernel itself. Where that can't be done, nothing happens."""
    try:
        for path in _freezers(container):
            with open(path, "w", encoding="ascii") as file:
                file.write(_FREEZERS[os.path.basename(path)][wanted])
    except OSError:
        pass  # not root, or the engine is on another host


def is_frozen(container: dict[str, str]) -> bool | None:
    """Return whether the kernel has a container frozen; None if that can't be seen."""
    frozen = []
    try:
        for path in _freezers(container):
            with open(path, encoding="ascii") as file:
                frozen.append(file.read().strip() == _FREEZERS[os.path.basename(path)][True])
    except OSError:
        return None
    return any(frozen) if frozen else None


def _start(host: str, container: dict[str, str]) -> None:
    """Ask the engine to start a container. Raise OSError, RefusedError."""
    status, answer = ask(host, "POST", _path(container, "start"))
    if status not in _OBEYED:
        raise RefusedError(container["name"], _refused(answer))


def _unpause(host: str, container: dict[str, str]) -> None:
    """Ask the engine to let a paused container go on. Raise OSError, RefusedError: then ask again.

    A command that began in the container in the instant in which it was paused, such as its health check, can freeze
    half begun. The engine waits for it, and so does who wants the container to run again, forever (seen with runc 1.1.5).
    Thawed by the kernel the command begins, and the engine is free again. It still has the container for paused, though,
    and lets only what is frozen go on: so it is frozen once more, and asked again.
    """
    try:
        status, answer = ask(host, "POST", _path(container, "unpause"), _UNPAUSING)
    except socket.timeout:
        _freeze(container, False)
        raise
    if status in _OBEYED:
        return
    found, told = ask(host, "GET", _path(container, "json"))
    if found == 404 or (found == 200 and not told["State"].get("Paused")):
        return
    if found == 200 and is_frozen(container) is False:
        _freeze(container, True)
    raise RefusedError(container["name"], _refused(answer))


def resume(
    host: str, mode: str, containers: list[dict[str, str]], patience: float = _INSISTING
) -> list[dict[str, str]]:
    """Let containers go on, in their order; return those that could not, each with its ``cause``.

    :param patience: seconds for which is tried again what fails.
    """
    go_on = _unpause if mode == PAUSE else _start
    deadline = time.monotonic() + patience
    left = list(containers)
    causes: dict[str, str] = {}
    while left:
        again = []
        for container in left:
            try:
                go_on(host, container)
            except (OSError, RefusedError) as error:
                causes[container["id"]] = str(error)
                again.append(container)
        left = again
        if not left or time.monotonic() >= deadline:
            break
        time.sleep(_AGAIN)
    return [{**container, "cause": causes[container["id"]]} for container in left]


def write_state(order: dict[str, Any], quiesced: list[dict[str, str]]) -> int:
    """Write down durably what is about to be quiesced; return a descriptor that keeps the file locked. Raise OSError."""
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
        pass  # a file system that can't
    finally:
        os.close(parent)
    return descriptor


def _report(**said: Any) -> None:
    try:
        os.write(1, json.dumps(said).encode() + b"\n")
    except OSError:
        pass  # nobody listens any more


def _unwanted(seconds: float) -> bool:
    """Wait at most that long; return whether they may be resumed."""
    return bool(select.select([0], [], [], max(seconds, 0.0))[0])


def guard(order: dict[str, Any]) -> None:
    """Quiesce containers as long as that is wanted, and resume them."""
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
            if _unwanted(0):
                break
            hold(host, mode, each)
        _report(quiesced=[each["name"] for each in quiesced])
        if not _unwanted(deadline - time.monotonic()):
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
    """Read the order, and obey it until its end."""
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
