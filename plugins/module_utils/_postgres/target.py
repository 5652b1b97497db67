# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database that a restore is to become: what is there now, the new one beside it, and the exchange."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .._errors import DatabaseError, Notice
from .properties import MARK, alter_database, create_database
from .relations import lockable
from .server import Server
from .session import Session, identifier, literal

#: Names of databases that are being built, and of empty ones that were replaced.
_BUILDING = "ticketz_sidekick_new_"
_REPLACED = "ticketz_sidekick_old_"
#: Seconds for which a connection may still be seen after its end.
_LEAVING = 2

# A random name of ours is enough to know one of ours by: only a superuser may leave a mark in a database
# (ALTER DATABASE … SET of a parameter that no library has defined).
_LEFTOVERS = f"""
SELECT datname FROM pg_database WHERE datname ~ '^({_BUILDING}|{_REPLACED})[0-9a-f]{{12}}$'
"""

# Anything that a user made, tables or not; what an extension brought does not count.
_USER_OBJECTS = """
SELECT kind, name FROM (
    SELECT 'function', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid, p.pronamespace FROM pg_proc p
    UNION ALL
    SELECT 'relation', c.oid::regclass::text, 'pg_class'::regclass, c.oid, c.relnamespace FROM pg_class c
     WHERE c.relkind IN ('v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'type', t.oid::regtype::text, 'pg_type'::regclass, t.oid, t.typnamespace FROM pg_type t
     WHERE t.typtype IN ('e', 'd', 'r')
) AS object (kind, name, class, oid, namespace)
  JOIN pg_namespace n ON n.oid = object.namespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = object.class AND d.objid = object.oid AND d.deptype = 'e')
 LIMIT 20
"""

_SESSIONS = """
SELECT usename, count(*) FROM pg_stat_activity
 WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
 GROUP BY 1
"""


class Target:
    """A database by name on a server, through a connection to the maintenance database.

    :param session: to the maintenance database; it holds the advisory locks.
    """

    def __init__(self, session: Session, server: Server) -> None:
        self._session = session
        self._server = server
        self.name = server.database

    @classmethod
    @contextmanager
    def open(cls, server: Server) -> Iterator[Target]:
        """Connect, and make sure that no other restore of this database is running.

        Raise DatabaseError (``restore_running``).
        """
        with Session.open(server.on(server.maintenance_database)) as session:
            if not session.value(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [_lock(server.database)]
            ):
                raise DatabaseError("restore_running", database=server.database, server=server.place)
            yield cls(session, server)

    @property
    def version(self) -> int:
        """The server's version as PostgreSQL numbers it."""
        return self._session.version

    @property
    def user(self) -> str:
        """The role that is logged in."""
        return str(self._session.value("SELECT current_user"))

    def roles(self) -> set[str]:
        """Return the names of all roles of the server."""
        return {str(row[0]) for row in self._session.query("SELECT rolname FROM pg_roles")}

    def may_create(self) -> bool:
        """Return whether the account may create databases."""
        return bool(
            self._session.value("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        )

    def exists(self) -> bool:
        """Return whether there is such a database."""
        return bool(
            self._session.value("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [self.name])
        )

    def contents(self) -> list[str]:
        """Return what is in the database: tables with their numbers of rows, then other objects."""
        with Session.open(self._server) as session:
            found = []
            session.use_own_search_path()
            for schema, name in lockable(session):
                rows = session.value(
                    f"SELECT count(*) FROM {identifier(schema, name)}", doing=f"{schema}.{name}"
                )
                found.append(f"{schema}.{name} ({rows} rows)")
            found += [f"{kind} {name}" for kind, name in session.query(_USER_OBJECTS)]
            return found

    def is_unused(self) -> bool:
        """Return whether nobody is connected to the database; whoever is just leaving is given a moment."""
        deadline = time.monotonic() + _LEAVING
        while self.sessions():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def sessions(self) -> dict[str, int]:
        """Return how many sessions each user has in the database, but for our own."""
        return {str(user): int(count) for user, count in self._session.query(_SESSIONS, [self.name])}

    def free_space(self) -> int | None:
        """Return the bytes that are free on the server's disk, or None where it can't be seen from here.

        It can where the server's data directory is a directory of this host: its lock file must name
        the port that we are connected to (a container's path may exist here by chance).
        """
        if not self._session.value("SELECT pg_has_role('pg_read_all_settings', 'MEMBER')"):
            return None
        path, port = self._session.query("SELECT current_setting('data_directory'), current_setting('port')")[
            0
        ]
        try:
            with open(os.path.join(path, "postmaster.pid"), encoding="ascii") as file:
                lines = file.read().splitlines()
            found = os.statvfs(path)
        except (OSError, UnicodeDecodeError):
            return None
        return found.f_bavail * found.f_frsize if lines[3:4] == [port] else None

    def drop_leftovers(self) -> list[str]:
        """Drop the databases that interrupted restores have left; return their names.

        One that is still being built holds its lock, and is passed over.
        """
        dropped = []
        for (name,) in self._session.query(_LEFTOVERS):
            if not self._session.value("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [_lock(name)]):
                continue
            try:
                self.drop(name)
                dropped.append(str(name))
            except DatabaseError as error:
                # another role's: it will see to it itself
                if error.code != "permission_denied":
                    raise
            finally:
                self._session.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_lock(name)])
        return dropped

    def create(self, wanted: dict[str, Any], notices: list[Notice]) -> str:
        """Create an empty database beside the target, with the source's encoding and locale; return its name."""
        name = _BUILDING + secrets.token_hex(6)
        self._session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_lock(name)])
        try:
            self._session.execute(create_database(name, wanted, version=self.version, own_locale=True))
        except DatabaseError as error:
            # 22023, 42809, 0A000: the locale or its provider is not known to this server
            if error.facts.get("sqlstate") not in ("22023", "42809", "0A000", "42704"):
                raise
            self._session.execute(create_database(name, wanted, version=self.version, own_locale=False))
            notices.append(
                Notice(
                    "locale_replaced",
                    locale=wanted["locale"] or wanted["lc_collate"],
                    cause=error.facts["cause"],
                )
            )
        return name

    def finish(
        self, name: str, wanted: dict[str, Any], roles: Mapping[str, str], mark: str, notices: list[Notice]
    ) -> None:
        """Give a new database the owner, rights and settings of the source's, and the mark of its backup."""
        try:
            self._session.execute(f"ALTER DATABASE {identifier(name)} SET {MARK}restored = {literal(mark)}")
        except DatabaseError as error:
            if error.code != "permission_denied":
                raise
            notices.append(Notice("mark_not_set", user=self.user, database=self.name))
        for statement in alter_database(name, wanted, roles):
            self._session.execute(statement)

    def drop(self, name: str) -> None:
        """Drop a database, ending what is still connected to it."""
        self._session.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")

    def take_place(self, name: str) -> str | None:
        """Rename a finished database to the target's name, in one transaction with the old one's renaming.

        :returns: the name that the old, empty database has now, or None where there was none.

        Raise DatabaseError (``target_in_use``) if somebody is connected to the old one.
        """
        old = _REPLACED + secrets.token_hex(6) if self.exists() else None
        try:
            with self._session.transaction():
                if old:
                    self._session.execute(
                        f"ALTER DATABASE {identifier(self.name)} RENAME TO {identifier(old)}"
                    )
                self._session.execute(f"ALTER DATABASE {identifier(name)} RENAME TO {identifier(self.name)}")
        except DatabaseError as error:
            if error.facts.get("sqlstate") == "55006":
                raise self.in_use() from error
            raise
        return old

    def in_use(self) -> DatabaseError:
        """Return the error that says who is connected to the target."""
        users = self.sessions()
        return DatabaseError(
            "target_in_use",
            database=self.name,
            server=self._server.place,
            count=sum(users.values()),
            users=", ".join(f"{user}: {count}" for user, count in users.items()) or "?",
        )


def _lock(name: str) -> str:
    return "ticketz.sidekick restore " + name
