# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock for one writer at a time, with its name for those who wait.

It is an ``flock``, which the kernel releases when its process ends in any way, so a dead process never blocks
others. The file's content only tells others for whom they wait. The file is never deleted: otherwise two
processes could have locked two files of the same name.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from .._errors import StoreError
from .._os_errors import NO_SPACE, write_error
from . import fields, files, times
from .process import ProcessId
from .units import human_duration

#: Seconds between two attempts.
_POLL = 0.1
#: Maximum bytes of a lock file's content.
_HOLDER_LIMIT = 16 * 1024


@dataclass(frozen=True)
class Holder:
    """The owner of a lock.

    :param process: the process.
    :param verb: its verb, such as ``backup``.
    :param started: time at which it got the lock.
    :param job_id: its job; an empty string if it has none.
    """

    process: ProcessId
    verb: str
    started: str
    job_id: str

    def is_alive(self) -> bool | None:
        """Return whether it is still running; None if it is on another machine."""
        return self.process.is_alive()

    def __str__(self) -> str:
        job = f", job {self.job_id}" if self.job_id else ""
        return f"{self.verb} (process {self.process.pid} on {self.process.host}, since {self.started}{job})"


def _parse(data: bytes) -> Holder | None:
    try:
        found = fields.parse(data)
        process = ProcessId(
            fields.field(found, "pid", int),
            fields.field(found, "boot_id", str),
            fields.field(found, "host", str),
            fields.count(found, "start_ticks"),
        )
        return Holder(
            process,
            fields.field(found, "verb", str),
            fields.moment(found, "started"),
            fields.field(found, "job_id", str),
        )
    except ValueError:
        return None


def read_holder(path: Path) -> Holder | None:
    """Return the owner of a lock file's lock, or None if there is none or it is unknown.

    It only reads the file: to ask the kernel, it would have to take the lock for an instant, and a run that
    starts in that instant would be refused.
    """
    try:
        holder = _parse(files.read_small(path, _HOLDER_LIMIT))
    except (OSError, ValueError):
        return None
    return holder if holder and holder.is_alive() is not False else None


class Lock:
    """A lock on a file. Once acquired, it is a context manager.

    :param path: the lock file; it is created if it is missing, in a directory that exists.
    :param verb: the owner's verb, for those who wait.
    :param job_id: the owner's job, for those who wait.
    """

    def __init__(self, path: Path, *, verb: str, job_id: str = "") -> None:
        self.path = path
        self._verb = verb
        self._job_id = job_id
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object has the lock."""
        return self._descriptor is not None

    @property
    def descriptor(self) -> int:
        """The descriptor, for a child process that keeps the lock as long as it lives, even if this process ends."""
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is not held by this object")
        return self._descriptor

    def acquire(self, timeout_seconds: float = 0, *, check: Callable[[], None] | None = None) -> Lock:
        """Acquire the lock, waiting if necessary, and return the lock itself.

        :param timeout_seconds: how long to wait; 0 tries once.
        :param check: called while waiting; whatever it raises ends the wait.
        :raises StoreError: ``lock_held`` (by whom), ``lock_unusable``.
        """
        if self.held:
            raise RuntimeError(f"{self.path} is already held by this object")
        deadline = time.monotonic() + timeout_seconds
        while True:
            descriptor = self._attempt()
            if descriptor is not None:
                self._descriptor = descriptor
                self._sign(descriptor)
                return self
            if check:
                check()
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            time.sleep(min(_POLL, remaining))
        holder = read_holder(self.path)
        raise StoreError(
            "lock_held",
            path=self.path,
            holder=str(holder) if holder else "another process",
            waited=human_duration(timeout_seconds),
        )

    def _open(self) -> int:
        try:
            # Links and pipes in its place are refused, so that opening can't be redirected or hang.
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            if error.errno in NO_SPACE:
                raise write_error(self.path, error) from error
            raise StoreError("lock_unusable", path=self.path, cause=error.strerror or error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise StoreError("lock_unusable", path=self.path, cause="it is not a regular file")
        return descriptor

    def _attempt(self) -> int | None:
        """Return a descriptor with the lock, or None if another process has it."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return None
            raise StoreError("lock_unusable", path=self.path, cause=error.strerror or error) from error
        if self._is_current(descriptor):
            return descriptor
        # Somebody deleted the file by hand: the next process would lock a new one, so this run must, too.
        os.close(descriptor)
        return None

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self.path))
        except OSError:
            return False

    def _sign(self, descriptor: int) -> None:
        process = ProcessId.current()
        text = fields.serialize(
            {
                **asdict(process),
                "verb": self._verb,
                "started": times.to_text(times.utc_now()),
                "job_id": self._job_id,
            }
        )
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, text, 0)
        except OSError:
            # A full disk: the lock is valid, only without the owner's name.
            pass

    def release(self) -> None:
        """Release the lock, if this object has it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            os.ftruncate(descriptor, 0)
        except OSError:
            pass
        finally:
            # Closing is not enough: a child process being started may have a copy for an instant.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def __enter__(self) -> Lock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
