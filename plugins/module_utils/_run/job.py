# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of a verb, with a state directory that other processes can watch.

Errors with the state never stop the run, since its work is more important.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from .._errors import CancelledError, Notice, SidekickError
from .._store import times
from .._store.process import ProcessId
from .._store.state_dir import state_dir
from . import job_status
from .job_status import JobStatus, is_alive, read_status
from .progress import Progress

#: Number of job directories to keep.
KEPT = 50
#: Minimum seconds between two writes, and maximum seconds between two heartbeats.
_THROTTLE = 0.25
_HEARTBEAT = 5.0

_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[a-z_]+-[0-9a-f]{8}")


def default_state_dir(environment: Mapping[str, str], user_id: int) -> Path:
    """Return the directory of jobs."""
    return state_dir("jobs", environment, user_id)


def new_job_id(verb: str) -> str:
    """Return an id for a job that starts now. Ids sort by the second of their creation."""
    stamp = times.to_stamp(times.utc_now())
    return f"{stamp}-{re.sub('[^a-z]', '_', verb.lower()) or 'run'}-{secrets.token_hex(4)}"


def list_jobs(state_dir: Path) -> list[JobStatus]:
    """Return the jobs in a directory, the newest first. Unreadable ones are skipped."""
    found = (read_status(state_dir / name) for name in _job_ids(state_dir))
    return [item for item in found if item]


def _job_ids(state_dir: Path) -> list[str]:
    try:
        return sorted((name for name in os.listdir(state_dir) if _ID.fullmatch(name)), reverse=True)
    except OSError:
        return []


def prune_jobs(state_dir: Path, keep: int = KEPT) -> None:
    """Remove the directories of jobs, except the newest ones and running ones."""
    for name in _job_ids(state_dir)[keep:]:
        found = read_status(state_dir / name)
        if not (found and is_alive(found)):
            shutil.rmtree(state_dir / name, ignore_errors=True)


class Job:
    """A run that can be watched. A context manager, created by :meth:`start`.

    Leaving ``with`` without :meth:`finish` records the exception, or else an empty result.

    :ivar id: the job's id.
    :ivar directory: its state directory; None if it has none.
    :ivar progress: receives the engine's progress.
    """

    def __init__(
        self,
        id: str,
        verb: str,
        directory: Path | None,
        notices: tuple[Notice, ...],
        about: Mapping[str, str],
    ) -> None:
        now = times.to_text(times.utc_now())
        self.id = id
        self.directory = directory
        self._notices = notices
        self._temporary = bool(notices)
        self._changed = threading.Event()
        self._ended = threading.Event()
        self.progress = Progress(self._changed.set)
        self._status = JobStatus(
            id,
            verb,
            job_status.RUNNING,
            ProcessId.current(),
            now,
            now,
            now,
            self.progress.position,
            about=about,
        )
        self._write()
        self._writer = threading.Thread(target=self._watch, name="job status", daemon=True)
        self._writer.start()

    @classmethod
    def start(
        cls,
        verb: str,
        state_dir: Path | None = None,
        *,
        job_id: str | None = None,
        about: Mapping[str, str] | None = None,
    ) -> Job:
        """Begin a job.

        :param verb: name of the verb, such as ``backup``.
        :param state_dir: directory of jobs; :func:`default_state_dir` if None.
        :param job_id: an id from :func:`new_job_id`, if it was already passed to others; None for a new one.
        :param about: the options that describe what it works on; never secrets.
        """
        parent = state_dir or default_state_dir(os.environ, os.geteuid())
        id = job_id or new_job_id(verb)
        if not _ID.fullmatch(id):
            raise ValueError(f"{id} is no id for a job")
        try:
            os.makedirs(parent, mode=0o700, exist_ok=True)
            os.mkdir(parent / id, mode=0o700)
        except OSError as error:
            notice = Notice("job_state_unavailable", path=parent, cause=error.strerror or error)
            return cls(id, verb, _temporary_directory(), (notice,), about or {})
        prune_jobs(parent)
        return cls(id, verb, parent / id, (), about or {})

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Warnings about the job's state."""
        return self._notices

    @property
    def status(self) -> JobStatus:
        """The job's current status."""
        return replace(self._status, position=self.progress.position)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Record that the run succeeded.

        :param result: the result. Values that JSON does not support become strings.
        """
        plain = json.loads(json.dumps(result, default=str))
        self._end(replace(self._status, state=job_status.FINISHED, result=plain))

    def fail(self, error: BaseException) -> None:
        """Record that the run failed, or was cancelled."""
        state = job_status.CANCELLED if isinstance(error, CancelledError) else job_status.FAILED
        self._end(replace(self._status, state=state, error=_describe(error)))

    def _end(self, last: JobStatus) -> None:
        if self._ended.is_set():
            return
        self._ended.set()
        self._changed.set()
        self._writer.join()
        self._status = replace(last, finished=times.to_text(times.utc_now()))
        self._write()
        if self._temporary and self.directory:
            # Nothing else would remove it, since no other process knows the directory.
            shutil.rmtree(self.directory, ignore_errors=True)

    def _watch(self) -> None:
        """Write the status when it has changed, with a minimum interval, and heartbeats otherwise."""
        while not self._ended.is_set():
            self._changed.wait(_HEARTBEAT)
            self._changed.clear()
            if not self._ended.is_set():
                self._write()
            self._ended.wait(_THROTTLE)

    def _write(self) -> None:
        if self.directory is None:
            return
        now = times.to_text(times.utc_now())
        position = self.progress.position
        updated = now if position != self._status.position else self._status.updated
        self._status = replace(self._status, position=position, updated=updated, heartbeat=now)
        try:
            job_status.write_status(self.directory, self._status)
        except OSError as error:
            if not self._notices:
                path, cause = self.directory, error.strerror or error
                self._notices = (Notice("job_state_unavailable", path=path, cause=cause),)

    def __enter__(self) -> Job:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.finish({})
        else:
            self.fail(error)


def _temporary_directory() -> Path | None:
    try:
        return Path(tempfile.mkdtemp(prefix="ticketz-sidekick-"))
    except OSError:
        return None


def _describe(error: BaseException) -> dict[str, Any]:
    if isinstance(error, SidekickError):
        facts = {name: str(value) for name, value in error.facts.items()}
        return {"code": error.code, "message": str(error), "facts": facts}
    # Without its text, which is not intended for users and might contain a secret.
    return {"code": "internal", "message": type(error).__name__, "facts": {}}
