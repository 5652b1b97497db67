# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the last runs of scheduled plans say about the backups of one store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .._errors import Notice, listed
from .health import CRITICAL, WARNING, Problem

#: How a plan's run can stand, as its status file tells it, and that is no failure.
_RUNNING, _FINISHED = "running", "finished"
_DIED = "died"


def about(runs: Sequence[Mapping[str, Any]], store: Path) -> list[Mapping[str, Any]]:
    """Return the runs that are about a store. A status file that doesn't say which store counts for each."""
    return [run for run in runs if _is_about(run.get("backup_dirs"), store)]


def _is_about(directories: object, store: Path) -> bool:
    if not isinstance(directories, list):
        return True
    return os.path.realpath(store) in {os.path.realpath(str(path)) for path in directories}


def assess_plans(runs: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what is not well with the last runs of plans."""
    for run in runs:
        state, name = run.get("state"), run.get("name", "?")
        if state == _RUNNING:
            continue
        if state == _DIED:
            yield Problem(CRITICAL, Notice("plan_died", name=name, started=run.get("started", "?")))
        elif state != _FINISHED:
            cause = (run.get("error") or {}).get("message") or f"exit status {run.get('exit_status', '?')}"
            when = run.get("finished") or run.get("started", "?")
            yield Problem(CRITICAL, Notice("plan_failed", name=name, when=when, cause=cause))
        elif run.get("exit_status"):
            codes = sorted({code for step in run.get("steps") or [] for code in _codes(step)})
            facts = {"name": name, "when": run.get("finished", "?"), "codes": listed(codes) or "?"}
            yield Problem(WARNING, Notice("plan_warned", **facts))


def _codes(step: Mapping[str, Any]) -> list[str]:
    return [str(code) for code in [*(step.get("warnings") or []), *(step.get("problems") or [])]]
