# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scratch database for a drill, which is loaded, checked and dropped, and to which others can't connect.

Revoking CONNECT does not stop superusers, and Ticketz is one in its own container; neither does a connection
limit. Forbidding connections (``ALLOW_CONNECTIONS false``) stops all roles, and programs that process all
databases (pg_dumpall, vacuumdb --all, schedulers of extensions) skip such databases. So all connections
are opened while the database is empty, and then new ones are forbidden. Only a superuser who allows
connections on purpose could still connect.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .._errors import DatabaseError, Notice, listed
from .load import Connect
from .pool import Pool
from .properties import apply_properties
from .server import Server
from .session import Session, identifier, literal
from .target import Target

#: Names of databases that any restore or drill may drop as leftovers.
_OURS = re.compile(r"ticketz_sidekick_(new|old)_[0-9a-f]{12}")
#: Seconds for the server to terminate the connections of others.
_TERMINATE_TIMEOUT = 10
#: Number of the superuser's connections if an unprivileged account does most of the work.
_ADMINISTRATORS = 2
#: The unprivileged account has the privileges of all restored roles, may read and write all tables, and bypasses
#: policies, on a server that has only this database and is removed afterwards.
_LOADER = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS"
_READS_AND_WRITES = ("pg_read_all_data", "pg_write_all_data")

#: A role whose only member is the owner of the current database; it can't be granted to other roles.
_DATABASE_OWNER = "pg_database_owner"

_OTHERS = """
SELECT pid, coalesce(usename::text, '?'), coalesce(application_name, '') FROM pg_stat_activity
 WHERE datname = %s AND backend_type = 'client backend' AND pid <> ALL (%s)
"""


class ScratchDatabase(Target):
    """Creates a database with a random name, for a drill.

    It never connects to the live database, which the server's ``database`` names, and takes no lock on it.
    """

    def __init__(self, session: Session, server: Server) -> None:
        super().__init__(session, server)
        self._home = server.on(server.maintenance_database)
        self._maintenance = session
        self._sessions = 1
        self._pool: Pool | None = None
        self._administrators: Pool | None = None
        self._loader: tuple[str, str] | None = None
        #: name of the database if it could not be dropped
        self.leftover: str | None = None

    @classmethod
    @contextmanager
    def attach(cls, server: Server, sessions: int) -> Iterator[ScratchDatabase]:
        """Connect to a server's maintenance database.

        :param server: the server; its ``database`` is the live one.
        :param sessions: maximum number of simultaneous connections to the new database.

        Raise DatabaseError (``drill_live_name``) if the live database or the maintenance database has the name
        of a scratch database, since it would be dropped as a leftover.
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
        """The server's version for messages, such as ``16.14``."""
        return (self._maintenance.parameter("server_version") or "?").split(" ")[0]

    def add_roles(self, names: Collection[str]) -> None:
        """Create unprivileged roles without login, which can own the backup's objects, and an account that is a member of them.

        From then on, that account opens the connections to the new database. Statements that it may not execute
        must use the connections of :meth:`administer`. Only for a server that is removed afterwards.
        """
        # Existing roles are not granted, and so can't own restored objects, since they might have privileges.
        missing = sorted({*names} - self.roles() - {_DATABASE_OWNER})
        for name in missing:
            self._maintenance.execute(f"CREATE ROLE {identifier(name)} NOLOGIN NOSUPERUSER", context=name)
        loader, password = f"ticketz_sidekick_load_{secrets.token_hex(6)}", secrets.token_hex(24)
        login = f"{_LOADER} PASSWORD {literal(password)}"
        self._maintenance.execute(f"CREATE ROLE {identifier(loader)} {login}", context=loader)
        granted = ", ".join(map(identifier, [*_READS_AND_WRITES, *missing]))
        self._maintenance.execute(f"GRANT {granted} TO {identifier(loader)}")
        self._loader = (loader, password)

    def _as_loader(self, server: Server) -> Server:
        if self._loader is None:
            return server
        return replace(server, user=self._loader[0], password=self._loader[1])

    def create(self, wanted: dict[str, Any], notices: list[Notice]) -> str:
        """Create an empty database to which only this object has connections; return its name.

        Raise DatabaseError (``drill_not_alone``) if another session connected to it and can't be terminated.
        """
        name = super().create(wanted, notices)
        try:
            if name == self.name or not _OURS.fullmatch(name):
                raise DatabaseError("drill_live_name", database=name, server=self._home.place)
            own = []
            if self._loader:
                # The owner of the database has all privileges on the schema public.
                self._maintenance.execute(
                    f"ALTER DATABASE {identifier(name)} OWNER TO {identifier(self._loader[0])}"
                )
                self._administrators = Pool(self._home.on(name), _ADMINISTRATORS)
                own += self._administrators.backends
            self._pool = Pool(self._as_loader(self._home.on(name)), self._sessions)
            own += self._pool.backends
            self._maintenance.execute(f"ALTER DATABASE {identifier(name)} ALLOW_CONNECTIONS false")
            self._disconnect_others(name, own)
        except BaseException:
            self.drop(name)
            raise
        return name

    @contextmanager
    def connect(self, server: Server) -> Iterator[Session]:
        """Lend one of the connections to the new database for the block. Raise DatabaseError (``connection_lost``)."""
        if self._pool is None:
            raise ValueError("there is no database yet")
        with self._pool.lend(self._as_loader(server)) as session:
            yield session

    @property
    def administer(self) -> Connect | None:
        """A function that lends one of the superuser's connections to the new database; None if :meth:`connect` does."""
        return self._administer if self._loader else None

    @contextmanager
    def _administer(self, server: Server) -> Iterator[Session]:
        if self._administrators is None:
            raise ValueError("there is no database yet")
        with self._administrators.lend(server) as session:
            yield session

    def finish(
        self,
        name: str,
        wanted: dict[str, Any],
        roles: Mapping[str, str],
        *_mark_and_notices: Any,
        **_more: Any,
    ) -> None:
        """Give the new database the owner, privileges and settings of the source, as a restore would, but no mark."""
        apply_properties(self._maintenance, name, wanted, roles)

    def drop(self, name: str) -> None:
        """Drop the database. Never raises: if that fails, its name is in :attr:`leftover`, and the next run drops it."""
        for pool in (self._pool, self._administrators):
            if pool is not None:
                pool.close()
        try:
            _drop(self._maintenance, name)
        except DatabaseError:
            try:
                # The connection may be lost, because the server was restarted or somebody terminated it.
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


def is_predefined(role: str) -> bool:
    """Return whether a role is a predefined role of PostgreSQL with privileges."""
    return role.startswith("pg_") and role != _DATABASE_OWNER


def _drop(session: Session, name: str) -> None:
    session.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)", context=name)
