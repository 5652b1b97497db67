# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PostgreSQL server from a Python package, for a single run: private, without TCP, removed afterwards."""

from __future__ import annotations

import inspect
import json
import os
import pwd
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import HostError
from . import embedded_guard
from .embedded_packages import Installation, clean_environment, run_program
from .server import Server

#: Who runs the server when root asks: PostgreSQL refuses to run as root.
_ACCOUNTS = ("postgres", "nobody")
#: User ids that nobody has for long: systemd takes those of services without an account of their own from here.
_THROWAWAY = range(61184, 65520)
_PORT = 5432
#: initdb does not quote it. A part of it is random: no role of a backup's may bear the name.
_SUPERUSER = "ticketz_sidekick_drill_"
#: Bytes that the path of a socket may have (107), less the socket's own name.
_LONGEST_SOCKET_DIRECTORY = 107 - len(f"/.s.PGSQL.{_PORT}")


@dataclass(frozen=True)
class _Account:
    """Who runs the server: ourselves, or, for root, somebody else.

    :param uid: None for ourselves.
    """

    uid: int | None = None
    gid: int | None = None

    def throwaway(self) -> int | None:
        """Return an id for the server alone, under which nothing on this host is owned or runs; None for ourselves.

        Only initdb wants an account with a name.
        """
        if self.uid is None:
            return None
        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for name in os.listdir("/proc"):
            with suppress(OSError):
                taken.add(os.stat(f"/proc/{name}").st_uid)
        return secrets.choice([uid for uid in _THROWAWAY if uid not in taken])

    @classmethod
    def find(cls) -> _Account:
        """Return the account. Raise HostError (``embedded_account``)."""
        if os.geteuid() != 0:
            return cls()
        for name in _ACCOUNTS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise HostError("embedded_account", accounts=", ".join(_ACCOUNTS))

    @property
    def options(self) -> dict[str, Any]:
        """What makes subprocess start a program as the account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def directory(self, path: Path) -> Path:
        """Create a private directory of the account's."""
        path.mkdir(mode=0o700)
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        return path


@contextmanager
def embedded(
    installation: Installation,
    directory: Path,
    lock: int,
    check: Callable[[], None],
) -> Iterator[Server]:
    """Run a server for the block, and remove it at the end, also if this process is killed.

    :param directory: a directory of this run alone, which everybody may pass through; removed as a whole
        if the process is killed.
    :param lock: descriptor that is open as long as the directory is in use.
    :param check: called while waiting; whatever it raises ends the server.

    Raise HostError: ``embedded_account``, ``embedded_unreachable``, ``embedded_failed``, ``write_failed``.
    """
    account = _Account.find()
    home = directory / "server"
    sockets: Path | None = None
    try:
        try:
            account.directory(home)
            # A socket's path must be short, and nobody knows how long this one is.
            if len(os.fsencode(home / "socket")) > _LONGEST_SOCKET_DIRECTORY:
                outer = Path(tempfile.mkdtemp(prefix="ticketz-sidekick-", dir="/tmp"))  # it is private
                sockets = outer
                outer.chmod(0o711)
                socket = account.directory(outer / "socket")
            else:
                socket = account.directory(home / "socket")
            server_uid = account.throwaway()
            programs = _reachable(installation, account, home, server_uid)
        except OSError as error:
            raise HostError("write_failed", path=home, cause=error.strerror or error) from error
        superuser, password = _SUPERUSER + secrets.token_hex(6), secrets.token_urlsafe(24)
        order = {**_order(programs, account, home, socket, superuser, password), "server_uid": server_uid}
        order["remove"] = [str(path) for path in (home, sockets) if path]
        order["remove_if_killed"] = [str(directory)]
        with _guarded(installation, order, lock, check, password):
            yield Server(
                unix_socket=str(socket),
                port=_PORT,
                user=superuser,
                password=password,
                database="",
                maintenance_database="postgres",
                connect_timeout=5,
            )
    finally:
        for path in (home, sockets):
            if path:
                shutil.rmtree(path, ignore_errors=True)


def _reachable(installation: Installation, account: _Account, home: Path, server_uid: int | None) -> Path:
    """Return the programs' directory, or that of a copy: root's virtual environment may be closed to the account.

    :param server_uid: what the server runs as, once its directories are made.

    Raise HostError (``embedded_unreachable``) if the account can't even get to our own directory.
    """
    if account.uid is None:
        return installation.root / "bin"
    server = {**account.options, "user": server_uid}
    reached = (
        run_program(["test", "-x", str(home)], account.options),
        run_program(["test", "-x", str(home.parent)], server),
    )
    if None in reached:
        name = pwd.getpwuid(account.uid).pw_name
        raise HostError("embedded_unreachable", path=home.parent.parent, account=name)
    version = [str(installation.root / "bin" / "postgres"), "--version"]
    if None not in (run_program(version, account.options), run_program(version, server)):
        return installation.root / "bin"
    package = installation.root.parent
    copy = home / "programs" / package.name / installation.root.name
    shutil.copytree(installation.root, copy, symlinks=True)
    # The wheel's own shared libraries lie next to the package and are found relative to it.
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / "programs" / libraries.name, symlinks=True)
    for path, directories, files in os.walk(home / "programs"):
        for name in (".", *directories, *files):
            found = Path(path) / name
            if not found.is_symlink():  # our umask may be narrow
                found.chmod(found.stat().st_mode | (0o555 if os.access(found, os.X_OK) else 0o444))
    return copy / "bin"


def _order(
    programs: Path, account: _Account, home: Path, socket: Path, superuser: str, password: str
) -> dict[str, Any]:
    """Return what the guard is to do."""
    secret = home / "password"
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        if account.uid is not None and account.gid is not None:
            os.fchown(descriptor, account.uid, account.gid)
        file.write(password + "\n")
    data = home / "data"
    settings = {
        "listen_addresses": "",
        "port": str(_PORT),
        "unix_socket_directories": str(socket),
        "unix_socket_permissions": "0700",
        "logging_collector": "off",
        "cluster_name": "ticketz.sidekick drill",
    }
    lines = [name + " = '" + value.replace("'", "''") + "'\n" for name, value in settings.items()]
    return {
        "uid": account.uid,
        "gid": account.gid,
        "environment": clean_environment(),
        "data": str(data),
        "log": str(home / "log"),
        "settings": "".join(lines),
        "initdb": [
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={superuser}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        "postgres": [str(programs / "postgres"), "-D", str(data)],
    }


@contextmanager
def _guarded(
    installation: Installation, order: dict[str, Any], lock: int, check: Callable[[], None], secret: str
) -> Iterator[None]:
    """Start the guard, which starts the server; at the end wait until both are gone."""
    source = inspect.getsource(embedded_guard)
    guard = subprocess.Popen(  # pylint: disable=ansible-bad-function  # it has to run next to us
        [sys.executable, "-I", "-S", "-c", source, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        cwd="/",
        pass_fds=(lock,),
        start_new_session=True,
    )
    if guard.stdin is None or guard.stdout is None:
        raise RuntimeError("the guard has no pipes")
    try:
        while not select.select([guard.stdout], [], [], 0.5)[0]:
            check()
        line = guard.stdout.readline()
        said = json.loads(line) if line else {"failed": "its guard ended"}
        if "failed" in said:
            # The server's log has the statement that failed, whatever was in it.
            cause = str(said["failed"] or "?").replace(secret, "***")
            raise HostError("embedded_failed", server=installation.place, cause=cause)
        yield
    finally:
        try:
            guard.stdin.write(b".")
            guard.stdin.close()
        except OSError:
            pass
        guard.stdout.close()
        guard.wait()
