# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a verb with a state directory that others can watch, signal handling, and lines in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._errors import Notice
from .audit_trail import Trail
from .cancellation import cancellation
from .job import Job
from .run import Run

#: Options that describe what a run works on. No secrets.
_ABOUT = (
    "backup_dir",
    "backup",
    "archive",
    "dest",
    "env_file",
    "login_host",
    "login_port",
    "login_unix_socket",
    "login_db",
    "compose_project",
    "postgres_container",
)


def about(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that describe what a run works on."""
    return {name: str(params[name]) for name in _ABOUT if params.get(name) is not None}


@contextmanager
def run_job(
    verb: str, notices: list[Notice], check_mode: bool = False, params: Mapping[str, Any] | None = None
) -> Iterator[Run]:
    """Run the block as a job, and record it in the audit log.

    :param notices: receives warnings about the job itself.
    :param check_mode: keep no state and record nothing, since nothing is changed.
    :param params: the verb's options; the job records those that describe it.
    """
    if check_mode:
        yield Run()
        return
    with Job.start(verb, about=about(params or {})) as job, cancellation() as stop:
        trail = Trail.begin(verb, job.id, params or {})

        def finish(result: Mapping[str, Any]) -> None:
            trail.note(**result)
            job.finish(result)

        try:
            yield Run(job.progress, job.progress.add, stop.check, job.id, finish, trail.note)
        except BaseException as error:
            trail.end(error)
            raise
        trail.end()
        notices += [*job.notices, *trail.notices]
