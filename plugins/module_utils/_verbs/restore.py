# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_restore``: its options, and what they mean to the engine."""

from __future__ import annotations

from pathlib import Path

from .. import _options
from .._engine.restore import restore
from .._engine.restore_plan import CONFIG, DATABASE, DIRECTORIES, RestoreRequest
from .._errors import HostError, Notice
from .._options import Params, Spec
from .._outcome import Outcome
from .watched import watched

#: Values that the interface has, and a later version brings.
_LATER = {"strategy": "in_place", "if_not_empty": "replace", "state": "undone"}


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **_options.database_options(),
        **_options.key_options(),
        **_options.message_options(),
        "backup": {"type": "str", "default": "latest"},
        "backup_dir": {"type": "path"},
        "components": {
            "type": "list",
            "elements": "str",
            "choices": [DATABASE, DIRECTORIES, CONFIG, "redis"],
        },
        "directories": {"type": "dict", "default": {}},
        "tables": {"type": "list", "elements": "str", "default": []},
        "paths": {"type": "list", "elements": "str", "default": []},
        "strategy": {"type": "str", "choices": ["auto", "swap", "in_place"], "default": "auto"},
        "if_not_empty": {"type": "str", "choices": ["fail", "skip", "replace"], "default": "fail"},
        "whatsapp_sessions": {"type": "str", "choices": ["clear", "keep"], "default": "clear"},
        "fix_sequences": {"type": "bool", "default": True},
        "role_mapping": {"type": "dict", "default": {}},
        "keep_previous": {"type": "bool", "default": True},
        "state": {"type": "str", "choices": ["restored", "undone"], "default": "restored"},
        "force": {"type": "bool", "default": False},
        "jobs": {"type": "int"},
    }


def request(params: Params, dry_run: bool) -> RestoreRequest:
    """Return what the options ask for. Raise SidekickError where they make no sense."""
    for option, value in _LATER.items():
        if params[option] == value:
            raise HostError("not_yet", option=option, value=value)
    for option in ("tables", "paths"):
        if params[option]:
            raise HostError("not_yet", option=option, value=", ".join(params[option]))
    if "redis" in (params["components"] or []):
        raise HostError("not_yet", option="components", value="redis")
    env = _options.environment(params)
    return RestoreRequest(
        server=_options.database(params, env),
        backup=params["backup"],
        backup_dir=Path(params["backup_dir"]) if params["backup_dir"] else None,
        jobs=_options.jobs(params),
        components=tuple(params["components"]) if params["components"] else None,
        directories=_options.directories(params),
        skip_not_empty=params["if_not_empty"] == "skip",
        clear_sessions=params["whatsapp_sessions"] == "clear",
        fix_sequences=params["fix_sequences"],
        role_mapping={str(name): str(role) for name, role in params["role_mapping"].items()},
        key=_options.key(params, env),
        force=params["force"],
        dry_run=dry_run,
    )


def run(params: Params, check_mode: bool) -> Outcome:
    """Restore a backup."""
    notices: list[Notice] = []
    wanted = request(params, check_mode)
    with watched("restore", notices, check_mode) as watch:
        result = restore(wanted, watch)
        watch.finish({"backup": result.backup, "changed": result.changed})
    restored = [f"database {result.database['name']}"] if result.database else []
    restored += [f"file {path}" for path in result.config]
    restored += [f"directory {found['path']}" for found in result.directories.values()]
    after = "".join(f"{item}: {result.backup['id']}\n" for item in restored)
    return Outcome(
        result.changed,
        {
            "backup": result.backup,
            "database": result.database,
            "directories": result.directories,
            "config": result.config,
            "sequences": result.sequences,
            "whatsapp_sessions": result.whatsapp_sessions,
            "previous": None,
            "duration": result.duration,
        },
        (*result.notices, *notices),
        {
            "before": "".join(f"{item}: empty\n" for item in restored) if result.changed else after,
            "after": after,
        },
    )
