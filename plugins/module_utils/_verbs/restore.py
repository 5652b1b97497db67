# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_restore``: its options, and their translation to an engine request."""

from __future__ import annotations

import os
from pathlib import Path

from .._archive.age import Recipients
from .._archive.keys import AGE_IDENTITY, Key
from .._components.component import FAIL, Part, Policy
from .._components.config.entry import CONFIG
from .._components.config.places import ConfigPlaces
from .._components.config.restore import ConfigPart
from .._components.database.entry import DATABASE
from .._components.database.options import DatabaseOptions
from .._components.database.restore import DatabasePart, database_in_use
from .._components.directories.entry import DIRECTORIES
from .._components.directories.restore import DirectoriesPart, directory_in_use
from .._components.redis.entry import REDIS
from .._components.redis.restore import KEYS, RedisPart
from .._engine.backup_request import BackupRequest
from .._engine.outage import OutagePlan
from .._engine.restore_request import UNDO, ArchiveChoice, Installation, RestoreRequest
from .._engine.restore_result import RestoreResult
from .._engine.safety_backup import SafetyBackups, safety_store
from .._engine.selective_request import SelectedRequest
from .._errors import HostError, Notice
from .._options import docker_stack, encryption, environment, login, media, redis_login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._postgres.server import Server
from .._run.run_job import run_job
from .._stack.health import check_url
from .._stack.migrations import known_migrations
from .._stack.model import DatabaseContainer, Stack
from .._stack.quiesce import Application
from .selected import check_selection, row_filter, selected_diff


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
        "components": {
            "type": "list",
            "elements": "str",
            "choices": [DATABASE, DIRECTORIES, CONFIG, REDIS],
        },
        "directories": {"type": "dict"},
        "redis_url": {"type": "str", "no_log": True},
        "tables": {"type": "list", "elements": "str", "default": []},
        "paths": {"type": "list", "elements": "str", "default": []},
        "restore_exclude_paths": {"type": "list", "elements": "str", "default": []},
        "rows": {"type": "dict", "default": {}},
        "merge": {"type": "bool", "default": False},
        "tickets": {"type": "list", "elements": "int", "default": []},
        "contacts": {"type": "list", "elements": "int", "default": []},
        "strategy": {"type": "str", "choices": ["auto", "swap", "in_place"], "default": "auto"},
        "if_not_empty": {"type": "str", "choices": ["fail", "skip", "replace"], "default": "fail"},
        "whatsapp_sessions": {"type": "str", "choices": ["clear", "keep"], "default": "clear"},
        "fix_sequences": {"type": "bool", "default": True},
        "role_mapping": {"type": "dict", "default": {}},
        "leave_out": {"type": "list", "elements": "str", "default": []},
        "config_mapping": {"type": "dict", "default": {}},
        "keep_previous": {"type": "bool", "default": True},
        "stop_application": {"type": "str", "choices": ["auto", "never"], "default": "auto"},
        "health_url": {"type": "str", "no_log": False},
        "health_timeout": {"type": "int", "default": 120},
        "if_unhealthy": {"type": "str", "choices": [FAIL, UNDO], "default": FAIL},
        "format": {"type": "str", "choices": ["1", "sidekick", "retrieved"]},
        "state": {"type": "str", "choices": ["restored", "undone"], "default": "restored"},
        "safety_backup_dir": {"type": "path"},
        "pg_dump": {"type": "path"},
        "lock_timeout": {"type": "int", "default": 60},
        "force": {"type": "bool", "default": False},
        "jobs": {"type": "int"},
    }


def request(params: Params, dry_run: bool, stack: Stack | None = None) -> RestoreRequest:
    """Translate the options to a request. Raise SidekickError if they are invalid."""
    env = environment.environment(params, stack)
    server, key = login.database(params, env, stack), encryption.key(params, env)
    store = Path(params["backup_dir"]) if params["backup_dir"] else None
    safety = _safety(params, server, key, login.database_container(params, stack))
    policy = Policy(params["if_not_empty"], params["keep_previous"], dry_run, params["force"])
    installation = Installation(
        server,
        media.directories(params, stack),
        redis_login.redis(params, stack) if _is_about_redis(params) else None,
        outage=_outage(params, stack, server),
    )
    return RestoreRequest(
        ArchiveChoice(params["backup"], store, key, params["allow_plain"], params["format"]),
        installation,
        _parts(params, installation, safety, stack),
        policy,
        _selected(params, installation, policy, safety),
        params["if_unhealthy"],
    )


def _parts(
    params: Params, installation: Installation, safety: SafetyBackups | None, stack: Stack | None
) -> tuple[Part, ...]:
    """Return the requests of the components: those in the options, by default database and directories."""
    requested, jobs = params["components"], specs.jobs(params)
    wanted = requested or [DATABASE, DIRECTORIES]
    mapping = _config_mapping(params["config_mapping"])
    parts: list[Part] = []
    if CONFIG in wanted:
        parts.append(ConfigPart(mapping))
    if REDIS in wanted:
        parts.append(RedisPart(installation.redis))
    if DIRECTORIES in wanted:
        exclude = tuple(params["restore_exclude_paths"])
        parts.append(DirectoriesPart(installation.directories, bool(requested), jobs, exclude))
    if DATABASE in wanted:
        parts.append(
            DatabasePart(
                installation.server,
                asked=bool(requested),
                jobs=jobs,
                strategy=params["strategy"],
                role_mapping={str(name): str(role) for name, role in params["role_mapping"].items()},
                leave_out=frozenset(params["leave_out"]),
                fix_sequences=params["fix_sequences"],
                clear_sessions=params["whatsapp_sessions"] == "clear",
                migrations=_migrations(params, stack),
                lock_timeout=params["lock_timeout"],
                safety=safety,
            )
        )
    return tuple(parts)


def _selected(
    params: Params, installation: Installation, policy: Policy, safety: SafetyBackups | None
) -> SelectedRequest | None:
    """Return the request for single tables, rows and paths; None if whole components are restored."""
    rows = row_filter(params["rows"])
    if not _is_selective(params):
        return None
    return SelectedRequest(
        installation.server,
        jobs=specs.jobs(params),
        directories=installation.directories,
        components=tuple(params["components"]) if params["components"] else None,
        tables=tuple(params["tables"]),
        paths=tuple(params["paths"]),
        rows=rows,
        merge=params["merge"],
        tickets=tuple(params["tickets"]),
        contacts=tuple(params["contacts"]),
        strategy=params["strategy"],
        if_not_empty=policy.if_not_empty,
        clear_sessions=params["whatsapp_sessions"] == "clear",
        fix_sequences=params["fix_sequences"],
        safety=safety,
        force=policy.force,
        dry_run=policy.dry_run,
    )


def _is_selective(params: Params) -> bool:
    return any(params[option] for option in ("tables", "paths", "tickets", "contacts"))


def _outage(params: Params, stack: Stack | None, server: Server) -> OutagePlan | None:
    """Return how the application is stopped if it uses replaced data; None for never. Raise HostError (``option_invalid``)."""
    url = params["health_url"]
    if url:
        check_url(url)
    if params["stop_application"] == "never" or stack is None or not stack.application:
        return None
    # Redis keys always belong to the application.
    used = {KEYS, *(directory_in_use(each.path) for each in stack.directories.values())}
    found = stack.database
    if found is not None and (found.host, found.port) == (server.host, server.port):
        used.add(database_in_use(found.name))
    return OutagePlan(
        Application.of(stack.docker_host, stack.application),
        frozenset(used),
        health_url=url,
        health_timeout=params["health_timeout"],
    )


def _is_about_redis(params: Params) -> bool:
    return params["state"] == "undone" or REDIS in (params["components"] or [])


def _migrations(params: Params, stack: Stack | None) -> frozenset[str]:
    """Return the migrations in the image of the stack's backend, if a whole database is restored; else none."""
    about = params["state"] == "restored" and DATABASE in (params["components"] or [DATABASE])
    if stack is None or not stack.backends or not about or _is_selective(params):
        return frozenset()
    return known_migrations(stack.docker_host, stack.backends[0].name)


def _config_mapping(given: Params) -> dict[str, str]:
    """Return the mapping of configuration files. Raise HostError (``option_invalid``)."""
    for source, target in given.items():
        if not (isinstance(target, str) and os.path.isabs(target) and os.path.isabs(str(source))):
            value, cause = f"{source}: {target}", "both must be paths that begin with /"
            raise HostError("option_invalid", option="config_mapping", value=value, cause=cause)
    return {str(source): target for source, target in given.items()}


def _safety(
    params: Params, server: Server, key: Key | None, container: DatabaseContainer | None
) -> SafetyBackups | None:
    """Return how a database is backed up before it is replaced in place; None without a directory for the backup."""
    given, default = (
        Path(params[name]) if params[name] else None for name in ("safety_backup_dir", "backup_dir")
    )
    store = safety_store(given, default)
    if store is None:
        return None
    request = BackupRequest(
        server=server,
        backup_dir=store,
        database=DatabaseOptions(jobs=specs.jobs(params)),
        key=Recipients.of(key) if key and key.kind == AGE_IDENTITY else key,
        adopt_store=True,
        # The user may remove safety backups.
        init=True,
        pg_dump=params["pg_dump"],
        container=container,
    )
    return SafetyBackups(request)


def run(params: Params, check_mode: bool) -> Outcome:
    """Restore a backup, or undo the newest restore."""
    # Checked before Docker is used, so that invalid options are refused on every host.
    check_selection(params)
    stack = docker_stack.stack(params)
    notices: list[Notice] = media.directory_notices(params, stack)
    wanted = request(params, check_mode, stack)
    undoing = params["state"] == "undone"
    with run_job("undo" if undoing else "restore", notices, check_mode, params) as run:
        # Imported here, because each loads much code that the other does not need.
        if undoing:
            from .._engine.undo import undo

            result = undo(wanted.installation, run, dry_run=check_mode)
        else:
            from .._engine.restore import restore

            result = restore(wanted, run)
        run.finish({"backup": result.backup, "changed": result.changed})
    return Outcome(
        result.changed,
        {
            "state": params["state"],
            "backup": result.backup,
            "database": result.database,
            "directories": result.directories,
            "config": result.config,
            "config_previous": result.config_previous,
            "redis": result.redis,
            "stack": ConfigPlaces(params["config_mapping"]).stack(result.stack),
            "sequences": result.sequences,
            "whatsapp_sessions": result.whatsapp_sessions,
            "previous": result.previous,
            "application": result.application,
            "undeleted": result.undeleted,
            "duration": result.duration,
        },
        (*result.notices, *notices),
        selected_diff(result.database, result.directories) if wanted.selected else _diff(result, undoing),
    )


def _diff(result: RestoreResult, undoing: bool) -> dict[str, str]:
    """Return the diff: the content of each place before and after."""
    places = [f"database {result.database['name']}"] if result.database else []
    places += [f"file {path}" for path in result.config]
    places += [f"directory {found['path']}" for found in result.directories.values()]
    backup = f"backup {result.backup['id']}"
    if undoing:
        before, after = f"{backup}, and what was written since", "what was there before"
    else:
        before, after = "nothing, or something else", backup
    return {
        name: "".join(f"{place}: {text}\n" for place in places)
        for name, text in (("before", before if result.changed else after), ("after", after))
    }
