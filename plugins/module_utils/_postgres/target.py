# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database that a restore replaces: its current contents, the new database next to it, and the exchange of
the two."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from .._errors import DatabaseError, Notice, listed
from .connections import connections_for
from .foreign_code import count_rows, use_own_search_path
from .properties import (
    MARK,
    apply_properties,
    cannot_become,
    create_database,
    predict_refused,
    set_to,
    system_identifier,
)
from .relations import lockable
from .server import DiskSpace, Server
from .session import Session, identifier, literal
from .transaction import was_committed

#: Names of databases that are being built, and of those that an exchange discards. One whose advisory lock is
#: free is a leftover.
_BUILDING = "ticketz_sidekick_new_"
_REPLACED = "ticketz_sidekick_old_"
#: Names of previous databases that an exchange renamed away and keeps for an undo. The journal alone says for
#: how long.
_PREVIOUS = "ticketz_sidekick_previous_"
#: Seconds for which pg_stat_activity may still list a connection that has ended.
_DISCONNECT_GRACE = 2
#: Seconds to wait until the server has ended a backend.
_TERMINATE_TIMEOUT = 30

# The random name alone identifies these databases. A mark inside them can't: only a superuser may set one (ALTER
# DATABASE … SET of a parameter that no library has defined).
_LEFTOVERS = f"""
SELECT datname FROM pg_database WHERE datname ~ '^({_BUILDING}|{_REPLACED})[0-9a-f]{{12}}$'
"""

# Every object that a user created, tables or others, without the members of extensions.
_USER_OBJECTS = """
SELECT kind, name FROM (
    SELECT 'function', p.oid::regprocedure::text, 'pg_proc'::regclass, p.oid, p.pronamespace FROM pg_proc p
    UNION ALL
    SELECT 'relation', c.oid::regclass::text, 'pg_class'::regclass, c.oid, c.relnamespace FROM pg_class c
     WHERE c.relkind IN ('v', 'm', 'S', 'f')
       -- a column's own sequence goes without saying
       AND NOT EXISTS (SELECT FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.objid = c.oid
                          AND o.refclassid = 'pg_class'::regclass AND o.deptype IN ('a', 'i'))
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


_CONNECTIONS = """
SELECT pid FROM pg_stat_activity
 WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_OBSTACLES = """
SELECT 'prepared transaction', gid FROM pg_prepared_xacts WHERE database = %(name)s
UNION ALL
SELECT 'replication slot', slot_name::text FROM pg_replication_slots WHERE database = %(name)s
UNION ALL
SELECT 'subscription', subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
 WHERE d.datname = %(name)s
"""


# Objects that an account without superuser rights can create only if an administrator has allowed it.
_FOR_SUPERUSERS = """
SELECT e.name FROM pg_available_extensions e
  JOIN pg_available_extension_versions v ON v.name = e.name AND v.version = e.default_version
 WHERE e.name = ANY(%s) AND v.superuser AND NOT v.trusted
   AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
 ORDER BY 1
"""

_OTHERS_OWN = """
SELECT datname, pg_get_userbyid(datdba) FROM pg_database
 WHERE datname = ANY(%s) AND NOT pg_has_role(datdba, 'USAGE') ORDER BY 1
"""


class TargetServer:
    """A server, connected through its maintenance database, on which databases are created, renamed and dropped."""

    def __init__(self, session: Session, server: Server) -> None:
        self._session = session
        self._server = server

    @classmethod
    @contextmanager
    def reach(cls, server: Server) -> Iterator[TargetServer]:
        """Connect to the maintenance database, or to the target itself if the account may not connect to that.

        Raise DatabaseError.
        """
        try:
            session = Session.open(server.on(server.maintenance_database))
        except DatabaseError as error:
            if error.code not in ("maintenance_database_missing", "login_not_allowed", "permission_denied"):
                raise
            session = Session.open(server)
        with session:
            yield cls(session, server)

    @property
    def server(self) -> Server:
        """The connection parameters of the server."""
        return self._server

    @property
    def place(self) -> str:
        """The server's name in messages."""
        return self._server.place

    @property
    def version(self) -> int:
        """The server's version as a number, such as 160014."""
        return self._session.version

    @property
    def user(self) -> str:
        """The role that is logged in."""
        return str(self._session.value("SELECT current_user"))

    def system(self) -> str:
        """Return the server's system identifier, or an empty string if the account may not read it."""
        return system_identifier(self._session)

    def is_same(self, place: str, system: str) -> bool:
        """Return whether this is the server that was recorded with this place and system identifier."""
        own = self.system()
        return own == system if own and system else self.place == place

    def roles(self) -> set[str]:
        """Return the names of all roles of the server."""
        return {str(row[0]) for row in self._session.query("SELECT rolname FROM pg_roles")}

    def extensions(self) -> set[str]:
        """Return the names of the extensions that the server could create."""
        return {str(row[0]) for row in self._session.query("SELECT name FROM pg_available_extensions")}

    def refused_extensions(self, wanted: Collection[str]) -> dict[str, str]:
        """Return the extensions that the account may not create, each with the server's reason.

        Extensions that the catalog reserves for superusers are created in a transaction that is rolled
        back, since hosting providers have additional rules that the catalog does not show.
        """
        refused = {}
        for (name,) in self._session.query(_FOR_SUPERUSERS, [sorted(wanted)]):
            try:
                with self._session.trial():
                    # With the session's empty search_path, the server would fail before it checks privileges.
                    self._session.execute("SET LOCAL search_path = public")
                    self._session.execute(f"CREATE EXTENSION IF NOT EXISTS {identifier(name)} CASCADE")
            except DatabaseError as error:
                # Any other error may be specific to this database, and not happen in a new one.
                if error.code == "permission_denied":
                    refused[str(name)] = str(error.facts["cause"])
        return refused

    def cannot_become(self, roles: Collection[str]) -> list[str]:
        """Return which of these roles can't be made owners by the account, since it is not a member of them."""
        return cannot_become(self._session, roles)

    def others_own(self, *names: str) -> DatabaseError | None:
        """Return an error naming one of these databases that another role owns, so that the account can't
        rename it; or None."""
        found = self._session.query(_OTHERS_OWN, [list(names)])
        if not found:
            return None
        name, owner = found[0]
        return DatabaseError(
            "target_not_owner", database=name, server=self.place, user=self.user, owner=owner
        )

    def may_create(self) -> bool:
        """Return whether the account may create databases."""
        return bool(
            self._session.value("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        )

    def oid(self, name: str) -> int | None:
        """Return the object identifier of a database, which stays when it is renamed; None if there is none."""
        found = self._session.value("SELECT oid::bigint FROM pg_database WHERE datname = %s", [name])
        return None if found is None else int(found)

    def has_committed(self, transaction: str, database: str) -> bool:
        """Return whether a transaction was committed. Waits until the server has ended it.

        :param transaction: its id, from :func:`.transaction.transaction_number`.
        :param database: name of the database that it changes, for the error.

        Raise DatabaseError (``commit_undecided``) if the server no longer has its status, or on a timeout.
        """
        return was_committed(self._session, transaction, database, "commit_undecided")

    def wait_for_backend_exit(self, backend: int) -> None:
        """Terminate a backend (PID) of a broken connection; wait until it is gone. Raise DatabaseError."""
        deadline = time.monotonic() + _TERMINATE_TIMEOUT
        while self._session.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = %s", [backend]
        ):
            if time.monotonic() > deadline:
                raise DatabaseError(
                    "backend_stays", server=self.place, pid=backend, seconds=_TERMINATE_TIMEOUT
                )
            time.sleep(0.1)

    def size(self, name: str) -> int | None:
        """Return the size of a database in bytes, or None if it does not exist. Raise DatabaseError."""
        found = self._session.value(
            "SELECT pg_database_size(oid) FROM pg_database WHERE datname = %s", [name]
        )
        return None if found is None else int(found)

    def drop(self, name: str) -> None:
        """Drop a database, terminating its connections."""
        self._session.execute(f"DROP DATABASE IF EXISTS {identifier(name)} WITH (FORCE)")

    def connections(self, jobs: int, notices: list[Notice]) -> int:
        """Return how many connections may load a new database; see :func:`.connections_for`.

        Comparing rows uses one more connection.
        """
        return connections_for(self._session, jobs, 1, notices, database="")

    def disk(self) -> DiskSpace | None:
        """Return the free space of the server's disk, or None if this host can't see it.

        The disk is visible if the server runs in a container whose Docker engine responds, or if the data directory is
        on this host. In the second case, postmaster.pid must contain the server's port, since the path of a
        container may exist on this host by coincidence.
        """
        if not self._session.value("SELECT pg_has_role('pg_read_all_settings', 'MEMBER')"):
            return None
        path, port = self._session.query("SELECT current_setting('data_directory'), current_setting('port')")[
            0
        ]
        if self._server.disk is not None:
            return self._server.disk(path)
        try:
            with open(os.path.join(path, "postmaster.pid"), encoding="ascii") as file:
                lines = file.read().splitlines()
            found = os.statvfs(path)
        except (OSError, UnicodeDecodeError):
            return None
        if lines[3:4] != [port]:
            return None
        return DiskSpace(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)

    def drop_leftovers(self) -> list[str]:
        """Drop the databases that interrupted restores left behind; return their names.

        A database that is still being built is skipped: its restore has its advisory lock.
        """
        dropped = []
        # An ending session releases its locks one by one: the target's lock may be free before the locks of leftovers.
        deadline = time.monotonic() + _DISCONNECT_GRACE
        for (name,) in self._session.query(_LEFTOVERS):
            if not _take_lock(self._session, name, deadline):
                continue
            try:
                self.drop(name)
                dropped.append(str(name))
            except DatabaseError as error:
                # another role owns it, whose next restore will drop it
                if error.code != "permission_denied":
                    raise
            finally:
                self._session.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_lock(name)])
        return dropped


class Target(TargetServer):
    """A database by name on a server.

    :param session: session in the maintenance database; it owns the advisory locks.
    """

    def __init__(self, session: Session, server: Server) -> None:
        super().__init__(session, server)
        self.name = server.database

    @classmethod
    @contextmanager
    def open(cls, server: Server) -> Iterator[Target]:
        """Connect, and take the advisory lock of the database.

        Raise DatabaseError (``restore_running``) if another restore of it has the lock.
        """
        with Session.open(server.on(server.maintenance_database)) as session:
            # The server may take a moment to notice that a previous run has ended.
            if not _take_lock(session, server.database, time.monotonic() + _DISCONNECT_GRACE):
                raise DatabaseError("restore_running", database=server.database, server=server.place)
            yield cls(session, server)

    def exists(self) -> bool:
        """Return whether the database exists."""
        return bool(
            self._session.value("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)", [self.name])
        )

    def contents(self) -> list[str]:
        """Return descriptions of the database's objects: tables with their numbers of rows, then others."""
        with Session.open(self._server) as session:
            found = []
            code = use_own_search_path(session)
            for schema, name in lockable(session):
                # The rows of a partitioned table are in its partitions, and the rows of a foreign table are on
                # another server.
                rows = count_rows(session, code, schema, name)
                found.append(f"{schema}.{name} ({rows} rows)")
            found += [f"{kind} {name}" for kind, name in session.query(_USER_OBJECTS)]
            return found

    def is_unused(self) -> bool:
        """Return whether the database has no connections, after a short wait for those that are just ending."""
        deadline = time.monotonic() + _DISCONNECT_GRACE
        while self.sessions():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def sessions(self) -> dict[str, int]:
        """Return the number of sessions of each user in the database, without this one."""
        return {str(user): int(count) for user, count in self._session.query(_SESSIONS, [self.name])}

    def create(self, wanted: dict[str, Any], notices: list[Notice]) -> str:
        """Create an empty database next to the target, with the source's encoding and locale; return its name."""
        name = _BUILDING + secrets.token_hex(6)
        self._session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [_lock(name)])
        try:
            self._session.execute(create_database(name, wanted, version=self.version, own_locale=True))
        except DatabaseError as error:
            # 22023, 42809, 0A000, 42704: the server does not have the locale or its provider
            if error.facts.get("sqlstate") not in ("22023", "42809", "0A000", "42704"):
                raise
            self._session.execute(create_database(name, wanted, version=self.version, own_locale=False))
            notices.append(
                Notice(
                    "locale_differs",
                    problem="unknown",
                    database=name,
                    source=wanted["locale"] or wanted["lc_collate"],
                    cause=error.facts["cause"],
                )
            )
        return name

    def finish(
        self, name: str, wanted: dict[str, Any], roles: Mapping[str, str], mark: str, notices: list[Notice]
    ) -> None:
        """Give a new database the source's owner, privileges and settings, and the mark of its backup."""
        if not self.set_mark(name, "restored", mark):
            notices.append(Notice("mark_not_set", user=self.user, database=self.name))
        refused = apply_properties(self._session, name, wanted, roles)
        self._properties_refused(refused, notices)

    def predict_finish(
        self, wanted: Mapping[str, Any], roles: Mapping[str, str], notices: list[Notice]
    ) -> None:
        """Issue the warnings that :meth:`finish` would issue. Nothing is changed."""
        try:
            with self._session.trial():
                self._session.execute(f"ALTER ROLE CURRENT_USER {set_to(MARK + 'restored', '')}")
        except DatabaseError as error:
            if error.code != "permission_denied":
                raise
            notices.append(Notice("mark_not_set", user=self.user, database=self.name))
        self._properties_refused(predict_refused(self._session, wanted, roles), notices)

    def _properties_refused(self, refused: Sequence[str], notices: list[Notice]) -> None:
        if refused:
            facts = {"database": self.name, "user": self.user, "properties": listed(refused)}
            notices.append(Notice("database_properties_refused", **facts))

    def set_mark(self, name: str, mark: str, value: str) -> bool:
        """Store a value about its origin in a database's settings; return False if the account may not."""
        try:
            self._session.execute(f"ALTER DATABASE {identifier(name)} SET {MARK}{mark} = {literal(value)}")
        except DatabaseError as error:
            if error.code != "permission_denied":
                raise
            return False
        return True

    @staticmethod
    def outgoing_name(*, keep: bool) -> str:
        """Return a new name for the previous database.

        :param keep: whether the database is kept for an undo.
        """
        return (_PREVIOUS if keep else _REPLACED) + secrets.token_hex(6)

    def obstacles(self) -> list[str]:
        """Return the server's objects that prevent renaming the database, or would remain with the renamed one."""
        return [f"{kind} {name}" for kind, name in self._session.query(_OBSTACLES, {"name": self.name})]

    def exchange(self, incoming: str | None, outgoing: str | None, *, evict: bool) -> None:
        """Rename the target away and another database to its name, in one transaction.

        A connection attempt during the exchange waits for the commit and is then refused (3D000), because the
        server resolves the name before it waits. The next attempt gets the new database.

        :param incoming: name of the database that takes the target's name; None for none.
        :param outgoing: new name for the current target; None if there is no target yet.
        :param evict: terminate connections to the target; without it they are an error.

        Raise DatabaseError (``target_in_use``) if the target still has connections.
        """
        leaving = _Eviction(self._server, self.name) if evict and outgoing else nullcontext()
        try:
            with leaving, self._session.transaction():
                # The commit must survive a crash of the server, regardless of its synchronous_commit setting.
                self._session.execute("SET LOCAL synchronous_commit = on")
                for old, new in ((self.name, outgoing), (incoming, self.name)):
                    if old and new:
                        self._session.execute(f"ALTER DATABASE {identifier(old)} RENAME TO {identifier(new)}")
        except DatabaseError as error:
            if error.facts.get("sqlstate") == "55006":
                raise self.in_use() from error
            raise

    def is_lost(self) -> bool:
        """Return whether the connection was lost."""
        return self._session.is_closed

    @contextmanager
    def reopened(self) -> Iterator[TargetServer]:
        """Reconnect after a lost connection, and wait until the server has ended the old backend.

        Raise DatabaseError.
        """
        with TargetServer.reach(self._server) as server:
            server.wait_for_backend_exit(self._session.backend)
            yield server

    def in_use(self) -> DatabaseError:
        """Return an error naming the users connected to the target."""
        users = self.sessions()
        return DatabaseError(
            "target_in_use",
            database=self.name,
            server=self._server.place,
            count=sum(users.values()),
            users=listed(f"{user}: {count}" for user, count in users.items()) or "?",
        )


class _Eviction:
    """A context manager that terminates the connections to a database, and new ones until it exits."""

    def __init__(self, server: Server, name: str) -> None:
        self._session = Session.open(server.on(server.maintenance_database))
        self._name = name
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eviction", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._session.close()

    def _run(self) -> None:
        # Connections that this account may not terminate remain: the rename then fails with the names of their users.
        try:
            while not self._stop.is_set():
                for (pid,) in self._session.query(_CONNECTIONS, [self._name]):
                    self._end(pid)
                self._stop.wait(0.02)
        except DatabaseError:
            pass

    def _end(self, pid: int) -> None:
        try:
            self._session.execute("SELECT pg_terminate_backend(%s)", [pid])
        except DatabaseError as error:
            if error.code != "permission_denied":
                raise


def _take_lock(session: Session, name: str, deadline: float) -> bool:
    """Take the advisory lock of a database, and wait for it until a monotonic time; return whether it was free."""
    while not session.value("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [_lock(name)]):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _lock(name: str) -> str:
    return "ticketz.sidekick restore " + name
