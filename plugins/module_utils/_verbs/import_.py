# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_import``: its options, and their translation to an engine request."""

from __future__ import annotations

from pathlib import Path

from .._components.component import FAIL, SKIP
from .._engine.import_data import SEEDS, ImportRequest, import_data
from .._errors import Notice
from .._options import docker_stack, encryption, environment, login, media, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._sources.retrieved import NAME


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.key_options(),
        **specs.plain_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "archive": {"type": "path"},
        "public_archive": {"type": "path"},
        "directories": {"type": "dict"},
        "if_not_empty": {"type": "str", "choices": [FAIL, SKIP], "default": FAIL},
        "whatsapp_sessions": {"type": "str", "choices": ["clear", "keep"], "default": "clear"},
        "fix_sequences": {"type": "bool", "default": True},
        "ignore_unknown": {"type": "bool", "default": False},
        "seeds": {"type": "list", "elements": "str", "default": list(SEEDS)},
        "force": {"type": "bool", "default": False},
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Import tables and files."""
    notices: list[Notice] = []
    stack = docker_stack.stack(params)
    directories = media.directories(params, stack)
    if params["directories"] is None:
        # Of the stack's directories, only the one that the archive has files for.
        directories = {
            name: path for name, path in directories.items() if name == NAME and params["public_archive"]
        }
    env = environment.environment(params, stack)
    with run_job("import", notices, check_mode, params) as run:
        wanted = ImportRequest(
            server=login.database(params, env, stack),
            archive=Path(params["archive"]) if params["archive"] else None,
            public_archive=Path(params["public_archive"]) if params["public_archive"] else None,
            directories=directories,
            if_not_empty=params["if_not_empty"],
            clear_sessions=params["whatsapp_sessions"] == "clear",
            fix_sequences=params["fix_sequences"],
            ignore_unknown=params["ignore_unknown"],
            seeds=tuple(params["seeds"]),
            key=encryption.key(params, env),
            allow_plain=params["allow_plain"],
            force=params["force"],
            dry_run=check_mode,
        )
        result = import_data(wanted, run)
        run.finish({"backup": result.backup, "changed": result.changed})
    imported = [
        (f"table {name}", f"{rows} rows") for name, rows in (result.database or {}).get("tables", {}).items()
    ]
    imported += [
        (f"directory {found['path']}", f"{found['files']} files") for found in result.directories.values()
    ]
    after = "".join(f"{item}: {count}\n" for item, count in imported)
    return Outcome(
        result.changed,
        {
            "backup": result.backup,
            "database": result.database,
            "directories": result.directories,
            "sequences": result.sequences,
            "whatsapp_sessions": result.whatsapp_sessions,
            "seeds": result.seeds,
            "duration": result.duration,
        },
        (*result.notices, *notices),
        {
            "before": "".join(f"{item}: empty\n" for item, _count in imported) if result.changed else after,
            "after": after,
        },
    )
