# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_verify``: its options, and what they mean to the engine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from .. import _options
from .._engine.verify import FULL, QUICK, VerifyRequest, verify
from .._errors import HostError, Notice
from .._options import Params, Spec
from .._outcome import Outcome
from .watched import watched


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **_options.database_options(),
        **_options.key_options(),
        **_options.message_options(),
        "backup": {"type": "str", "default": "latest"},
        "backup_dir": {"type": "path"},
        "level": {"type": "str", "choices": [QUICK, FULL, "drill"], "default": QUICK},
        "jobs": {"type": "int"},
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Verify a backup."""
    if params["level"] == "drill":
        raise HostError("not_yet", option="level", value="drill")
    notices: list[Notice] = []
    wanted = VerifyRequest(
        backup=params["backup"],
        backup_dir=Path(params["backup_dir"]) if params["backup_dir"] else None,
        level=params["level"],
        key=_options.key(params, _options.environment(params)),
        jobs=_options.jobs(params),
        dry_run=check_mode,
    )
    with watched("verify", notices, check_mode) as watch:
        result = verify(wanted, watch)
        watch.finish({"id": result.id, "level": result.level})
    checked = {name: value for name, value in asdict(result.checked).items() if value is not None}
    return Outcome(
        result.changed,
        {
            "backup": {"id": result.id, "path": str(result.path)},
            "level": result.level,
            "checked": checked,
            "drill": None,
        },
        (*result.notices, *notices),
    )
