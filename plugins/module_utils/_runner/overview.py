# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An overview of the backups for people: everything that the old guide's monitoring script shows, and more."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from .._outcome import Outcome
from .._store import times
from .jobs import plan_lines
from .monitoring import Seen, Settings
from .phrases import number, say
from .report import report
from .run_log import ERROR

#: Bytes of a log that are looked at, from its end.
_LOG_LIMIT = 16 * 1024 * 1024
#: Errors that are shown.
_SHOWN = 3


def overview(settings: Settings, seen: Seen) -> list[str]:
    """Return the lines."""
    language = settings.language
    lines = [
        say("overview_title", language, name=settings.name, path=settings.request.backup_dir),
        say("overview_time", language, time=times.to_text(times.utc_now())),
        "",
    ]
    if seen.info:
        lines += report(
            "backup_info", Outcome(False, seen.info.describe(language)), check=False, language=language
        )
        audit = seen.info.audit
        lines.append(say("overview_audit", language, lines=number(audit.lines, language), path=audit.path))
    if seen.error:
        lines.append(say("error", language, text=seen.error.text(language)))
    lines += ["", say("overview_plans" if seen.runs else "overview_no_plans", language)]
    lines += [f"  {line}" for line in plan_lines(seen.runs, language)]
    if settings.log_file:
        lines += ["", *_errors(settings.log_file, language)]
    return lines


def _errors(path: Path, language: str) -> list[str]:
    """Return how many errors a log has, and the last ones."""
    try:
        count, last = errors_in(path)
    except FileNotFoundError:
        return [say("overview_no_log", language, path=path)]
    except OSError as error:
        return [say("overview_log_unreadable", language, path=path, cause=error.strerror or error)]
    if not count:
        return [say("overview_no_errors", language, path=path)]
    return [
        say("overview_errors", language, count=number(count, language), path=path),
        *(f"  {line}" for line in last),
    ]


def errors_in(path: Path) -> tuple[int, list[str]]:
    """Return the number of errors in a log of plans, and the last of them. Raise OSError."""
    count, last = 0, deque[str](maxlen=_SHOWN)
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, 2) - _LOG_LIMIT))
        for line in file:
            if f"] {ERROR}: ".encode() in line:
                count += 1
                last.append(line.decode("utf-8", "replace").strip())
    return count, list(last)
