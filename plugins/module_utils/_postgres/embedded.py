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

#: Accounts that run the server if this process runs as root, as which PostgreSQL refuses to run.
_ACCOUNTS = ("postgres", "nobody")
#: User ids without permanent accounts: systemd's range for services with DynamicUser=.
_DYNAMIC_USERS = range(61184, 65520)
_PORT = 5432
#: Needs no quotes, since initdb adds none. A random suffix keeps it different from all roles of a backup.
_SUPERUSER = "ticketz_sidekick_drill_"
#: Maximum length of a socket's path (107 bytes), less the socket's own name.
_LONGEST_SOCKET_DIRECTORY = 107 - len(f"/.s.PGSQL.{_PORT}")


@dataclass(frozen=True)
class _Account:
    """The account that runs the server: the caller's own, or another one if the caller is root.

    :param uid: None for the caller's own account.
    """

    uid: int | None = None
    gid: int | None = None

    def unused_uid(self) -> int | None:
        """Return a user id that no account and no process of this host uses; None if the caller is not root.

        The server runs under this id. Only initdb requires an account with a name.
        """
        if self.uid is None:
            return None
        taken = {entry.pw_uid for entry in pwd.getpwall()}
        for name in os.listdir("/proc"):
            with suppress(OSError):
                taken.add(os.stat(f"/proc/{name}").st_uid)
        return secrets.choice([uid for uid in _DYNAMIC_USERS if uid not in taken])

    @classmethod
    def find(cls) -> _Account:
        """Return the account that runs initdb. Raise HostError (``embedded_account``) if root finds none."""
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
        """Arguments with which subprocess starts a program as the account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def directory(self, path: Path) -> Path:
        """Create a private directory that belongs to the account."""
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
    """Run a server for the block. It is removed at the end, also if this process is killed.

    :param directory: a directory that only this run uses, and that all accounts may enter; it is removed
        if the process is killed.
    :param lock: descriptor of a lock, which the guard keeps open as long as the directory is in use.
    :param check: called while waiting; may raise, which stops the server.

    Raise HostError: ``embedded_account``, ``embedded_unreachable``, ``embedded_failed``, ``write_failed``.
    """
    account = _Account.find()
    home = directory / "server"
    sockets: Path | None = None
    try:
        try:
            account.directory(home)
            # The path of the directory may be too long for a socket.
            if len(os.fsencode(home / "socket")) > _LONGEST_SOCKET_DIRECTORY:
                outer = Path(tempfile.mkdtemp(prefix="ticketz-sidekick-", dir="/tmp"))  # with mode 0700
                sockets = outer
                outer.chmod(0o711)
                socket = account.directory(outer / "socket")
            else:
                socket = account.directory(home / "socket")
            server_uid = account.unused_uid()
            programs = _reachable(installation, account, home, server_uid)
        except OSError as error:
            raise HostError("write_failed", path=home, cause=error.strerror or error) from error
        superuser, password = _SUPERUSER + secrets.token_hex(6), secrets.token_urlsafe(24)
        order = {
            **_instructions(programs, account, home, socket, superuser, password),
            "server_uid": server_uid,
        }
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
    """Return a directory of the programs that the account can execute.

    The programs are copied if the account can't enter their directory, such as a virtual environment of root.

    :param server_uid: user id of the server once initdb has run.

    Raise HostError (``embedded_unreachable``) if the account can't enter the run's directory either.
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
    # The wheel's shared libraries are next to the package, and are loaded by relative paths.
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / "programs" / libraries.name, symlinks=True)
    for path, directories, files in os.walk(home / "programs"):
        for name in (".", *directories, *files):
            found = Path(path) / name
            if not found.is_symlink():  # the umask may have removed permissions
                found.chmod(found.stat().st_mode | (0o555 if os.access(found, os.X_OK) else 0o444))
    return copy / "bin"


def _instructions(
    programs: Path, account: _Account, home: Path, socket: Path, superuser: str, password: str
) -> dict[str, Any]:
    """Return the guard's instructions, and write the file with the superuser's password."""
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
    """Start the guard, which starts the server. At the end, wait until both have ended."""
    source = inspect.getsource(embedded_guard)
    guard = subprocess.Popen(  # pylint: disable=ansible-bad-function  # it must run concurrently
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
            # The server's log contains the statement that failed, and possibly the password.
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
