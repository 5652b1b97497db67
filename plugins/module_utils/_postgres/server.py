# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection parameters of a database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class DiskSpace:
    """A disk's total and free bytes."""

    total: int
    free: int


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server, an account, and a database.

    :param host: name or address; ignored if :attr:`unix_socket` is given.
    :param unix_socket: directory of the server's socket.
    :param database: the database to back up or restore.
    :param maintenance_database: an existing database to connect to while ``database`` is missing or renamed.
    :param ssl_mode: libpq's ``sslmode``.
    :param ca_cert: path of the certificate authority's certificate, for ``verify-ca`` and ``verify-full``.
    :param disk: returns the size of the disk with a path of the server, if the server has its own file system.
    :param options: libpq's ``options``: initial settings of a session.
    :param connect_timeout: seconds for connecting, including retries.
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
        """The server's name in messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.unix_socket or host}:{self.port}"

    def on(self, database: str) -> Server:
        """Return the same server and account, with another database."""
        return replace(self, database=database)

    def libpq(self) -> dict[str, str | int]:
        """Return the connection parameters as libpq keywords, without the password."""
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
