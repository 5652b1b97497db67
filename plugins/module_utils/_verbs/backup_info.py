# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_backup_info``: its options, and their translation to an engine request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .._engine.info import InfoRequest, info
from .._options import encryption, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_status import list_runs
from .._store.health import Limits
from .._store.state_dir import state_dir
from .._store.units import parse_duration, parse_size


def spec() -> Spec:
    """Return the argument spec."""
    return {**store_options(), **specs.key_options()}


def store_options() -> Spec:
    """Return the options without secrets, which may be stored in a monitoring configuration."""
    return {
        **specs.message_options(),
        "backup_dir": {"type": "path", "required": True},
        "max_age": {"type": "str", "default": "24h"},
        "max_drill_age": {"type": "str"},
        "max_copy_age": {"type": "str"},
        "max_previous_age": {"type": "str", "default": "14d"},
        "schedule_dir": {"type": "path"},
        "min_size": {"type": "str", "default": "1 MB"},
        "disk_warning": {"type": "float", "default": 80},
        "disk_critical": {"type": "float", "default": 90},
    }


def request(params: Params) -> InfoRequest:
    """Translate the options to a request without a key. Raise StoreError (``option_invalid``)."""

    def age(option: str) -> int | None:
        return None if params[option] is None else parse_duration(params[option], option=option)

    return InfoRequest(
        Path(params["backup_dir"]),
        Limits(
            max_age=parse_duration(params["max_age"], option="max_age"),
            min_size=parse_size(params["min_size"], option="min_size"),
            disk_warning=params["disk_warning"],
            disk_critical=params["disk_critical"],
        ),
        max_drill_age=age("max_drill_age"),
        max_copy_age=age("max_copy_age"),
        max_previous_age=parse_duration(params["max_previous_age"], option="max_previous_age"),
        journal=state_dir("switches"),
    )


def run(params: Params, check_mode: bool) -> Outcome:
    """List the backups and their problems."""
    wanted = replace(request(params), key=encryption.key(params, {}))
    if params["schedule_dir"]:
        wanted = replace(wanted, runs=tuple(list_runs(Path(params["schedule_dir"]))))
    result = info(wanted)
    return Outcome(False, result.describe(params["language"]))
