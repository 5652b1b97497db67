# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quiesces an application, whose containers are resumed even if this process is killed.

A separate process, :mod:`.guardian`, stops and starts them. It resumes them when the pipe from this process is closed.
"""

from __future__ import annotations

import fcntl
import inspect
import json
import os
import secrets
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from .._errors import HostError, Notice, listed
from .._store import fields
from .._store.files import read_small
from .._store.lock import Lock
from .._store.state_dir import state_dir
from . import guardian
from .container import Container
from .guardian import PAUSE, STOP

NONE = "none"
_SUFFIX = ".json"
_LOCK = "lock"
#: Seconds to wait for another run that has quiesced containers.
_LOCK_TIMEOUT = 120.0
_POLL = 0.2
#: Seconds for which resuming the containers of a killed run is retried.
_RECOVERY_TIMEOUT = 45.0


def state() -> Path:
    """Return the directory in which this host records quiesced containers."""
    return state_dir("quiesced")


@dataclass(frozen=True)
class Application:
    """Containers that can be quiesced, and are resumed in this order.

    :param docker_host: address of their engine.
    :param containers: id → name. Containers that are not running at the start are not changed.
    :param state: the directory for records of quiesced containers.
    """

    docker_host: str
    containers: dict[str, str]
    state: Path = field(default_factory=state)

    @classmethod
    def of(cls, docker_host: str, containers: Sequence[Container]) -> Application:
        """Return the application consisting of these containers."""
        return cls(docker_host, {each.id: each.name for each in containers})

    @property
    def names(self) -> list[str]:
        """The names of its containers."""
        return list(self.containers.values())

    def running(self) -> list[str]:
        """Return the names of the running containers, which can be quiesced. Raise HostError (``quiesce_failed``)."""
        try:
            return [each["name"] for each in self.members() if guardian.is_running(self.docker_host, each)]
        except guardian.RefusedError as error:
            raise _failed(error.container, error) from error
        except OSError as error:
            raise _failed("-", error) from error

    def members(self) -> list[dict[str, str]]:
        """Return the containers in the guardian's format."""
        return [{"id": id, "name": name} for id, name in self.containers.items()]


class Quiesce:
    """Quiesced containers. A context manager: they are resumed at its end, or before by :meth:`end`.

    :param mode: ``pause`` (freeze the processes, and thaw them later) or ``stop`` (stop the containers, and start them
        again).
    :param bound: seconds after which the containers are resumed in any case.
    :param check: called while waiting; raises if a stop was requested.
    :param job_id: id of the run's job, for messages of runs that wait for it.
    """

    def __init__(
        self,
        application: Application,
        mode: str,
        bound: float,
        check: Callable[[], None] = lambda: None,
        job_id: str = "",
    ) -> None:
        self._application = application
        self._mode = mode
        self._bound = bound
        self._check = check
        self._process: subprocess.Popen[bytes] | None = None
        self._state = application.state / f"{secrets.token_hex(8)}{_SUFFIX}"
        # Without this lock, containers that another run has paused would seem to have been paused by the user.
        self._lock = Lock(application.state / _LOCK, verb=f"quiesce: {mode}", job_id=job_id)
        self._buffer = b""
        #: names of the containers that are, or were, quiesced
        self.containers: list[str] = []
        #: seconds for which they were quiesced
        self.seconds = 0.0
        #: whether they were resumed early because of the timeout
        self.expired = False

    def begin(self) -> None:
        """Quiesce the containers that are running now.

        Raise HostError (``quiesce_failed``) or StoreError (``lock_held``). Then all of them have been resumed.
        """
        try:
            os.makedirs(self._application.state, mode=0o700, exist_ok=True)
        except OSError as error:
            raise _failed("-", error) from error
        self._lock.acquire(_LOCK_TIMEOUT, check=self._check)
        try:
            self._start_guardian()
        except BaseException:
            self.end()
            raise

    def _start_guardian(self) -> None:
        self._process = subprocess.Popen(  # pylint: disable=ansible-bad-function  # it must run concurrently
            [sys.executable, "-I", "-S", "-c", inspect.getsource(guardian)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
            cwd="/",
            pass_fds=(self._lock.descriptor,),
            start_new_session=True,
        )
        order = {
            "host": self._application.docker_host,
            "mode": self._mode,
            "containers": self._application.members(),
            "bound": self._bound,
            "state": str(self._state),
        }
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the guardian has no pipe")
        try:
            pipe.write(json.dumps(order).encode() + b"\n")
            pipe.flush()
        except OSError as error:
            raise _failed("-", error) from error
        said = self._line(self._process, self._check)
        if "quiesced" not in said:
            failed = said.get("failed") or {"container": "-", "cause": "its guardian ended"}
            raise _failed(failed["container"], failed["cause"])
        self.containers = said["quiesced"]

    def end(self) -> None:
        """Resume the containers, and wait until they run. Raise HostError (``quiesce_stuck``)."""
        try:
            process, self._process = self._process, None
            if process is not None:
                self._end_guardian(process)
        finally:
            self._lock.release()

    def _end_guardian(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(OSError):
            if process.stdin:
                process.stdin.close()
        said = self._line(process)
        while said and "ended" not in said:
            said = self._line(process)
        if process.stdout:
            process.stdout.close()
        process.wait()
        if "ended" not in said:
            # The guardian was killed. Its file contains the containers that it had quiesced.
            left = _resume_recorded(self._state)
        else:
            self.seconds = said["seconds"]
            self.expired = said["ended"] == "expired"
            left = said["left"]
        if left:
            raise _stuck(self._mode, left)

    def _line(
        self, process: subprocess.Popen[bytes], check: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """Return the guardian's next message, or an empty dictionary if it has ended."""
        if process.stdout is None:
            return {}
        while b"\n" not in self._buffer:
            if not select.select([process.stdout], [], [], _POLL)[0]:
                check()
                continue
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return {}
            self._buffer += piece
        line, _newline, self._buffer = self._buffer.partition(b"\n")
        return dict(json.loads(line))

    def __enter__(self) -> Quiesce:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def _failed(container: str, cause: object) -> HostError:
    return HostError("quiesce_failed", container=container, cause=getattr(cause, "strerror", None) or cause)


def command(mode: str, names: Sequence[str]) -> str:
    """Return the command with which the user can resume containers."""
    return f"docker {'unpause' if mode == PAUSE else 'start'} {' '.join(names)}"


def _stuck(mode: str, left: Sequence[dict[str, str]]) -> HostError:
    names = [each["name"] for each in left]
    return HostError(
        "quiesce_stuck", containers=listed(names), cause=left[0]["cause"], command=command(mode, names)
    )


def resume_orphaned_containers(directory: Path | None = None) -> list[Notice]:
    """Resume containers that are still quiesced because a run and its guardian were killed.

    :param directory: the directory for records of quiesced containers; None for the default.
    :returns: a notice for each such run.

    Raise HostError (``quiesce_stuck``).
    """
    place = directory or state()
    try:
        names = sorted(name for name in os.listdir(place) if name.endswith(_SUFFIX))
    except OSError:
        return []
    notices = []
    for name in names:
        found = _read_record(place / name)
        if found is None:
            continue
        left = _resume_recorded(place / name)
        if left:
            raise _stuck(found["mode"], left)
        notices.append(
            Notice("quiesce_recovered", containers=listed(each["name"] for each in found["containers"]))
        )
    return notices


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return the recorded containers, or None if the guardian is alive or the file can't be read."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = fields.parse(read_small(path))
        listed = [{"id": str(each["id"]), "name": str(each["name"])} for each in found["containers"]]
        host, mode = fields.field(found, "host", str), fields.field(found, "mode", str)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    finally:
        os.close(descriptor)
    return {"host": host, "mode": mode, "containers": listed} if mode in (PAUSE, STOP) else None


def _resume_recorded(path: Path) -> list[dict[str, str]]:
    """Resume the recorded containers; return those that could not be resumed. Without a file, nothing was quiesced."""
    found = _read_record(path)
    if found is None:
        return []
    left = guardian.resume(found["host"], found["mode"], found["containers"], patience=_RECOVERY_TIMEOUT)
    if not left:
        path.unlink(missing_ok=True)
    return left
