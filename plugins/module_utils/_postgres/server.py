# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection parameters of a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class DiskSpace:
    """A disk: bytes in all, and bytes that are free."""

    total: int
    free: int


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server, an account on it, and the database that is meant.

    :param host: name or address; ignored where :attr:`unix_socket` is given.
    :param unix_socket: directory of the server's socket.
    :param database: the database that is backed up or restored.
    :param maintenance_database: an existing database to connect to while the other one is missing or renamed.
    :param ssl_mode: libpq's ``sslmode``.
    :param ca_cert: path of the certificate authority's certificate, for ``verify-ca`` and ``verify-full``.
    :param disk: measures the disk that holds a path of the server's own, where that is not this host's path.
    :param options: libpq's ``options``: settings that a session begins with.
    :param connect_timeout: seconds in which the server must have answered, retries included.
    """

    host: str = "localhost"
    port: int = 5432
    user: str = "ticketz"
    password: str | None = field(default=None, repr=False)
    database: str = "ticketz"
    maintenance_database: str = "postgres"
    unix_socket: str | None = None
    ssl_mode: str | None = None
    ca_cert: str | None = None
    options: str = ""
    connect_timeout: int = 10
    disk: Callable[[str], DiskSpace | None] | None = field(default=None, compare=False, repr=False)

    @property
    def place(self) -> str:
        """The server as messages name it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.unix_socket or host}:{self.port}"

    def on(self, database: str) -> Server:
        """The same server and account, with another database."""
        return replace(self, database=database)

    def libpq(self) -> dict[str, str | int]:
        """The connection as libpq keywords, without the password."""
        words: dict[str, str | int] = {
            "host": self.unix_socket or self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.database,
        }
        if self.ssl_mode:
            words["sslmode"] = self.ssl_mode
        if self.ca_cert:
            words["sslrootcert"] = self.ca_cert
        if self.options:
            words["options"] = self.options
        return words
