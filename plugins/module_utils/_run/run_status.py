# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the status files of plans."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._store import fields, files
from .._store.process import ProcessId

RUNNING, FINISHED, FAILED = "running", "finished", "failed"
#: The state of a running plan whose process has ended.
DIED = "died"


def read_run(path: Path | None) -> dict[str, Any]:
    """Return the content of a status file, or an empty dictionary if it is missing or unreadable."""
    try:
        return fields.parse(files.read_small(path)) if path else {}
    except (OSError, ValueError):
        return {}


def list_runs(directory: Path, prefix: str = "") -> list[dict[str, Any]]:
    """Return the contents of the status files in a directory, sorted by name.

    The state is ``died`` instead of ``running`` if the process has ended.

    :param prefix: only include files whose names begin with this.
    """
    found = [read_run(path) for path in sorted(directory.glob("*.json")) if path.name.startswith(prefix)]
    for run in found:
        if run.get("state") == RUNNING and _process(run).is_alive() is False:
            run["state"] = DIED
    return [run for run in found if run]


def _process(run: Mapping[str, Any]) -> ProcessId:
    pid, ticks = run.get("pid"), run.get("start_ticks")
    return ProcessId(
        pid if isinstance(pid, int) else 0,
        str(run.get("boot_id")),
        str(run.get("host")),
        ticks if isinstance(ticks, int) else 0,
    )
