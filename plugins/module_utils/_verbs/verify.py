# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_verify``: its options, and their translation to an engine request."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from .._engine.contents import contents
from .._engine.drill_plan import EMBEDDED, LOGIN, DrillRequest
from .._engine.verify import DRILL, FULL, OPEN, QUICK, VerifyRequest, verify
from .._errors import HostError, Notice
from .._options import docker_stack, encryption, environment, login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._stack.model import Stack


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.key_options(),
        **specs.plain_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "backup": {"type": "str", "default": "latest"},
        "backup_dir": {"type": "path"},
        "level": {"type": "str", "choices": [OPEN, QUICK, FULL, DRILL], "default": QUICK},
        "drill_server": {"type": "str", "choices": [LOGIN, EMBEDDED], "default": LOGIN},
        "drill_directories": {"type": "bool", "default": True},
        "scratch_dir": {"type": "path"},
        "jobs": {"type": "int"},
    }


def _drill(params: Params, env: Mapping[str, str], stack: Stack | None) -> DrillRequest | None:
    """Return the request for a drill; None at the other levels. Raise HostError (``option_invalid``)."""
    if params["level"] != DRILL:
        return None
    scratch = params["scratch_dir"]
    if scratch is not None and not os.path.isabs(scratch):
        # A relative path would depend on the working directory.
        raise HostError(
            "option_invalid", option="scratch_dir", value=scratch, cause="the path must begin with /"
        )
    return DrillRequest(
        server=login.database(params, env, stack),
        where=params["drill_server"],
        scratch_dir=Path(scratch) if scratch is not None else None,
        directories=params["drill_directories"],
    )


def run(params: Params, check_mode: bool) -> Outcome:
    """Verify a backup."""
    notices: list[Notice] = []
    # The other levels need no database, and Docker only if the key is in a container's environment.
    needed = params["level"] == DRILL and params["drill_server"] == LOGIN
    stack = docker_stack.stack(params) if needed or docker_stack.names_stack(params) else None
    env = environment.environment(params, stack)
    wanted = VerifyRequest(
        backup=params["backup"],
        backup_dir=Path(params["backup_dir"]) if params["backup_dir"] else None,
        level=params["level"],
        key=encryption.key(params, env),
        allow_plain=params["allow_plain"],
        jobs=specs.jobs(params),
        drill=_drill(params, env, stack),
        dry_run=check_mode,
    )
    with run_job("verify", notices, check_mode, params) as run:
        result = verify(wanted, run)
        times = {"duration": result.drill.duration, "rto": result.drill.rto} if result.drill else {}
        run.finish({"id": result.id, "level": result.level, **times})
    checked = {name: value for name, value in asdict(result.checked).items() if value is not None}
    return Outcome(
        result.changed,
        {
            "backup": {"id": result.id, "path": str(result.path)},
            "level": result.level,
            "checked": checked,
            "contents": contents(result.manifest) if result.manifest else None,
            "drill": result.drill.describe() if result.drill else None,
        },
        (*result.notices, *notices),
    )
