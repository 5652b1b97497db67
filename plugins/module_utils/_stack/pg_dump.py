# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs pg_dump inside the database's container, where its version matches the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import HostError
from .._postgres.dump import Dumper, Running, conninfo, find_pg_dump, major_version
from .._postgres.server import Server
from .container import container
from .engine import Engine
from .execute import MISSING, Execution, run
from .model import DatabaseContainer
from .servers import down

#: Addresses of the server inside its container, in the order of the attempts. Sockets come first, since
#: the official image requires no password for them. The TCP addresses are for servers that require a password or
#: another account on the socket.
_HOSTS = ("/var/run/postgresql,/tmp,127.0.0.1", "127.0.0.1")
_REFUSED = b"connection to server"


class _Dump:
    """A running pg_dump in a container."""

    def __init__(self, place: DatabaseContainer, server: Server, arguments: Sequence[str]) -> None:
        self._place = place
        self._server = server
        self._arguments = arguments
        self._engine = Engine(place.docker_host)
        self._hosts = [*_HOSTS, server.host]
        try:
            self._execution = self._start(self._hosts.pop(0))
        except BaseException:
            self._engine.close()
            raise

    def _start(self, host: str) -> Execution:
        words: dict[str, str | int] = {
            "host": host,
            "port": self._place.port,
            "user": self._server.user,
            "dbname": self._server.database,
            "options": self._server.options,
        }
        command = ["pg_dump", *self._arguments, f"--dbname={conninfo(words)}"]
        return Execution(
            self._engine,
            self._place.name,
            command,
            secret=self._server.password,
            environment={"LC_ALL": "C"},
        )

    def result(self) -> tuple[int, bytes, bytes]:
        """Wait until pg_dump ends. Return exit status, standard output and standard error.

        If the connection is refused, retry with the next address.
        """
        while True:
            status, output, errors = self._execution.result()
            if status == 0 or _REFUSED not in errors or not self._hosts:
                return status, output, errors
            self._execution.close()
            self._execution = self._start(self._hosts.pop(0))

    def close(self) -> None:
        """Terminate pg_dump if it is still running."""
        try:
            self._execution.close()
        finally:
            self._engine.close()


@dataclass(frozen=True)
class ContainerPgDump:
    """The pg_dump of a container, and its major version."""

    place: DatabaseContainer
    major: int

    def start(self, server: Server, arguments: Sequence[str]) -> Running:
        """Start pg_dump for a server's database."""
        return _Dump(self.place, server, arguments)


def _in_container(place: DatabaseContainer, wanted: int) -> ContainerPgDump:
    """Return the container's pg_dump.

    Raise HostError: ``stack_container_down``, ``pg_dump_missing``.
    """
    with Engine(place.docker_host) as engine:
        found = container(engine.call("inspect_container", place.name))
        if not found.running:
            raise HostError("stack_container_down", **down(found))
        status, said, _errors = run(engine, place.name, ["pg_dump", "--version"])
    major = major_version(said.decode(errors="replace"))
    if status in MISSING or major is None:
        raise HostError("pg_dump_missing", problem="none_in_container", container=found.name, needed=wanted)
    if major < wanted:
        facts = {"container": found.name, "found": major, "needed": wanted}
        raise HostError("pg_dump_missing", problem="old_in_container", **facts)
    return ContainerPgDump(place, major)


def find_dumper(server_version: int, explicit: str | None, place: DatabaseContainer | None) -> Dumper:
    """Return the pg_dump to use: the explicit one, else the container's, else the best one on this host.

    :param server_version: the server's version, such as 160014.
    :param explicit: path of the only pg_dump that may be used, or None.
    :param place: the database's container, if it has one.

    Raise HostError if none is suitable.
    """
    if explicit or place is None:
        return find_pg_dump(server_version, explicit)
    try:
        return _in_container(place, server_version // 10000)
    except HostError as error:
        if error.code != "pg_dump_missing":
            raise
        try:
            return find_pg_dump(server_version)
        except HostError:
            raise error from None
