# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a pg_dump on this host that is new enough, and runs it on a snapshot without exposing the password."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from .._errors import DatabaseError, HostError, listed
from .pinned import dump_defaults, dump_options
from .server import Server
from .session import NO_CONNECTION
from .snapshot import LOCK_WAIT, Snapshot

#: Directories where packages of PostgreSQL install their programs, in addition to PATH.
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql*/bin",
    "/opt/postgresql*/bin",
    "{site}/*/pginstall*/bin",
)
#: Seconds before a retry.
_PAUSE = 0.2
#: Exit statuses of shells and Docker if a program can't be started.
_NOT_STARTED = (126, 127)
#: Maximum number of bytes of a reason that a message shows.
_CAUSE_LENGTH = 400
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")

_OPTIONS = (
    "--format=plain",
    "--no-password",
    "--no-tablespaces",
    "--no-blobs",
    "--no-security-labels",
    "--no-subscriptions",
    f"--lock-wait-timeout={LOCK_WAIT}s",
)


class Running(Protocol):
    """A program that was started."""

    def result(self) -> tuple[int, bytes, bytes]:
        """Wait until the program ends. Return its exit status, standard output and standard error."""

    def close(self) -> None:
        """Stop the program if it is still running."""


class Dumper(Protocol):
    """A way to run pg_dump."""

    @property
    def major(self) -> int:
        """Major version of the program."""

    def start(self, server: Server, arguments: Sequence[str]) -> Running:
        """Start pg_dump for a server's database, with arguments in addition to the connection parameters."""


class _Process:
    """A process of this host."""

    def __init__(self, command: Sequence[str], password: str | None) -> None:
        self._process = subprocess.Popen(  # pylint: disable=ansible-bad-function  # there is no AnsibleModule here
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(password),
        )

    def result(self) -> tuple[int, bytes, bytes]:
        output, errors = self._process.communicate()
        return self._process.returncode, output, errors

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@dataclass(frozen=True)
class PgDump:
    """A pg_dump program of this host, and its major version."""

    path: str
    major: int

    def start(self, server: Server, arguments: Sequence[str]) -> Running:
        """Start pg_dump for a server's database."""
        return _Process([self.path, *arguments, f"--dbname={conninfo(server.libpq())}"], server.password)


def _candidates(explicit: str | None) -> list[str]:
    if explicit:
        return [explicit]
    site = sysconfig.get_path("purelib")
    found = [shutil.which("pg_dump") or ""]
    for place in _PLACES:
        found += sorted(glob.glob(place.format(site=glob.escape(site)) + "/pg_dump"))
    return list(dict.fromkeys(path for path in found if path))


def _major(path: str) -> int | None:
    try:
        said = subprocess.run(  # pylint: disable=ansible-bad-function  # there is no AnsibleModule here
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=_environment(None),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return major_version(said.stdout)


def major_version(said: str) -> int | None:
    """Return the major version in the output of ``pg_dump --version``, or None."""
    match = _VERSION.search(said)
    return int(match.group(1)) if match else None


def find_pg_dump(server_version: int, explicit: str | None = None) -> PgDump:
    """Return the pg_dump of the server's major version, or else of the next newer version.

    :param server_version: as PostgreSQL numbers it, for example 160014.
    :param explicit: path of the only pg_dump that may be used, or None.

    Raise HostError (``pg_dump_missing``): an older pg_dump can't read a newer server.
    """
    wanted = server_version // 10000
    found = [PgDump(path, major) for path in _candidates(explicit) if (major := _major(path)) is not None]
    fitting = [candidate for candidate in found if candidate.major >= wanted]
    if fitting:
        return min(fitting, key=lambda candidate: candidate.major)
    if found:
        seen = listed(f"{candidate.path} ({candidate.major})" for candidate in found)
        raise HostError("pg_dump_missing", problem="old", needed=wanted, found=seen)
    looked = explicit or "PATH, " + ", ".join(place for place in _PLACES if "{" not in place)
    raise HostError("pg_dump_missing", problem="none", needed=wanted, looked=looked)


def _environment(password: str | None) -> dict[str, str]:
    # Nothing else is passed on, so that no PG* variable of the caller affects the connection.
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": os.environ.get("HOME", "/"),
        "LC_ALL": "C",
    }
    if password is not None:
        environment["PGPASSWORD"] = password
    return environment


def conninfo(words: Mapping[str, str | int]) -> str:
    """Return a connection string of libpq with these keywords and values."""

    def quoted(value: object) -> str:
        return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"

    return " ".join(f"{word}={quoted(value)}" for word, value in words.items())


class SchemaLockedError(Exception):
    """pg_dump timed out waiting for a lock, because another session requested an exclusive lock after the leader."""


class SchemaDump:
    """A running pg_dump of one section of a snapshot. A context manager; :meth:`result` waits for it."""

    def __init__(self, dumper: Dumper, snapshot: Snapshot, section: str) -> None:
        self._section = section
        self._leader = snapshot.leader
        self._server = snapshot.leader.server
        encoding = snapshot.leader.parameter("client_encoding") or "UTF8"
        query, parameters = dump_defaults()
        options = dump_options(self._leader.query(query, parameters))
        arguments = [
            *_OPTIONS,
            f"--encoding={encoding}",
            f"--section={section}",
            f"--snapshot={snapshot.name}",
        ]
        self._start = partial(dumper.start, replace(self._server, options=options), arguments)
        self._running = self._start()

    def result(self) -> bytes:
        """Return the SQL.

        Raise SchemaLockedError, or DatabaseError: ``pg_dump_failed`` unless the exit status is 0 and the closing line
        was written; ``connection_lost`` if the snapshot's session was lost.
        """
        status, sql, said = self._running.result()
        deadline = time.monotonic() + self._server.connect_timeout
        # A closed connection still counts towards the limit for a moment, and other sessions connect and disconnect.
        while (
            status != 0
            and any(word.encode() in said for word in NO_CONNECTION)
            and time.monotonic() < deadline
        ):
            time.sleep(_PAUSE)
            self._running.close()
            self._running = self._start()
            status, sql, said = self._running.result()
        complete = b"\n-- PostgreSQL database dump complete\n" in sql[-400:]
        if status != 0 or not complete:
            if b"LOCK TABLE" in said:
                raise SchemaLockedError(f"pg_dump waited {LOCK_WAIT} s in vain for the lock of a table")
            self._leader.execute("SELECT 1", context="pg_dump")
            # Docker writes to standard output why a program could not be started.
            said = said or (sql[:_CAUSE_LENGTH] if status in _NOT_STARTED else b"")
            cause = said.decode(errors="replace").strip().splitlines()
            raise DatabaseError(
                "pg_dump_failed",
                database=self._server.database,
                section=self._section,
                status=status,
                cause=" ".join(cause[:3]) or "no closing line",
            )
        return sql

    def __enter__(self) -> SchemaDump:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()
