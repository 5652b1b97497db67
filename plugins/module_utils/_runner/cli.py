# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: the modules' verbs over the same engine, for cron, timers and hands.

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
from typing import Any, TextIO

from .._environment import forget_libpq_environment
from .._errors import LANGUAGES, CancelledError, SidekickError
from .._outcome import Outcome
from .._version import VERSION
from . import jobs
from .job import default_state_dir, list_jobs
from .options import UsageError, secrets, validate
from .options_file import read_options
from .phrases import say
from .report import report
from .verbs import VERBS, load

OK, FAILED, USAGE, INCOMPLETE = 0, 1, 2, 3
_EPILOG = """exit status:
  0    done, or nothing to do
  1    failed; the message says what was left as it was
  2    the command line or the options file can't be understood; nothing was begun
  3    done, but something is missing or wrong and needs a person: a warning says what
  129, 130, 143  asked to stop (SIGHUP, SIGINT, SIGTERM), and cleaned up
"""

#: Warnings which say that something that was asked for is not there.
_INCOMPLETE = frozenset(
    [
        "directories_left",
        "file_changed",
        "file_vanished",
        "owner_not_set",
        "sequence_exhausted",
        "sequence_range",
    ]
)


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
    listed = commands.add_parser("jobs", help="list this user's runs, newest first", allow_abbrev=False)
    shown = commands.add_parser(
        "status", help="show one run, the newest if none is named", allow_abbrev=False
    )
    shown.add_argument("job", nargs="?", metavar="JOB")
    for command in (listed, shown):
        command.add_argument("--language", choices=LANGUAGES, default="en")
        _add_json(command)
    return root


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON document")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    given = parser().parse_args(arguments)
    try:
        status = _verb(given) if "verb" in given else _jobs(given)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read the output has gone; Python must not fail once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def _write(stream: TextIO, lines: Sequence[str]) -> None:
    # Under cron the locale often knows ASCII only, and names of files may not even be UTF-8.
    encoding = stream.encoding or "ascii"
    text = "".join(f"{line}\n" for line in lines)
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _document(data: Mapping[str, Any]) -> None:
    _write(sys.stdout, [json.dumps(data, indent=2, default=str)])


def _verb(given: argparse.Namespace) -> int:
    language = "en"
    try:
        file = read_options(given.options, sys.stdin.buffer)
        if file.values.get("language") in LANGUAGES:
            language = file.values["language"]
        verb = load(given.verb)
        file.require_safe(secrets(verb.spec, file.values))
        params = validate(verb.spec, file.values, verb=verb.name, source=file.source)
        forget_libpq_environment()
        outcome = verb.run(params, given.check)
    except SidekickError as error:
        return _failed(error, given, language)
    except Exception as error:  # a defect of ours: said as one
        if given.verbose:
            traceback.print_exc()
        internal = SidekickError("internal_error", kind=type(error).__name__, cause=error)
        return _failed(internal, given, language)
    return _done(outcome, given, language)


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
    if isinstance(error, CancelledError):
        return 128 + int(getattr(signal, str(error.facts.get("signal")), signal.SIGTERM))
    return USAGE if isinstance(error, UsageError) else FAILED


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
    incomplete = any(notice.code in _INCOMPLETE for notice in outcome.notices)
    return INCOMPLETE if incomplete or outcome.results.get("healthy") is False else OK


def _jobs(given: argparse.Namespace) -> int:
    state_dir: Path = default_state_dir(os.environ, os.geteuid())
    try:
        if given.command == "jobs":
            found = list_jobs(state_dir)
            if given.json:
                _document({"command": "jobs", "jobs": [jobs.describe(job) for job in found]})
            else:
                _write(sys.stdout, jobs.lines(found, given.language))
        else:
            job = jobs.find(state_dir, given.job)
            if given.json:
                _document({"command": "status", "job": jobs.describe(job)})
            else:
                _write(sys.stdout, jobs.details(job, given.language))
    except UsageError as error:
        return _failed(error, given, given.language)
    return OK
