# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_export``: its options, and their translation to an engine request."""

from __future__ import annotations

from pathlib import Path

from .._engine.export_data import DATABASE, DIRECTORIES, RETRIEVED, SIDEKICK, ExportRequest, export_data
from .._engine.export_tables import ALL, ONLY_COMMON
from .._errors import Notice
from .._options import docker_stack, encryption, environment, login, media, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._store.ownership import Ownership


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.key_options(),
        **specs.plain_options(),
        **specs.file_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "format": {"type": "str", "choices": [SIDEKICK, RETRIEVED], "required": True},
        "dest": {"type": "path", "required": True},
        "backup": {"type": "str"},
        "backup_dir": {"type": "path"},
        "directories": {"type": "dict"},
        "components": {
            "type": "list",
            "elements": "str",
            "choices": [DATABASE, DIRECTORIES],
            "default": [DATABASE, DIRECTORIES],
        },
        "columns": {"type": "str", "choices": [ALL, ONLY_COMMON], "default": ALL},
        "force": {"type": "bool", "default": False},
        "jobs": {"type": "int"},
        "pg_dump": {"type": "path"},
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Export a backup or a database."""
    notices: list[Notice] = []
    # To export a backup, no database is needed, and Docker only if the key is in a container's environment.
    live = params["backup"] is None
    stack = docker_stack.stack(params) if live or docker_stack.names_stack(params) else None
    env = environment.environment(params, stack)
    wanted = ExportRequest(
        server=login.database(params, env, stack if live else None),
        format=params["format"],
        dest=Path(params["dest"]),
        backup=params["backup"],
        backup_dir=Path(params["backup_dir"]) if params["backup_dir"] else None,
        directories=media.directories(params, stack) if live else {},
        components=tuple(params["components"]),
        columns=params["columns"],
        key=encryption.key(params, env),
        allow_plain=params["allow_plain"],
        jobs=specs.jobs(params),
        ownership=Ownership.resolve(params["owner"], params["group"], params["mode"]),
        force=params["force"],
        pg_dump=params["pg_dump"],
        container=login.database_container(params, stack),
        dry_run=check_mode,
    )
    if live:
        notices += media.directory_notices(params, stack)
    with run_job("export", notices, check_mode, params) as run:
        result = export_data(wanted, run)
        run.finish({"path": str(result.path or result.public_path)})
    paths = [str(path) for path in (result.path, result.public_path) if path]
    return Outcome(
        True,
        {
            "path": str(result.path) if result.path else None,
            "public_path": str(result.public_path) if result.public_path else None,
            "format": params["format"],
            "source": result.source,
            "size": result.size,
            "tables": result.tables,
            "directories": result.directories,
            "duration": result.duration,
        },
        (*result.notices, *notices),
        {
            "before": "",
            "after": "".join(f"{path} ({params['format']})\n" for path in paths),
        },
    )
