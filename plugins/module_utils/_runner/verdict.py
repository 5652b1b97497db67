# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a run, as an exit status and as words for notifications."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

from .._errors import CancelledError, SidekickError
from .._outcome import Outcome
from .._store.incomplete import CODES
from .options import UsageError

OK, FAILED, USAGE, INCOMPLETE, STILL_RUNNING = 0, 1, 2, 3, 4

#: Warnings which say that something that was asked for is not there, or that somebody has to decide.
_INCOMPLETE = frozenset(
    [
        *CODES,
        "backup_incomplete",
        "backup_shrunk",
        "directories_left",
        "file_changed",
        "file_vanished",
        "owner_not_set",
        "prune_limited",
        "sequence_exhausted",
        "sequence_range",
    ]
)


def status_of(outcome: Outcome) -> int:
    """Return the exit status of a run that came to its end."""
    incomplete = any(notice.code in _INCOMPLETE for notice in outcome.notices)
    return INCOMPLETE if incomplete or outcome.results.get("healthy") is False else OK


def status_of_error(error: SidekickError) -> int:
    """Return the exit status of a run that failed, or was asked to stop."""
    if isinstance(error, CancelledError):
        return 128 + int(getattr(signal, str(error.facts.get("signal")), signal.SIGTERM))
    return USAGE if isinstance(error, UsageError) else FAILED


_T = TypeVar("_T")


def attempt(work: Callable[[], _T], on_defect: Callable[[], None] | None = None) -> _T | SidekickError:
    """Return what the work comes to, or the error that it raised.

    :param on_defect: called where an error was not foreseen, while it is being handled.
    """
    try:
        return work()
    except SidekickError as error:
        return error
    except Exception as error:  # a defect of ours: said as one
        if on_defect:
            on_defect()
        return SidekickError("internal_error", kind=type(error).__name__, cause=error)
