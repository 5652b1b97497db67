# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database that is filled, looked at and dropped, and that nobody else ever gets into.

Revoking CONNECT does not stop superusers, and Ticketz is one in its own container; neither does a connection
limit. Forbidding connections (``ALLOW_CONNECTIONS false``) stops everybody, and what goes through all
databases (pg_dumpall, vacuumdb --all, schedulers of extensions) passes such a one over. So all connections
are made while the database is empty, and then the door is shut. What remains is a superuser who
opens it on purpose.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._errors import DatabaseError, Notice, listed
from .pool import Pool
from .properties import apply_properties
from .server import Server
from .session import Session, identifier
from .target import Target

#: Names of databases that any restore or drill may drop as a leftover.
_OURS = re.compile(r"ticketz_sidekick_(new|old)_[0-9a-f]{12}")
#: Seconds that the server has for ending the connections of others.
_TERMINATE_TIMEOUT = 10

_OTHERS = """
SELECT pid, coalesce(usename::text, '?'), coalesce(application_name, '') FROM pg_stat_activity
 WHERE datname = %s AND backend_type = 'client backend' AND pid <> ALL (%s)
"""


class ScratchDatabase(Target):
    """Makes a database under a random private name, for a drill.

    It never connects to the database that the server's value names (the live one), and takes no lock on it.
    """

    def __init__(self, session: Session, server: Server) -> None:
        super().__init__(session, server)
        self._home = server.on(server.maintenance_database)
        self._maintenance = session
        self._sessions = 1
        self._pool: Pool | None = None
        #: the database that could not be dropped
        self.leftover: str | None = None

    @classmethod
    @contextmanager
    def attach(cls, server: Server, sessions: int) -> Iterator[ScratchDatabase]:
        """Connect to a server's maintenance database.

        :param server: whose ``database`` is the live one.
        :param sessions: connections to the new database that are needed at a time.

        Raise DatabaseError (``drill_live_name``) if the live database, or the maintenance database, bears a name
        that only scratch databases may have: it would be dropped as a leftover.
        """
        for name in (server.database, server.maintenance_database):
            if _OURS.fullmatch(name):
                raise DatabaseError("drill_live_name", database=name, server=server.place)
        with Session.open(server.on(server.maintenance_database)) as session:
            scratch = cls(session, server)
            scratch._sessions = sessions
            yield scratch

    @property
    def product_version(self) -> str:
        """The server's version for people, such as ``16.14``."""
        return (self._maintenance.parameter("server_version") or "?").split(" ")[0]

    def add_roles(self, names: set[str], superusers: Collection[str] = ()) -> None:
        """Create roles that can't log in, and may own whatever they owned. Only for a server that is thrown away too.

        :param superusers: those that own what only a superuser may.
        """
        for name in sorted(names - self.roles()):
            if not name.startswith("pg_"):
                right = "SUPERUSER" if name in superusers else "NOSUPERUSER"
                self._maintenance.execute(f"CREATE ROLE {identifier(name)} NOLOGIN {right}", doing=name)

    def create(self, wanted: dict[str, Any], notices: list[Notice]) -> str:
        """Create an empty database that only our own connections are in; return its name.

        Raise DatabaseError (``drill_not_alone``) if somebody else got in and can't be sent away.
        """
        name = super().create(wanted, notices)
        try:
            if name == self.name or not _OURS.fullmatch(name):
                raise DatabaseError("drill_live_name", database=name, server=self._home.place)
            self._pool = Pool(self._home.on(name), self._sessions)
            self._maintenance.execute(f"ALTER DATABASE {identifier(name)} ALLOW_CONNECTIONS false")
            self._disconnect_others(name, self._pool.backends)
        except BaseException:
            self.drop(name)
            raise
        return name

    @contextmanager
    def connect(self, server: Server) -> Iterator[Session]:
        """Give one of the connections to the new database for the block. Raise DatabaseError (``connection_lost``)."""
        if self._pool is None:
            raise ValueError("there is no database yet")
        with self._pool.lend(server) as session:
            yield session

    def finish(
        self,
        name: str,
        wanted: dict[str, Any],
        roles: Mapping[str, str],
        *_mark_and_notices: Any,
        **_more: Any,
    ) -> None:
        """Give a new database the owner, rights and settings of the source's, as a restore would; but no mark."""
        apply_properties(self._maintenance, name, wanted, roles)

    def drop(self, name: str) -> None:
        """Drop the database; never raises. What can't be dropped is :attr:`leftover`, and is the next run's."""
        if self._pool is not None:
            self._pool.close()
        try:
            _drop(self._maintenance, name)
        except DatabaseError:
            try:
                # The connection may have broken: with a restart of the server, or ended by somebody.
                with Session.open(self._home) as session:
                    _drop(session, name)
            except DatabaseError:
                self.leftover = name

    def _disconnect_others(self, name: str, own: list[int]) -> None:
        deadline = time.monotonic() + _TERMINATE_TIMEOUT
        while others := self._maintenance.query(_OTHERS, [name, own]):
            if time.monotonic() > deadline:
                found = listed(f"{user} ({application})" for _pid, user, application in others)
                raise DatabaseError("drill_not_alone", database=name, server=self._home.place, others=found)
            for pid, _user, _application in others:
                try:
                    self._maintenance.execute("SELECT pg_terminate_backend(%s)", [pid])
                except DatabaseError as error:
                    if error.code != "permission_denied":
                        raise
            time.sleep(0.05)


def _drop(session: Session, name: str) -> None:
    session.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)", doing=name)
