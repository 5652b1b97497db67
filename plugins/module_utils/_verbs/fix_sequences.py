# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_fix_sequences``: its options, and their translation to an engine request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from .._engine.sequences import SequencesRequest, fix_sequences
from .._errors import Notice
from .._options import docker_stack, environment, login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "schemas": {"type": "list", "elements": "str"},
        "sequences": {"type": "list", "elements": "str"},
        "allow_backwards": {"type": "bool", "default": False},
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Advance sequences that are behind their tables."""
    notices: list[Notice] = []
    stack = docker_stack.stack(params)
    wanted = SequencesRequest(
        server=login.database(params, environment.environment(params, stack), stack),
        # An empty list means the same as no list.
        schemas=tuple(params["schemas"]) if params["schemas"] else None,
        sequences=tuple(params["sequences"]) if params["sequences"] else None,
        allow_backwards=params["allow_backwards"],
        dry_run=check_mode,
    )
    with run_job("fix_sequences", notices, check_mode, params) as run:
        run.phase("sequences")
        result = fix_sequences(wanted)
        run.finish({"changed": result.changed})
    return Outcome(
        result.changed,
        {"sequences": [asdict(change) for change in result.sequences]},
        (*result.notices, *notices),
        {"before": _lines(result.before), "after": _lines(result.after)},
    )


def _lines(values: Mapping[str, int | None]) -> str:
    return "".join(f"{name}: {'-' if value is None else value}\n" for name, value in values.items())
