# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a plan unattended: logs it, locks out other jobs, records the result, and sends notifications."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from .._errors import SidekickError
from .._outcome import Outcome
from .._reader import Reader
from .._run.cancellation import Cancellation, cancellation
from .._run.run_status import FAILED, FINISHED, RUNNING, read_run
from .._store import fields, files, times
from .._store.lock import Lock
from .._store.process import ProcessId
from . import verdict
from .exporter import write_textfile
from .monitoring import read_settings
from .notify import Notifier
from .phrases import say
from .plan import Plan, Step
from .report import report
from .run_log import ERROR, INFO, WARNING, RunLog, shown_by
from .verdict import INCOMPLETE, OK, attempt, status_of, status_of_error

FORMAT = 1
#: Values of a run for programs.
_TOLD = ("name", "started", "finished", "exit_status", "steps", "error", "last_success")


@dataclass
class _Run:
    """A run of a plan, as recorded in its status file."""

    name: str
    started: str
    last_success: str | None
    state: str = RUNNING
    finished: str | None = None
    exit_status: int | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, str] | None = None
    notified: dict[str, bool | str] = field(default_factory=dict)
    #: backup directories of its steps
    backup_dirs: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        return {"format": FORMAT, **asdict(self), **asdict(ProcessId.current())}


def run_plan(plan: Plan, *, check: bool, environment: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Run the steps of a plan; return the exit status.

    :param check: only report what would be done, without waiting, locks, files and notifications.
    :param environment: the process's, which shows whether ``out`` is read by anybody.
    """
    stream = out if check else shown_by(environment, out)
    log = RunLog(plan.name, None if check else plan.log_file, stream)
    if check:
        run = _Run(plan.name, _now(), None)
        result = attempt(lambda: _steps(plan, run, log, check=True))
        return _failed(run, log, result, plan.language) if isinstance(result, SidekickError) else result
    with cancellation() as stop:
        run, notifier = _guarded(plan, log, stop)
    status = OK if run.exit_status is None else run.exit_status
    told = any(notifier.sent.get(channel) is True for channel in ("mail", "webhook", "ping"))
    if status not in (OK, INCOMPLETE) and stream is None and not told:
        # The caller gets it; cron mails it.
        err.write(say("error", plan.language, text=(run.error or {}).get("message", "")) + "\n")
    return status


def _now() -> str:
    return times.to_text(times.utc_now())


def _guarded(plan: Plan, log: RunLog, stop: Cancellation) -> tuple[_Run, Notifier]:
    notifier = Notifier(plan, lambda text: log(WARNING, text))
    run = _Run(plan.name, _now(), None)
    lock: Lock | None = None

    def work() -> int:
        nonlocal lock, run
        if plan.delay:
            log(INFO, say("run_waits", plan.language, seconds=plan.delay))
            stop.event.wait(plan.delay)
            stop.check()
        if plan.lock_file:
            lock = Lock(plan.lock_file, verb=f"run {plan.name}")
            lock.acquire(plan.lock_timeout, check=stop.check)
        # Only the run with the lock may write the status, which belongs to another run until then.
        run = _begin(plan, log)
        notifier.start()
        return _steps(plan, run, log, check=False, stop=stop)

    result = attempt(work)
    run.exit_status = (
        _failed(run, log, result, plan.language) if isinstance(result, SidekickError) else result
    )
    _finish(plan, run, log, notifier, lock)
    return run, notifier


def _begin(plan: Plan, log: RunLog) -> _Run:
    former = read_run(plan.status_file)
    if former.get("state") == RUNNING:
        log(WARNING, say("run_cut_off", plan.language, started=former.get("started", "?")))
    run = _Run(plan.name, _now(), former.get("last_success"), backup_dirs=_stores(plan))
    log(INFO, say("run_begins", plan.language, name=plan.name, steps=", ".join(_names(plan))))
    _write(plan.status_file, run, log, plan.language)
    return run


def _stores(plan: Plan) -> list[str]:
    found = {str(step.params["backup_dir"]) for step in plan.steps if step.params.get("backup_dir")}
    return sorted(found)


def _names(plan: Plan) -> list[str]:
    return [step.verb.name for step in plan.steps]


def _write(path: Path | None, run: _Run, log: RunLog, language: str) -> None:
    if path is None:
        return
    try:
        files.write_atomically(path, fields.serialize(run.describe()))
    except SidekickError as error:
        log(WARNING, error.text(language))


def _steps(plan: Plan, run: _Run, log: RunLog, *, check: bool, stop: Cancellation | None = None) -> int:
    status = OK
    for number, step in enumerate(plan.steps):
        if stop:
            stop.check()
        began = _now()
        reader = Reader.of_file(step.params.get("language") or "en", step.params.get("option_prefix"))
        result = attempt(partial(step.verb.run, {**step.params, "language": reader}, check))
        told: dict[str, Any] = {"verb": step.verb.name, "started": began, "finished": _now()}
        if isinstance(result, SidekickError):
            run.steps.append({**told, "error": result.code})
            return _failed(run, log, result, plan.language)
        run.steps.append({**told, **_describe(step, result, log, check=check, language=plan.language)})
        status = max(status, status_of(result))
        if not check:
            _write(plan.status_file, run, log, plan.language)
        elif step.verb.name == "backup" and result.changed and number + 1 < len(plan.steps):
            # They need a backup that does not exist yet.
            verbs = ", ".join(_names(plan)[number + 1 :])
            log(INFO, say("run_would_follow", plan.language, verbs=verbs))
            break
    return status


def _describe(step: Step, result: Outcome, log: RunLog, *, check: bool, language: str) -> dict[str, Any]:
    for line in report(step.verb.name, result, check=check, language=language):
        log(INFO, line)
    # The report already contains them.
    log.concerns += [item["message"] for item in result.results.get("problems") or []]
    for notice in result.notices:
        log(WARNING, notice.text(language))
    backup = result.results.get("backup") or {}
    return {
        "changed": result.changed,
        "exit_status": status_of(result),
        "warnings": [notice.code for notice in result.notices],
        "problems": [item["code"] for item in result.results.get("problems") or []],
        **({"backup": backup["id"]} if "id" in backup else {}),
    }


def _failed(run: _Run, log: RunLog, error: SidekickError, language: str) -> int:
    text = error.text(language)
    log(ERROR, text)
    run.error = {"code": error.code, "message": text}
    run.exit_status = status_of_error(error)
    return run.exit_status


def _finish(plan: Plan, run: _Run, log: RunLog, notifier: Notifier, lock: Lock | None) -> None:
    status = verdict.FAILED if run.exit_status is None else run.exit_status
    run.finished, run.state = _now(), FINISHED if status in (OK, INCOMPLETE) else FAILED
    if status == OK:
        run.last_success = run.finished
    log(INFO, say("run_ended", plan.language, name=plan.name, status=status))
    mine = plan.lock_file is None or (lock is not None and lock.held)
    if mine:
        _write(plan.status_file, run, log, plan.language)
    facts = run.describe()
    notifier.finish(status, log.lines, log.causes, {name: facts[name] for name in _TOLD})
    run.notified = notifier.sent
    if mine:
        _write(plan.status_file, run, log, plan.language)
        _refresh(plan.metrics, log, plan.language)
    if lock is not None:
        lock.release()


def _refresh(path: Path | None, log: RunLog, language: str) -> None:
    """Update the textfile for node_exporter at once, if there is monitoring; errors are only logged."""
    if path is None or not path.exists():
        return

    def work() -> None:
        settings = read_settings(str(path), sys.stdin.buffer)
        if settings.textfile:
            write_textfile(settings, settings.textfile)

    result = attempt(work)
    if isinstance(result, SidekickError):
        log(WARNING, result.text(language))
