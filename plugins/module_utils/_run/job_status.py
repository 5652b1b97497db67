# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job's ``status.json``: its process, progress and result."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .._store import fields, files
from .._store.process import ProcessId
from .progress import Position

FORMAT = 1
STATUS_FILE = "status.json"

RUNNING, FINISHED, FAILED, CANCELLED = "running", "finished", "failed", "cancelled"
#: The state of a running job whose process has ended.
DIED = "died"


@dataclass(frozen=True)
class JobStatus:
    """The status of a job. Times are texts in the format of :mod:`.._store.times`.

    :param id: the job's id; ids sort by time.
    :param verb: name of the verb, such as ``backup``.
    :param state: ``running``, ``finished``, ``failed`` or ``cancelled``, as the job itself has recorded it.
    :param process: its process.
    :param started: time of the start.
    :param updated: time of the last progress.
    :param heartbeat: time of the last heartbeat.
    :param position: its progress.
    :param finished: time of the end; None while it is running.
    :param result: its result; None unless it has finished.
    :param error: ``code``, ``message`` and ``facts``; None unless it failed or was cancelled.
    :param about: the options that describe what it works on, such as ``backup_dir``; never secrets.
    """

    id: str
    verb: str
    state: str
    process: ProcessId
    started: str
    updated: str
    heartbeat: str
    position: Position
    finished: str | None = None
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The actual state: ``died`` instead of ``running`` if the process has ended."""
        return DIED if self.state == RUNNING and not is_alive(self) else self.state


def is_alive(status: JobStatus) -> bool:
    """Return whether the job's process is running. On another machine, it counts as running until it has recorded its end."""
    return status.state == RUNNING and status.process.is_alive() is not False


def request_cancel(status: JobStatus) -> bool:
    """Request a job on this machine to stop and clean up; return False if it is not running.

    Raise PermissionError if it belongs to another user.
    """
    if status.state != RUNNING or not status.process.is_alive():
        return False
    try:
        os.kill(status.process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False
    return True


def to_json(status: JobStatus) -> dict[str, Any]:
    """Return a status as the content of its file."""
    data = asdict(status)
    process, position = data.pop("process"), data.pop("position")
    return {"format": FORMAT, **data, **process, **position}


def from_json(data: dict[str, Any]) -> JobStatus:
    """Return the status in a parsed file.

    Raise ValueError if the data is not in the format of :func:`to_json`.
    """
    if fields.field(data, "format", int) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    counters = ("bytes_done", "bytes_expected", "rows_done", "rows_expected")
    return JobStatus(
        id=fields.field(data, "id", str),
        verb=fields.field(data, "verb", str),
        state=fields.field(data, "state", str),
        process=ProcessId(
            fields.field(data, "pid", int),
            fields.field(data, "boot_id", str),
            fields.field(data, "host", str),
            fields.count(data, "start_ticks"),
        ),
        started=fields.moment(data, "started"),
        updated=fields.moment(data, "updated"),
        heartbeat=fields.moment(data, "heartbeat"),
        position=Position(fields.field(data, "phase", str), *(fields.count(data, name) for name in counters)),
        finished=None if data.get("finished") is None else fields.moment(data, "finished"),
        result=fields.optional(data, "result", dict),
        error=fields.optional(data, "error", dict),
        about={str(name): str(value) for name, value in (fields.optional(data, "about", dict) or {}).items()},
    )


def read_status(directory: Path) -> JobStatus | None:
    """Return the status of the job in a directory, or None if it is missing or unreadable."""
    try:
        return from_json(fields.parse(files.read_small(directory / STATUS_FILE)))
    except (OSError, ValueError):
        return None


def write_status(directory: Path, status: JobStatus) -> None:
    """Replace a job's status atomically. Only one thread may do so at a time. Raise OSError."""
    new = directory / (STATUS_FILE + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        # Without fsync, since after a crash of the machine no job is running, and the status is not needed.
        files.write_all(descriptor, fields.serialize(to_json(status)))
    finally:
        os.close(descriptor)
    os.replace(new, directory / STATUS_FILE)
