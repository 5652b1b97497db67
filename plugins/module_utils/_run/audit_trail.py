# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes a run's lines in the audit log: one when it begins, and one with its result when it ends.

Errors with the log never stop the run: in an emergency the store may be read-only or missing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._errors import CancelledError, Notice, SidekickError
from .._store import audit, times
from .._store.known_stores import absence
from .._store.naming import INCOMING, RECORD_FILE
from .._store.state_dir import state_dir
from .._version import PRODUCER
from .caller import caller

BEGIN, END = "begin", "end"
DONE, UNCHANGED, FAILED, CANCELLED = "done", "unchanged", "failed", "cancelled"

#: Verbs that write to the backup directory themselves.
_WRITERS = ("backup", "prune")
#: Options that describe the request. No secrets, and no values of rows.
_ASKED = (
    "backup",
    "backup_dir",
    "archive",
    "public_archive",
    "dest",
    "format",
    "level",
    "components",
    "tables",
    "strategy",
    "if_not_empty",
    "login_host",
    "login_unix_socket",
    "login_db",
    "compose_project",
    "offsite_direction",
    "offsite_host",
    "label",
    "pin",
    "unpin",
    "accept_changes",
)
#: Maximum number of names of one kind in a line.
_MAX_NAMES = 2000


class Trail:
    """The lines of one run in the audit log. Created by :meth:`begin`.

    :param notices: receives warnings about the log.
    """

    def __init__(self, directory: Path, common: Mapping[str, Any]) -> None:
        self.notices: list[Notice] = []
        self._directory = directory
        self._common = common
        self._noted: dict[str, Any] = {}

    @classmethod
    def begin(cls, verb: str, job_id: str, params: Mapping[str, Any], log: Path | None = None) -> Trail:
        """Write the first line of a run.

        :param params: the verb's options.
        :param log: directory of the log; None to derive it from the options.
        """
        requested_by = {"requested_by": params["requested_by"]} if params.get("requested_by") else {}
        common = {"verb": verb, "job": job_id, **caller(os.environ), **requested_by, "asked": asked(params)}
        trail = cls(log or place(verb, params), common)
        trail._write({"event": BEGIN})
        return trail

    def note(self, **facts: Any) -> None:
        """Store a value for the last line, even if the run fails later."""
        self._noted.update(facts)

    def end(self, error: BaseException | None = None) -> None:
        """Write the last line of the run.

        :param error: the exception that ended it; None if it succeeded.
        """
        outcome = {"outcome": self._noted} if self._noted else {}
        self._write({"event": END, **_result(error, self._noted), **outcome})

    def _write(self, facts: Mapping[str, Any]) -> None:
        line = {"when": times.to_text(times.utc_now()), **self._common, **facts, "producer": PRODUCER}
        try:
            audit.append(self._directory, line)
        except (OSError, SidekickError) as error:
            self._write_elsewhere(line, error)

    def _write_elsewhere(self, line: Mapping[str, Any], error: OSError | SidekickError) -> None:
        cause = error if isinstance(error, SidekickError) else error.strerror or error
        wanted, self._directory = self._directory, host_log()
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            audit.append(self._directory, line)
        except (OSError, SidekickError):
            notice = Notice("audit_unwritable", path=wanted / audit.LOG_FILE, cause=cause)
        else:
            notice = Notice(
                "audit_elsewhere",
                path=wanted / audit.LOG_FILE,
                cause=cause,
                elsewhere=self._directory / audit.LOG_FILE,
            )
            if wanted == self._directory or not os.path.isdir(wanted):
                # Such runs belong in the host's own log; another check reports the missing directory.
                return
        # Warn only once: the last line would fail in the same way as the first.
        self.notices = self.notices or [notice]


def host_log() -> Path:
    """Return the directory of this host's own log, for runs without a backup directory."""
    return state_dir("audit")


def place(verb: str, params: Mapping[str, Any]) -> Path:
    """Return the directory with the log for a run.

    That is the directory of backups that the options name, if it is one. A directory of copies has a copy of
    its origin's log, which must not be changed.
    """
    named, backup = params.get("backup_dir"), str(params.get("backup") or "")
    directory = Path(named) if named else Path(backup).parent if os.sep in backup else None
    if directory and os.path.isdir(directory / INCOMING):
        return host_log()
    if directory and os.path.isfile(directory / RECORD_FILE):
        return directory
    # Nothing is written below a mount point whose disk is not mounted.
    writes = directory and named and verb in _WRITERS and not absence(directory.resolve())
    return directory if directory and writes else host_log()


def asked(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's request without secrets, and with only few details about rows and files."""
    found = {name: params[name] for name in _ASKED if params.get(name)}
    if params.get("directories"):
        found["directories"] = sorted(params["directories"])
    if params.get("rows"):
        # Values may be telephone numbers, so only the columns are recorded.
        found["rows"] = {str(table): sorted(map(str, columns)) for table, columns in params["rows"].items()}
    if params.get("paths"):
        found["paths"] = len(params["paths"])
    if params.get("state") == "undone":
        found["state"] = "undone"
    return {name: value[:_MAX_NAMES] if isinstance(value, list) else value for name, value in found.items()}


def _result(error: BaseException | None, noted: Mapping[str, Any]) -> dict[str, Any]:
    if error is None:
        return {"result": UNCHANGED if noted.get("changed") is False else DONE}
    if isinstance(error, SidekickError):
        return {"result": CANCELLED if isinstance(error, CancelledError) else FAILED, "code": error.code}
    return {"result": FAILED, "code": "internal_error"}
