# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of the benchmark: this collection's verbs, and the commands that people use without it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.state_dir import VARIABLE
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import BuildResult, build

from . import measure
from .measure import Taken


@dataclass(frozen=True)
class Bench:
    """The environment of a benchmark.

    :param work: directory for all files that are written.
    :param server: connection parameters and ``bindir`` of the server.
    :param folders: name → media folder.
    :param runner: the collection's zipapp.
    """

    work: Path
    server: dict[str, Any]
    folders: dict[str, Path]
    runner: Path

    @property
    def many(self) -> Path:
        """A store with :data:`MANY` backups."""
        return self.work / "many"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for other tools: PATH with the server's programs, and its connection parameters."""
        return {
            "PATH": f"{self.server['bindir']}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            "HOME": str(self.work),
            "LC_ALL": "C.UTF-8",
            "PGHOST": self.server["host"],
            "PGPORT": str(self.server["port"]),
            "PGUSER": self.server["user"],
            "PGPASSWORD": self.server["password"],
        }

    def database(self, name: str, **options: Any) -> BuildResult:
        """Create a database with a demo Ticketz; for the options see :func:`build`."""
        self.shell(f"psql -q -d postgres -c 'CREATE DATABASE {name} TEMPLATE template0'")
        connection = {word: self.server[word] for word in ("host", "port", "user", "password")}
        return build({**connection, "dbname": name}, **options)

    def shell(self, script: str) -> Taken:
        """Run another tool's script in the work directory."""
        return measure.shell(f"cd '{self.work}'\n{script}", self.environment, self.work / "peers.log")

    def verb(self, verb: str, **options: Any) -> Taken:
        """Run one of the collection's verbs in a new process, like cron."""
        connection = {
            "login_host": self.server["host"],
            "login_port": self.server["port"],
            "login_user": self.server["user"],
            "login_password": self.server["password"],
        }
        path = self.work / f"options-{secrets.token_hex(4)}.json"
        given = {**(connection if verb in ("backup", "restore") else {}), **options}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(given, file)
        environment = {
            **{name: self.environment[name] for name in ("PATH", "HOME", "LC_ALL")},
            # Do not use the machine's state directory.
            VARIABLE: str(self.work / "state"),
        }
        command = [sys.executable, str(self.runner), verb, "--options", str(path), "--json"]
        # 3: success with warnings (an empty store is not healthy)
        taken = measure.run(command, environment, self.work / "ours.log", accepted=(0, 3))
        path.unlink()
        return taken


@dataclass(frozen=True)
class Case:
    """One measurement.

    :param name: its row in the report.
    :param run: runs it, and removes everything that would affect the next case.
    :param ours: whether it runs a verb, so that the start-up time is subtracted.
    """

    name: str
    run: Callable[[Bench], Taken]
    ours: bool = False


#: Number of backups in the store that :func:`.stores.fill` creates.
MANY = 500
KEY = secrets.token_hex(32)


def fresh(path: Path) -> Path:
    """Return an empty private directory."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    return path


def _drop(bench: Bench, database: str) -> None:
    bench.shell(f"psql -q -d postgres -c 'DROP DATABASE IF EXISTS {database} WITH (FORCE)'")


def startup(bench: Bench) -> Taken:
    """Start Python, import everything, and list an empty store."""
    return bench.verb("backup_info", backup_dir=str(fresh(bench.work / "empty")))


def our_backup(compression: str, encryption: str = "none", media: bool = True) -> Callable[[Bench], Taken]:
    """Return a run that makes a backup to an empty store."""

    def run(bench: Bench) -> Taken:
        options: dict[str, Any] = {"encryption_key": KEY} if encryption != "none" else {}
        return bench.verb(
            "backup",
            backup_dir=str(fresh(bench.work / f"store-{compression}-{encryption}-{media}")),
            backup_init=True,  # the previous store was removed
            login_db="ticketz",
            directories={name: str(path) for name, path in bench.folders.items()} if media else {},
            compression=compression,
            encryption=encryption,
            **options,
        )

    return run


def our_restore(compression: str, encryption: str = "none", media: bool = True) -> Callable[[Bench], Taken]:
    """Return a run that restores a backup of :func:`our_backup`, with all checks."""

    def run(bench: Bench) -> Taken:
        _drop(bench, "restored")
        target = fresh(bench.work / "restored")
        options: dict[str, Any] = {"encryption_key": KEY} if encryption != "none" else {}
        taken = bench.verb(
            "restore",
            backup_dir=str(bench.work / f"store-{compression}-{encryption}-True"),
            login_db="restored",
            components=["database", "directories"] if media else ["database"],
            directories={name: str(target / name) for name in bench.folders} if media else {},
            **options,
        )
        _drop(bench, "restored")
        shutil.rmtree(target)
        return taken

    return run


def our_verify(bench: Bench) -> Taken:
    """Run a full verification."""
    return bench.verb("verify", backup_dir=str(bench.work / "store-zstd-none-True"), level="full")


def our_info(bench: Bench) -> Taken:
    """List a store with many backups."""
    return bench.verb("backup_info", backup_dir=str(bench.many))


def our_quick_verify(bench: Bench) -> Taken:
    """Run a quick verification of the newest of many backups."""
    return bench.verb("verify", backup_dir=str(bench.many), level="quick")


def sidekick_backup(bench: Bench) -> Taken:
    """Run the old sidekick's backup commands: a plain dump, then one tar.gz with everything."""
    fresh(bench.work / "sidekick")
    return bench.shell(
        f"pg_dump ticketz > sidekick/db_dump.sql\n"
        f"tar -czf sidekick/backup.tar.gz -C '{bench.work}' sidekick/db_dump.sql"
        f" -C '{bench.folders['public'].parent}' public private\nrm sidekick/db_dump.sql"
    )


def sidekick_restore(bench: Bench) -> Taken:
    """Run the old sidekick's restore: unpack, then psql, which ignores errors."""
    _drop(bench, "restored")
    bench.shell("psql -q -d postgres -c 'CREATE DATABASE restored TEMPLATE template0'")
    fresh(bench.work / "unpacked")
    taken = bench.shell(
        "tar -xzf sidekick/backup.tar.gz -C unpacked\npsql -q -d restored -f unpacked/sidekick/db_dump.sql"
    )
    shutil.rmtree(bench.work / "unpacked")
    _drop(bench, "restored")
    return taken


def zstd_backup(bench: Bench) -> Taken:
    """Run the fastest backup with stock tools: two pipes to zstd with two threads."""
    fresh(bench.work / "pipes")
    return bench.shell(
        "pg_dump ticketz | zstd -q -T2 -o pipes/db.sql.zst\n"
        f"tar -cf - -C '{bench.folders['public'].parent}' public private | zstd -q -T2 -o pipes/media.tar.zst"
    )


def directory_dump(bench: Bench) -> Taken:
    """Run pg_dump with its parallel format (only the database)."""
    shutil.rmtree(bench.work / "dump", ignore_errors=True)
    return bench.shell("pg_dump -Fd -j2 -f dump ticketz")


def directory_restore(bench: Bench) -> Taken:
    """Run pg_restore in parallel (only the database, without checks)."""
    _drop(bench, "restored")
    bench.shell("psql -q -d postgres -c 'CREATE DATABASE restored TEMPLATE template0'")
    # pg_restore fails for one index of the demo, because its function uses an unqualified name. Ignore that.
    taken = bench.shell("pg_restore -j2 -d restored dump || true")
    _drop(bench, "restored")
    return taken


STARTUP = Case("start-up of our process (backup_info on an empty store)", startup)
CASES = (
    Case("old sidekick: pg_dump + tar -czf", sidekick_backup),
    Case("ours: backup, gzip", our_backup("gzip"), ours=True),
    Case("pg_dump | zstd -T2, tar | zstd -T2", zstd_backup),
    Case("ours: backup, zstd", our_backup("zstd"), ours=True),
    Case("ours: backup, zstd, aes256", our_backup("zstd", "aes256"), ours=True),
    Case("pg_dump -Fd -j2 (database only)", directory_dump),
    Case("ours: backup, zstd (database only)", our_backup("zstd", media=False), ours=True),
    Case("ours: verify full, zstd", our_verify, ours=True),
    Case(f"ours: info, {MANY} backups", our_info, ours=True),
    Case(f"ours: verify quick, {MANY} backups", our_quick_verify, ours=True),
    Case("old sidekick: tar -xzf + psql", sidekick_restore),
    Case("ours: whole restore, gzip", our_restore("gzip"), ours=True),
    Case("ours: whole restore, zstd", our_restore("zstd"), ours=True),
    Case("ours: whole restore, zstd, aes256", our_restore("zstd", "aes256"), ours=True),
    Case("pg_restore -j2 (database only, nothing checked)", directory_restore),
    Case("ours: database restore, zstd, all checks", our_restore("zstd", media=False), ours=True),
)

#: row → (row to compare it with, goal for the ratio); if there is no row to compare with, the goal is in seconds
GOALS = {
    "ours: backup, gzip": ("old sidekick: pg_dump + tar -czf", 1 / 8),
    "ours: backup, zstd": ("pg_dump | zstd -T2, tar | zstd -T2", 0.75),
    "ours: backup, zstd, aes256": ("ours: backup, zstd", 1.1),
    "ours: backup, zstd (database only)": ("pg_dump -Fd -j2 (database only)", None),
    "ours: database restore, zstd, all checks": ("pg_restore -j2 (database only, nothing checked)", 0.9),
    "ours: whole restore, gzip": ("old sidekick: tar -xzf + psql", 1 / 3),
    "ours: whole restore, zstd": ("old sidekick: tar -xzf + psql", 1 / 3),
    "ours: whole restore, zstd, aes256": ("ours: whole restore, zstd", 1.1),
    f"ours: info, {MANY} backups": ("", 1.0),
    f"ours: verify quick, {MANY} backups": ("", 1.0),
}
