# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores with backups, and processes that are killed, for tests of code that uses a store."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import naming, times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import Backup
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.publish import Publication
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import (
    DatabaseTotals,
    DirectoryTotals,
    Proof,
    Sidecar,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Source, Store

UTC = datetime.timezone.utc
NOW = datetime.datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)
SOURCE = Source("7412345678901234567", "ticketz")
FULL = ("database", "directories:public")
VERIFIED = {"verified": Proof("2026-01-31T02:01:00Z", "backup", "full")}


def sidecar_for(id: str, content: bytes = b"archive", **changes: Any) -> Sidecar:
    """Return a realistic sidecar."""
    created = naming.time_of(id)
    assert created
    moment = times.to_text(created)
    whole = Sidecar(
        id=id,
        file=naming.archive_file(id, "gzip", "none"),
        created=moment,
        finished=moment,
        duration=1.5,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        compression="gzip",
        encryption="none",
        components=FULL,
        producer="ticketz.sidekick 1.0.0",
        database=DatabaseTotals(
            "ticketz", "16.14", 8_000_000, 2, 12, {"public.Messages": 10, "public.Tickets": 2}
        ),
        directories={"public": DirectoryTotals("/srv/public", 3, 4096)},
        proofs=VERIFIED,
    )
    return replace(whole, **changes)


def add_backup(store: Store, id: str, content: bytes = b"archive", **changes: Any) -> Path:
    """Publish a backup and return its archive."""
    found = sidecar_for(id, content, **changes)
    with store.lock("backup").acquire(), Publication(store, found.file) as publication:
        publication.file.write(content)
        publication.publish(found)
    return store.path / found.file


def id_at(moment: datetime.datetime) -> str:
    """Return the id of a backup made at a time."""
    return naming.new_id(moment, ())


def id_before(**age: float) -> str:
    """Return the id of a backup of an age; the age is counted back from :data:`NOW`."""
    return id_at(NOW - datetime.timedelta(**age))


def backup_at(moment: datetime.datetime, components: Iterable[str] = FULL, state: str = "good") -> Backup:
    """Return a backup as listed by the store, without any file."""
    id = id_at(moment)
    file = naming.archive_file(id, "gzip", "none")
    created = naming.time_of(id)
    assert created
    found = replace(sidecar_for(id), components=tuple(components)) if state != "no_sidecar" else None
    return Backup(id, file, Path("/store") / file, "1", created, 7, 0o600, state, sidecar=found)


def days_ago(*ages: float, components: Iterable[str] = FULL, state: str = "good") -> list[Backup]:
    """Return backups made that many days before :data:`NOW`."""
    return [backup_at(NOW - datetime.timedelta(days=age), components, state) for age in ages]


def with_rows(backup: Backup, rows: int, table: str = "public.Messages") -> Backup:
    """Return the backup with another number of rows in a table."""
    assert backup.sidecar and backup.sidecar.database
    database = backup.sidecar.database
    tables = {**(database.tables or {}), table: rows}
    changed = replace(database, tables=tables, rows=sum(tables.values()))
    return replace(backup, sidecar=replace(backup.sidecar, database=changed))


def with_missing(backup: Backup, *components: str) -> Backup:
    """Return the backup with components that are incomplete."""
    assert backup.sidecar
    codes = {
        name: ("large_objects_left",) if name == "database" else ("path_left_out",) for name in components
    }
    return replace(backup, sidecar=replace(backup.sidecar, incomplete=codes))


def pinned_at(backup: Backup, pin: str | None) -> Backup:
    """Return the backup with a pin."""
    assert backup.sidecar
    return replace(backup, sidecar=replace(backup.sidecar, pin=pin))


@contextmanager
def forked(action: Callable[[], None]) -> Iterator[int]:
    """Run an action in a child process, which is killed at the end of the block if it is still running."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def code_in_child(action: Callable[[], object]) -> str:
    """Run an action in a child process; return the code of its error, or an empty string if it succeeded."""
    reading, writing = os.pipe()

    def run() -> None:
        code = ""
        try:
            action()
        except SidekickError as error:
            code = error.code
        except BaseException as error:
            code = repr(error)
        os.write(writing, code.encode() + b".")

    with forked(run):
        found = os.read(reading, 1000).decode()
    os.close(reading)
    os.close(writing)
    return found[:-1]


#: Additional results of :func:`on_own_mount`: some machines allow only root to mount a file system.
MOUNTED = frozenset() if os.geteuid() == 0 else frozenset({"no mount"})


def on_own_mount(path: Path, options: str, action: Callable[[], object]) -> str:
    """Run an action with a new file system mounted on a directory; return the code of its error.

    The mount is only visible to the process that runs the action.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    new_mounts, new_user, read_only, private = 0x00020000, 0x10000000, 1, 0x44000
    flags = read_only if options == "ro" else 0
    data = b"" if options == "ro" else options.encode()

    def run() -> None:
        user, group = os.geteuid(), os.getegid()
        libc.unshare(new_mounts | (0 if user == 0 else new_user))
        if user:
            # Without a mapping of its user and group id, the process could mount, but not create files.
            for name, line in (
                ("setgroups", "deny"),
                ("uid_map", f"{user} {user} 1"),
                ("gid_map", f"{group} {group} 1"),
            ):
                with contextlib.suppress(OSError):
                    Path("/proc/self", name).write_text(line)
        libc.mount(None, b"/", None, private, None)
        if libc.mount(b"none", os.fsencode(path), b"tmpfs", flags, data):
            raise NoMountError
        action()

    found = code_in_child(run)
    return "no mount" if found == repr(NoMountError()) else found


class NoMountError(Exception):
    """This user may not mount a file system."""


def _kill_at_line(number: int, files: tuple[str, ...]) -> None:
    """Kill this process before it runs a line of some files.

    :param number: number of the line, counted from 1 for the next line that is run.
    """
    left = number

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if os.path.basename(frame.f_code.co_filename) not in files:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def kill_at_each_line(
    action: Callable[[Path], None], fresh: Callable[[int], Path], *files: str
) -> Iterator[Path]:
    """Run an action repeatedly in child processes, which are killed before the first, second, … line.

    Yield the directory of each run; the last one is that of a run that was not killed.

    :param action: does its work in a directory.
    :param fresh: creates the directory for a run, by its number.
    :param files: names of the source files whose lines are counted.
    """
    number = 0
    while True:
        number += 1
        directory = fresh(number)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                _kill_at_line(number, files)
                action(directory)
                code = 0
            finally:
                os._exit(code)
        result = os.waitpid(pid, 0)[1]
        yield directory
        if not os.WIFSIGNALED(result):
            assert os.WEXITSTATUS(result) == 0
            return
