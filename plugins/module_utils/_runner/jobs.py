# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Showing jobs: running ones with their progress, and the results of others."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._errors import listed
from .._run import job_status
from .._run.job import list_jobs
from .._run.job_status import JobStatus
from .._store import times
from .._store.units import human_duration, human_size
from .options import UsageError
from .phrases import number, say

_INDENT = "  "
_PLAN_STATES = {job_status.RUNNING, job_status.FINISHED, job_status.FAILED, job_status.DIED}
#: Seconds between two looks at a job.
_POLL = 0.5


def describe(job: JobStatus) -> dict[str, Any]:
    """Return a job for programs: what its file holds, and how it stands now."""
    return {**job_status.to_json(job), "outcome": job.outcome}


def find(state_dir: Path, job_id: str | None) -> JobStatus:
    """Return the job with an id, or the newest one.

    Raise UsageError: ``job_unknown``.
    """
    jobs = list_jobs(state_dir)
    if not jobs:
        raise UsageError("job_unknown", job=job_id or "latest", path=state_dir, known="-")
    if job_id is None:
        return jobs[0]
    for job in jobs:
        if job.id == job_id:
            return job
    raise UsageError("job_unknown", job=job_id, path=state_dir, known=listed(job.id for job in jobs))


def wait(state_dir: Path, job_id: str | None, seconds: float, check: Callable[[], None]) -> JobStatus:
    """Return a job once it no longer runs, or as it is when the time is up.

    :param job_id: None for the newest.
    :param check: called while waiting; whatever it raises ends the wait, and not the job.

    Raise UsageError: ``job_unknown``.
    """
    deadline = time.monotonic() + seconds
    job = find(state_dir, job_id)
    while job.outcome == job_status.RUNNING:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(_POLL, left))
        check()
        job = find(state_dir, job.id)
    return job


def _age(moment: str) -> str:
    return human_duration((times.utc_now() - times.from_text(moment)).total_seconds())


def lines(jobs: Sequence[JobStatus], language: str) -> list[str]:
    """Return a list of jobs, one a line."""
    return [
        say(
            "job",
            language,
            id=job.id,
            outcome=say(job.outcome, language),
            age=_age(job.started),
            where=job.position.phase
            if job.state == job_status.RUNNING
            else (job.error or {}).get("code", ""),
        ).rstrip()
        for job in jobs
    ]


def plan_lines(runs: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Return how plans ended, one a line."""
    return [
        say(
            "plan",
            language,
            name=run.get("name", "?"),
            outcome=say(str(run.get("state")), language) if run.get("state") in _PLAN_STATES else "?",
            when=run.get("finished") or run.get("started", "?"),
            success=run.get("last_success") or "-",
            error=(run.get("error") or {}).get("message", ""),
        ).rstrip()
        for run in runs
    ]


def details(job: JobStatus, language: str) -> list[str]:
    """Return all that is known of one job."""
    if job.finished:
        moments = say("job_ended", language, started=job.started, finished=job.finished)
    else:
        moments = say("job_times", language, started=job.started, elapsed=_age(job.started))
    found = [moments, say("job_process", language, pid=job.process.pid, host=job.process.host)]
    found += [say("job_about", language, option=name, value=value) for name, value in job.about.items()]
    if job.position.phase:
        found.append(say("job_phase", language, phase=job.position.phase))
    found += _progress(job, language)
    if job.error:
        found.append(say("error", language, text=job.error.get("message", "")))
    head = say("job_state", language, id=job.id, outcome=say(job.outcome, language))
    return [head, *(_INDENT + line for line in found)]


def _progress(job: JobStatus, language: str) -> list[str]:
    position = job.position
    found = []
    # What is expected is said of a phase, and what is done of the whole run: shown only where they fit.
    if position.bytes_done:
        facts = {"done": human_size(position.bytes_done), "expected": human_size(position.bytes_expected)}
        found.append(
            say(
                "job_bytes" if position.bytes_expected >= position.bytes_done else "job_bytes_done",
                language,
                **facts,
            )
        )
    if position.rows_done:
        counts = {
            "done": number(position.rows_done, language),
            "expected": number(position.rows_expected, language),
        }
        found.append(
            say(
                "job_rows" if position.rows_expected >= position.rows_done else "job_rows_done",
                language,
                **counts,
            )
        )
    return found
