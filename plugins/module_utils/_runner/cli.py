# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: the modules' verbs with the same engine, for cron, timers and people.

Options come from a file, so that no secret is ever in an argument list. Results go to the standard
output, warnings and errors to the standard error; ``--json`` puts everything into one document on the
standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from .._environment import forget_libpq_environment
from .._errors import LANGUAGES, SidekickError
from .._offsite import forced_command
from .._outcome import Outcome
from .._reader import Reader
from .._run.cancellation import cancellation
from .._run.job import default_state_dir, list_jobs
from .._run.job_status import RUNNING, JobStatus, request_cancel
from .._run.run_status import list_runs
from .._store.state_dir import state_dir
from .._version import VERSION
from . import jobs, monitoring_commands
from .notify import Notifier
from .options import secrets, validate
from .options_file import read_options
from .phrases import say
from .plan import read_plan
from .report import report
from .scheduled import run_plan
from .verbs import VERBS, load
from .verdict import FAILED, INCOMPLETE, OK, STILL_RUNNING, USAGE, attempt, status_of, status_of_error

__all__ = ["FAILED", "INCOMPLETE", "OK", "STILL_RUNNING", "USAGE", "main", "parser"]

_EPILOG = """exit status:
  0    done, or nothing to do
  1    failed; the message says what was left as it was
  2    the command line or the options file can't be understood; nothing was begun
  3    done, but something is missing or wrong and needs a person: a warning says what
  4    the job that was waited for still runs
  129, 130, 143  asked to stop (SIGHUP, SIGINT, SIGTERM), and cleaned up
"""


if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    root = argparse.ArgumentParser(
        prog="ticketz-sidekick",
        description="Back up and restore Ticketz.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"ticketz-sidekick {VERSION}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in VERBS.items():
        dashed = name.replace("_", "-")
        command = commands.add_parser(
            dashed, help=purpose, aliases=[name] if dashed != name else [], allow_abbrev=False
        )
        command.set_defaults(verb=name)
        command.add_argument(
            "--options",
            required=True,
            metavar="FILE",
            help="JSON file with the options of the module; - for stdin",
        )
        command.add_argument("--check", action="store_true", help="only say what would be done")
        command.add_argument(
            "-v", "--verbose", action="count", help="show where an unexpected error comes from"
        )
        _add_json(command)
    _add_plans(commands)
    _add_jobs(commands)
    _add_gate(commands)
    monitoring_commands.add(commands)
    return root


def _add_gate(commands: _Commands) -> None:
    entry = commands.add_parser(
        "offsite-gate",
        help="what a key for copies on other hosts may do here; authorized_keys forces it",
        allow_abbrev=False,
    )
    entry.add_argument("direction", choices=forced_command.DIRECTIONS, help="what the key is for")
    entry.add_argument("directory", type=Path, help="the directory of backups or copies")


def _add_plans(commands: _Commands) -> None:
    run = commands.add_parser("run", help="run a plan: verbs one after the other", allow_abbrev=False)
    run.add_argument("--check", action="store_true", help="only say what would be done")
    told = commands.add_parser(
        "notify", help="send a test to the mail addresses and webhook of a plan", allow_abbrev=False
    )
    shown = commands.add_parser("plans", help="show how the last runs of plans ended", allow_abbrev=False)
    shown.add_argument(
        "--directory",
        type=Path,
        default=state_dir("schedule"),
        help="where their status files are (%(default)s)",
    )
    shown.add_argument("--language", choices=LANGUAGES, default="en")
    _add_json(shown)
    for command in (run, told):
        command.add_argument("--plan", required=True, metavar="FILE", help="JSON file with the plan")
        command.set_defaults(json=False)


def _add_jobs(commands: _Commands) -> None:
    listed = commands.add_parser("jobs", help="list this user's runs, newest first", allow_abbrev=False)
    shown = commands.add_parser(
        "status", help="show one run, the newest if none is named", allow_abbrev=False
    )
    waited = commands.add_parser("wait", help="wait until a run has ended, and show it", allow_abbrev=False)
    ended = commands.add_parser(
        "cancel", help="ask a run to stop and clean up, wait for that, and show it", allow_abbrev=False
    )
    shown.add_argument("job", nargs="?", metavar="JOB")
    for command in (waited, ended):
        command.add_argument("job", metavar="JOB")
        command.add_argument(
            "--timeout", type=float, default=60, metavar="SECONDS", help="wait no longer than this (60)"
        )
    for command in (listed, shown, waited, ended):
        command.add_argument("--language", choices=LANGUAGES, default="en")
        _add_json(command)


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON document")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        status = _work(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of the output has gone; Python must not fail once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _work(given: argparse.Namespace) -> int:
    if "verb" in given:
        return _verb(given)
    if given.command == "offsite-gate":
        return forced_command.serve(
            given.directory,
            given.direction,
            os.environ,
            sys.stdin.buffer,
            lambda text: _write(sys.stdout, [text]),
        )
    if given.command == "plans":
        return _show_plans(given)
    if "settings" in given:
        return _monitoring(given)
    return _plans(given) if "plan" in given else _jobs(given)


def _write(stream: TextIO, lines: Sequence[str]) -> None:
    # Under cron the locale often knows ASCII only, and names of files may not even be UTF-8.
    encoding = stream.encoding or "ascii"
    text = "".join(f"{line}\n" for line in lines)
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _document(data: Mapping[str, Any]) -> None:
    _write(sys.stdout, [json.dumps(data, indent=2, default=str)])


def _verb(given: argparse.Namespace) -> int:
    language = Reader.of_file("en", None)

    def work() -> Outcome:
        nonlocal language
        file = read_options(given.options, sys.stdin.buffer)
        if file.values.get("language") in LANGUAGES:
            language = Reader.of_file(file.values["language"], None)
        verb = load(given.verb)
        file.require_safe(secrets(verb.spec, file.values))
        params = validate(verb.spec, file.values, verb=verb.name, source=file.source)
        language = Reader.of_file(params.get("language") or "en", params.get("option_prefix"))
        forget_libpq_environment()
        return verb.run({**params, "language": language}, given.check)

    result = attempt(work, traceback.print_exc if given.verbose else None)
    if isinstance(result, SidekickError):
        return _failed(result, given, language)
    return _done(result, given, language)


def _failed(error: SidekickError, given: argparse.Namespace, language: str) -> int:
    text = error.text(language)
    if given.json:
        facts = {
            name: value if isinstance(value, int) else str(value)
            for name, value in error.facts.items()
            if value is not None
        }
        told = {"failed": True, "changed": False, "msg": text, "error": {"code": error.code, **facts}}
        _document({"command": given.command, **told})
    else:
        _write(sys.stderr, [say("error", language, text=text)])
    return status_of_error(error)


def _done(outcome: Outcome, given: argparse.Namespace, language: str) -> int:
    if given.json:
        _document(
            {
                "command": given.command,
                "failed": False,
                "changed": outcome.changed,
                **outcome.results,
                "warnings": [notice.text(language) for notice in outcome.notices],
                "warning_codes": [notice.code for notice in outcome.notices],
            }
        )
    else:
        _write(sys.stdout, report(given.verb, outcome, check=given.check, language=language))
        sys.stdout.flush()
        _write(
            sys.stderr, [say("warning", language, text=notice.text(language)) for notice in outcome.notices]
        )
    return status_of(outcome)


def _show_plans(given: argparse.Namespace) -> int:
    found = list_runs(given.directory)
    if given.json:
        _document({"command": "plans", "plans": found})
    else:
        _write(sys.stdout, jobs.plan_lines(found, given.language))
    return OK


def _monitoring(given: argparse.Namespace) -> int:
    try:
        return monitoring_commands.run(given, _write)
    except SidekickError as error:
        return _failed(error, given, "en")


def _plans(given: argparse.Namespace) -> int:
    try:
        plan = read_plan(given.plan, sys.stdin.buffer)
    except SidekickError as error:
        return _failed(error, given, "en")
    if given.command == "run":
        forget_libpq_environment()
        return run_plan(plan, check=given.check, environment=os.environ, out=sys.stdout, err=sys.stderr)
    notifier = Notifier(plan, lambda text: _write(sys.stderr, [say("warning", plan.language, text=text)]))
    notifier.test()
    told = [
        say("notify_sent", plan.language, channel=name)
        for name, sent in notifier.sent.items()
        if sent is True
    ]
    _write(sys.stdout, told if notifier.sent else [say("notify_none", plan.language)])
    return OK if notifier.sent and len(told) == len(notifier.sent) else FAILED


def _jobs(given: argparse.Namespace) -> int:
    directory = default_state_dir(os.environ, os.geteuid())
    try:
        if given.command == "jobs":
            found = list_jobs(directory)
            if given.json:
                _document({"command": "jobs", "jobs": [jobs.describe(job) for job in found]})
            else:
                _write(sys.stdout, jobs.lines(found, given.language))
        else:
            job = _one_job(given, directory)
            if given.json:
                _document({"command": given.command, "job": jobs.describe(job)})
            else:
                _write(sys.stdout, jobs.details(job, given.language))
            if given.command != "status" and job.outcome == RUNNING:
                return STILL_RUNNING
    except SidekickError as error:
        return _failed(error, given, given.language)
    return OK


def _one_job(given: argparse.Namespace, directory: Path) -> JobStatus:
    if given.command == "status":
        return jobs.find(directory, given.job)
    if given.command == "cancel":
        request_cancel(jobs.find(directory, given.job))
    with cancellation() as stop:
        return jobs.wait(directory, given.job, given.timeout, stop.check)
