# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_backup``: its options, and their translation to an engine request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .._archive.age import Recipients
from .._archive.keys import AGE_IDENTITY, Key
from .._components.config.backup import ConfigBackup
from .._components.config.pack import ConfigSources
from .._components.database.options import DatabaseOptions
from .._components.directories.backup import DirectoriesBackup
from .._components.packing import BackupPart
from .._components.point_in_time import QuiesceOptions
from .._components.redis.backup import RedisBackup
from .._components.redis.pack import DEFAULT_KEYS, RedisSource
from .._engine.backup import backup
from .._engine.backup_request import BackupRequest
from .._errors import EncryptionError, HostError, Notice
from .._options import docker_stack, encryption, env_values, environment, login, media, redis_login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._stack.describe import kept
from .._stack.migrations import Migrators
from .._stack.model import Stack
from .._stack.quiesce import NONE, Application
from .._stack.redis_server import redis_server
from .._store import times
from .._store.ownership import Ownership
from .._store.pins import check_label, parse_pin
from .._store.units import parse_duration

COMPRESSIONS = ["gzip", "zstd", "none"]
ENCRYPTIONS = ["none", "aes256", "age"]


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.key_options(),
        **specs.file_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "backup_dir": {"type": "path", "required": True},
        "directories": {"type": "dict"},
        "config_files": {"type": "list", "elements": "path", "default": []},
        "stack_config": {"type": "bool", "default": True},
        "plain_secrets": {"type": "bool", "default": False, "no_log": False},
        "redis_url": {"type": "str", "no_log": True},
        "redis_keys": {"type": "list", "elements": "str", "default": list(DEFAULT_KEYS), "no_log": False},
        "compression": {"type": "str", "choices": COMPRESSIONS},
        "compression_level": {"type": "int"},
        "encryption": {"type": "str", "choices": ENCRYPTIONS},
        "encryption_recipients": {"type": "list", "elements": "str", "default": []},
        "jobs": {"type": "int"},
        "row_digests": {"type": "bool", "default": True},
        "exclude_table_data": {"type": "list", "elements": "str", "default": []},
        "exclude_paths": {"type": "list", "elements": "str", "default": []},
        "if_older_than": {"type": "str"},
        "label": {"type": "str"},
        "pin": {"type": "str"},
        "quiesce": {"type": "str", "choices": ["none", "pause", "stop"], "default": "none"},
        "quiesce_timeout": {"type": "int", "default": 300},
        "lock_timeout": {"type": "int", "default": 0},
        "adopt_store": {"type": "bool", "default": False},
        "backup_init": {"type": "bool", "default": False},
        "pg_dump": {"type": "path"},
    }


def request(params: Params, dry_run: bool, stack: Stack | None = None) -> BackupRequest:
    """Translate the options to a request. Raise SidekickError if they are invalid."""
    env = environment.environment(params, stack)
    source = env_values.where(params, stack)
    compression = params["compression"] or env_values.choice(env, "BACKUP_COMPRESSION", COMPRESSIONS, source)
    key = _key(params, env, source)
    age = params["if_older_than"]
    directories = media.directories(params, stack)
    return BackupRequest(
        server=login.database(params, env, stack),
        backup_dir=Path(params["backup_dir"]),
        database=DatabaseOptions(
            jobs=specs.jobs(params),
            row_digests=params["row_digests"],
            exclude_table_data=tuple(params["exclude_table_data"]),
        ),
        directories=directories,
        parts=_parts(params, directories, stack, encrypted=key is not None),
        stack=kept(stack) if stack else None,
        compression=compression or "gzip",
        compression_level=params["compression_level"],
        key=key,
        if_older_than=parse_duration(age, option="if_older_than") if age else None,
        label=check_label(params["label"]) if params["label"] else None,
        pin=_pin(params["pin"]),
        lock_timeout=params["lock_timeout"],
        ownership=Ownership.resolve(params["owner"], params["group"], params["mode"]),
        adopt_store=params["adopt_store"],
        init=params["backup_init"],
        pg_dump=params["pg_dump"],
        container=login.database_container(params, stack),
        migrators=Migrators(stack.docker_host, tuple(each.name for each in stack.backends))
        if stack
        else None,
        dry_run=dry_run,
        quiesce_options=_quiesce_options(params, stack),
    )


def _parts(
    params: Params, directories: Mapping[str, Path], stack: Stack | None, *, encrypted: bool
) -> tuple[BackupPart, ...]:
    """Return the requests of all components except the database."""
    # Files with passwords and keys are only backed up into an encrypted archive, or on request.
    secrets = encrypted or params["plain_secrets"]
    config = ConfigSources(
        named=tuple(Path(path) for path in params["config_files"]),
        found=stack.compose.everything if stack and params["stack_config"] else (),
    )
    redis = _redis(params, stack)
    return (
        ConfigBackup(config, encrypted, secrets),
        *((RedisBackup(redis, encrypted, secrets),) if redis else ()),
        DirectoriesBackup(directories, tuple(params["exclude_paths"]), specs.jobs(params)),
    )


def _pin(value: str | None) -> str | None:
    """Return the option ``pin``, if it is valid. Raise StoreError (``option_invalid``)."""
    if value:
        # Checked now, not after an hour of backup. A duration is counted from the end of the backup.
        parse_pin(value, times.utc_now())
    return value or None


def _key(params: Params, env: Mapping[str, str], source: str) -> Key | Recipients | None:
    """Return the key or the recipients to encrypt the archive for; None for no encryption.

    Raise HostError (``option_invalid``, ``env_value_invalid``), EncryptionError.
    """
    given, recipients = encryption.key(params, env), params["encryption_recipients"]
    # A key or recipients imply encryption; otherwise BACKUP_ENCRYPTION_KEY alone, as in the old guide, would have no
    # effect. Recipients have precedence, because an identity may be configured for restores.
    default = "age" if recipients else "aes256" if given else "none"
    wanted = (
        params["encryption"] or env_values.choice(env, "BACKUP_ENCRYPTION", ENCRYPTIONS, source) or default
    )
    if wanted == "age":
        return Recipients.parse(recipients)
    if recipients:
        raise HostError(
            "option_invalid", option="encryption", value=wanted, cause="encryption_recipients are for age"
        )
    if wanted == "none":
        return None
    if given is None:
        raise EncryptionError("key_missing_for_backup")
    if given.kind == AGE_IDENTITY:
        raise EncryptionError("identity_for_backup")
    return given


def _redis(params: Params, stack: Stack | None) -> RedisSource | None:
    """Return which keys of Redis to back up; None if there is no Redis, or no keys are wanted."""
    patterns = tuple(params["redis_keys"])
    if not patterns:
        return None
    if params["redis_url"]:
        return RedisSource(redis_server(params["redis_url"]), patterns, required=True)
    found = stack.redis if stack else None
    if stack is None or found is None:
        return None
    server = redis_login.redis(params, stack)
    name = found.container.name if found.container else None
    causes = [each for each in stack.notices if each.facts.get("container") == name]
    return RedisSource(server, patterns, cause=causes[0] if causes else None)


def _quiesce_options(params: Params, stack: Stack | None) -> QuiesceOptions | None:
    """Return how the application is quiesced. Raise HostError (``quiesce_unknown``, ``option_invalid``)."""
    if params["quiesce"] == NONE:
        return None
    if stack is None or not stack.backends:
        raise HostError("quiesce_unknown", mode=params["quiesce"])
    if params["quiesce_timeout"] < 1:
        raise HostError(
            "option_invalid",
            option="quiesce_timeout",
            value=params["quiesce_timeout"],
            cause="it must be a number of seconds above 0",
        )
    application = Application.of(stack.docker_host, stack.writers)
    return QuiesceOptions(application, params["quiesce"], params["quiesce_timeout"])


def run(params: Params, check_mode: bool) -> Outcome:
    """Make a backup."""
    stack = docker_stack.stack(params)
    notices: list[Notice] = media.directory_notices(params, stack)
    wanted = request(params, check_mode, stack)
    notices += env_values.misspelt(environment.environment(params, stack), env_values.where(params, stack))
    with run_job("backup", notices, check_mode, params) as run:
        run.note(components=sorted(wanted.components))
        result = backup(wanted, run)
        run.finish({"id": result.backup["id"], "path": result.backup["path"], "changed": result.changed})
    before = "no new backup"
    after = f"{result.backup['path']} ({', '.join(sorted(wanted.components))})"
    return Outcome(
        result.changed,
        {"backup": result.backup, "quiesced": result.quiesced},
        (*result.notices, *notices),
        {"before": f"{before}\n", "after": f"{after}\n" if result.changed else f"{before}\n"},
    )
