# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_offsite``: its options, and their translation to an engine request."""

from __future__ import annotations

from pathlib import Path

from .._errors import HostError, Notice
from .._offsite import target, transfer
from .._options import specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._store.units import parse_duration

#: Types of remote storage.
TYPES = ["ssh"]


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.message_options(),
        **specs.audit_options(),
        "backup_dir": {"type": "path", "required": True},
        "offsite_type": {"type": "str", "choices": TYPES, "default": "ssh"},
        "offsite_direction": {"type": "str", "choices": [target.PUSH, target.PULL], "default": target.PUSH},
        "offsite_host": {"type": "str", "required": True},
        "offsite_port": {"type": "int", "default": 22},
        "offsite_user": {"type": "str", "required": True},
        "offsite_identity_file": {"type": "path", "required": True},
        "offsite_known_hosts": {"type": "path", "required": True},
        "offsite_newest": {"type": "int"},
        "offsite_recheck": {"type": "str", "default": "7d"},
        "offsite_bandwidth": {"type": "int", "default": 0},
        "offsite_timeout": {"type": "int", "default": 120},
        "offsite_time_limit": {"type": "int", "default": 86400},
    }


def _recheck(text: str) -> int | None:
    return None if text.strip().lower() == "never" else parse_duration(text, option="offsite_recheck")


def run(params: Params, check_mode: bool) -> Outcome:
    """Copy backups to or from another host, and verify the copies."""
    other = target.check(
        target.Target(
            host=params["offsite_host"],
            port=params["offsite_port"],
            user=params["offsite_user"],
            identity_file=Path(params["offsite_identity_file"]),
            known_hosts=Path(params["offsite_known_hosts"]),
            silence_timeout=params["offsite_timeout"],
            bandwidth=params["offsite_bandwidth"],
        )
    )
    newest = params["offsite_newest"]
    if newest is not None and newest < 1:
        raise HostError("option_invalid", option="offsite_newest", value=newest, cause="it must be 1 or more")
    notices: list[Notice] = []
    request = transfer.OffsiteRequest(
        backup_dir=Path(params["backup_dir"]),
        direction=params["offsite_direction"],
        target=other,
        newest=newest,
        recheck_after=_recheck(params["offsite_recheck"]),
        time_limit=params["offsite_time_limit"],
        dry_run=check_mode,
    )
    with run_job("offsite", notices, check_mode, params) as run:
        result = transfer.offsite(request, run)
        run.finish({"copied": len(result.copied), "problems": len(result.problems)})
    return Outcome(
        result.changed,
        {
            "direction": request.direction,
            "host": other.label,
            **transfer.describe(result, params["language"]),
        },
        (*result.problems, *result.notices, *notices),
    )
