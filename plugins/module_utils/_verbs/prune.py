# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_prune``: its options, and their translation to an engine request."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._engine.prune import PruneRequest, prune
from .._engine.prune_previous import PreviousRequest, is_due, prune_previous
from .._errors import HostError, Notice
from .._options import docker_stack, env_values, environment, login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run import Run
from .._run.run_job import run_job
from .._store import times
from .._store.retention import KEEP_WITHIN, MIN_KEEP, RULES, Policy
from .._store.state_dir import state_dir
from .._store.units import parse_duration


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "backup_dir": {"type": "path", "required": True},
        **{rule: {"type": "int"} for rule in RULES},
        "min_keep": {"type": "int", "default": MIN_KEEP},
        "keep_within": {"type": "str", "default": f"{KEEP_WITHIN // 3600}h"},
        "time_zone": {"type": "str"},
        "accept_changes": {"type": "bool", "default": False},
        "unpin": {"type": "list", "elements": "str", "default": []},
        "max_removals": {"type": "int"},
        "keep_previous_days": {"type": "int"},
        "lock_timeout": {"type": "int", "default": 0},
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Remove the backups that no rule keeps."""
    notices: list[Notice] = []
    rules = {rule: params[rule] for rule in RULES}
    if all(value is None for value in rules.values()):
        # Without any rule in the options, use the variables of the old guide and the old tool.
        env = environment.environment(params)
        rules["keep_days"] = environment.whole_number(env, "BACKUP_RETENTION_DAYS", params.get("env_file"))
        rules["keep_last"] = environment.whole_number(env, "RETENTION_FILES", params.get("env_file"))
        notices += env_values.misspelt(env, env_values.where(params))
    policy = Policy(
        **rules,
        min_keep=params["min_keep"],
        keep_within=parse_duration(params["keep_within"], option="keep_within"),
        time_zone=times.zone(params["time_zone"]),
        accept_changes=params["accept_changes"],
    )
    with run_job("prune", notices, check_mode, params) as run:
        previous = _previous(params, check_mode, run, notices)
        previous_freed = sum(item["size"] or 0 for item in previous)
        removed_so_far: list[str] = []
        run.note(removed=removed_so_far, previous_removed=len(previous))
        result = prune(
            PruneRequest(
                Path(params["backup_dir"]),
                policy,
                unpin=tuple(params["unpin"]),
                max_removals=_limit(params["max_removals"]),
                dry_run=check_mode,
                lock_timeout=params["lock_timeout"],
                job_id=run.job_id,
            ),
            progress=run.progress,
            check=run.check,
            on_removed=removed_so_far.append,
        )
        run.finish({"removed": removed_so_far, "changed": result.changed or bool(previous)})
    kept = [item.id for item in result.kept]
    removed = [item.id for item in result.removed]
    return Outcome(
        result.changed or bool(previous),
        {**result.describe(), "freed": result.freed + previous_freed, "previous": previous},
        (*result.notices, *notices),
        {
            "before": "".join(f"{name}\n" for name in sorted([*kept, *removed])),
            "after": "".join(f"{name}\n" for name in sorted(kept)),
        },
    )


def _limit(value: int | None) -> int | None:
    if value is not None and value < 0:
        raise HostError("option_invalid", option="max_removals", value=value, cause="it must not be negative")
    return value


def _previous(params: Params, check_mode: bool, run: Run, notices: list[Notice]) -> list[dict[str, Any]]:
    """Remove the data that restores have replaced, if requested; return what was removed."""
    if params["keep_previous_days"] is None:
        return []
    request = PreviousRequest(
        state_dir("switches"),
        None,
        datetime.timedelta(days=params["keep_previous_days"]),
        check_mode,
        run.job_id,
    )
    if not is_due(request):
        # Then no server is needed, and old backups can be removed even if Docker is down.
        return []
    stack = docker_stack.stack(params)
    server = login.database(params, environment.environment(params, stack), stack)
    request = replace(request, server=server)
    removed, found = prune_previous(request)
    notices += found
    return removed
