# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes backups and restores in tests, and reads their results independently of the engine."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import stat
import subprocess
import tarfile
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.component import Part, Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.backup import ConfigBackup
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.pack import ConfigSources
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.restore import (
    CONFIG,
    ConfigPart,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.restore import (
    DATABASE,
    DatabasePart,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.backup import (
    DirectoriesBackup,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.restore import (
    DIRECTORIES,
    DirectoriesPart,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.backup import RedisBackup
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.restore import (
    REDIS,
    RedisPart,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import undo as _undo
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup import (
    BackupRequest,
    BackupResult,
    backup,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore import restore
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_request import (
    ArchiveChoice,
    Installation,
    RestoreRequest,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_result import RestoreResult
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.selective_request import (
    SelectedRequest,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import RedisServer

#: Settings that make the text of rows independent of the session and database.
_SETTINGS = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 3; SET row_security = off"

_TABLES = """
SELECT n.nspname, c.relname,
       ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


def reach(database: Any, name: str | None = None, **changes: Any) -> Server:
    """Return the engine's ``Server`` for a database of the fixtures, or for another one on the same server."""
    given = {
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "database": name or getattr(database, "name", "postgres"),
    }
    return Server(**{**given, **changes})


def libpq(database: Any) -> dict[str, str]:
    """Return libpq's connection parameters for a database of the fixtures."""
    return {
        "host": database.host,
        "port": str(database.port),
        "user": database.user,
        "password": database.password,
        "dbname": database.name,
    }


def make_backup(server: Server, store: Path, run: Run | None = None, **options: Any) -> BackupResult:
    """Back up to a store, which is created if it is missing."""
    store.mkdir(mode=0o700, exist_ok=True)
    jobs = options.pop("jobs", 2)
    database = options.pop("database", None) or DatabaseOptions(jobs=jobs)
    where, encrypted = options.pop("directories", {}), bool(options.get("key"))
    secrets = options.pop("plain_secrets", False) or encrypted
    redis = options.pop("redis", None)
    parts = (
        ConfigBackup(options.pop("config", None) or ConfigSources(), encrypted, secrets),
        *((RedisBackup(redis, encrypted, secrets),) if redis else ()),
        DirectoriesBackup(where, tuple(options.pop("exclude_paths", ())), database.jobs),
    )
    given = {"journal": journal(store), "directories": where, "parts": parts, **options}
    return backup(BackupRequest(server=server, backup_dir=store, database=database, **given), run or Run())


def journal(store: Path) -> Path:
    """Return the journal's directory for the restores of a test."""
    return store.parent / "switches"


def make_restore(server: Server, store: Path, run: Run | None = None, **options: Any) -> RestoreResult:
    """Restore the newest backup of a store, by default without clearing WhatsApp sessions."""
    return restore(restore_request(server, store, **options), run or Run())


def restore_request(
    server: Server,
    store: Path,
    *,
    components: Collection[str] | None = None,
    directories: Mapping[str, Path] | None = None,
    redis: RedisServer | None = None,
    config_mapping: Mapping[str, str] | None = None,
    jobs: int = 2,
    **options: Any,
) -> RestoreRequest:
    """Return the request for a restore; ``options`` are fields of the request and of its parts, by their names."""

    def of(request: type, **defaults: Any) -> dict[str, Any]:
        names = {field.name for field in fields(request)}
        return {**defaults, **{name: options.pop(name) for name in list(options) if name in names}}

    where = directories or {}
    wanted = components or [DATABASE, DIRECTORIES]
    asked = components is not None
    given = of(DatabasePart, clear_sessions=False)
    given["leave_out"] = frozenset(given.get("leave_out", ()))
    database = DatabasePart(server, asked, jobs, **given)
    parts: dict[str, Part] = {
        CONFIG: ConfigPart(config_mapping or {}),
        REDIS: RedisPart(redis),
        DIRECTORIES: DirectoriesPart(where, asked, jobs, tuple(options.pop("exclude_paths", ()))),
        DATABASE: database,
    }
    here = Installation(server, where, redis, options.pop("journal", journal(store)))
    choice = ArchiveChoice(**of(ArchiveChoice, backup="latest", backup_dir=store))
    policy = Policy(**of(Policy))
    chosen = tuple(part for name, part in parts.items() if name in wanted)
    some = {name: options.pop(name) for name in ("tables", "paths") if name in options}
    selected = SelectedRequest(server, jobs, where, **some) if some else None
    return RestoreRequest(choice, here, chosen, policy, selected, **options)


def undo(server: Server, store: Path, **options: Any) -> RestoreResult:
    """Undo the newest restore."""
    where = options.pop("directories", {})
    redis = options.pop("redis", None)
    here = Installation(server, where, redis, options.pop("journal", journal(store)))
    return _undo.undo(here, Run(), **options)


def contents(connection: Any) -> dict[str, tuple[int, str]]:
    """Return row count and a checksum of the sorted rows of every table.

    Materialized views are left out, because a restore refreshes them, like pg_restore.
    """
    found = {}
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        cursor.execute(_TABLES)
        for schema, name, columns in cursor.fetchall():
            lines: list[bytes] = []
            table = ".".join('"' + part.replace('"', '""') + '"' for part in (schema, name))
            sql = f"COPY (SELECT {', '.join(columns)} FROM ONLY {table}) TO STDOUT"
            cursor.copy_expert(sql, _Lines(lines))
            lines.sort()
            found[f"{schema}.{name}"] = (len(lines), hashlib.sha256(b"".join(lines)).hexdigest())
    return found


class _Lines:
    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines

    def write(self, line: bytes) -> None:
        self._lines.append(line)


def schema_dump(bindir: str, server: Server) -> list[str]:
    """Return the lines of pg_dump's schema, without lines that differ between runs."""
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": server.host,
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSWORD": server.password or "",
    }
    done = subprocess.run(
        [f"{bindir}/pg_dump", "--schema-only", server.database],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in done.stdout.splitlines() if not re.match(r"\\(un)?restrict |-- Dumped ", line)]


def tree(root: Path) -> dict[str, tuple[Any, ...]]:
    """Return mode (with file type), owner, time and content of a directory and everything below it."""
    found: dict[str, tuple[Any, ...]] = {}
    top = os.fsencode(root)
    for path, directories, files in os.walk(top):
        for name in [b"", *directories, *files] if path == top else [*directories, *files]:
            whole = os.path.join(path, name) if name else path
            status = os.lstat(whole)
            content: Any = None
            if stat.S_ISREG(status.st_mode):
                with open(whole, "rb") as file:
                    content = (status.st_nlink, hashlib.sha256(file.read()).hexdigest())
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(whole)
            key = os.path.relpath(whole, top).decode("utf-8", "surrogateescape")
            found[key] = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content)
    return found


def referred(archive: Path) -> tuple[set[str], set[str]]:
    """Return the media that the messages in an archive refer to, and the media in the archive."""
    wanted: set[str] = set()
    there: set[str] = set()
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.startswith("database/data/public.Messages/"):
                text = io.TextIOWrapper(tar.extractfile(member), encoding="utf-8", newline="")  # type: ignore[arg-type]
                wanted |= {row["mediaUrl"] for row in csv.DictReader(text) if row["mediaUrl"]}
            elif member.name.startswith("files/public/"):
                there.add(member.name[len("files/public/") :])
    return wanted, there
