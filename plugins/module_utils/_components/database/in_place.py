# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores into an existing database if none can be created, in one transaction on one connection.

The transaction drops the existing objects, loads the backup, and verifies it. Other sessions see the old data until
the commit. After a failure, a killed run, a lost connection or a stopped server, the database is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

from ..._archive.reader import ArchiveReader
from ..._errors import DatabaseError, Notice
from ..._postgres.catalog.tolerances import Adaptation
from ..._postgres.drop_objects import DropPlan, plan_removal, remove
from ..._postgres.exclusive import WRITERS, ConcurrentDDLError, lock_tables, retry_with_backoff
from ..._postgres.names import quoted
from ..._postgres.own_properties import carry_over, set_mark
from ..._postgres.preserved import reset_schemas, reset_system_privileges, skip_preserved
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._postgres.target import TargetServer
from ..._postgres.transaction import ask_whether_committed, transaction_number
from ..._postgres.user_objects import at_stake
from ..._run.run import Run
from .content import Content, read_content
from .entry import DatabaseEntry
from .in_place_checks import InPlaceOptions, check_droppable, check_encoding, check_session
from .load import Loaded, Preserved, fill_database, role_map
from .safety import required

_APPLICATION = "ticketz.sidekick restore"
#: Sets the transaction's modes explicitly, because the account may have other defaults.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#: With these settings the server detects a lost client within about a minute, and releases its locks.
_KEEPALIVE = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
_CHECK_CLIENT = "SET client_connection_check_interval = '2s'"
_CHECK_CLIENT_SINCE = 140000


def check_in_place(
    server: Server,
    reader: ArchiveReader,
    entry: DatabaseEntry,
    options: InPlaceOptions,
    notices: list[Notice],
    mark: str = "",
) -> None:
    """Check that a database can be replaced in place, without changing anything.

    :param mark: the value that would be recorded about its origin.

    Raise SidekickError; see :func:`.in_place_checks.check_session`.
    """
    content = read_content(reader, entry)
    with _connected(server) as session:
        _lock_database(session)
        check_session(session, content, options, notices)
        # Give the warnings that the run would give.
        roles = role_map(
            content.roles(),
            TargetServer(session, session.server).roles(),
            options.load.role_mapping,
            server.user,
            notices,
        )
        with session.trial():
            carry_over(session, entry.properties, roles, notices)
            set_mark(session, mark, notices)


@contextmanager
def load_in_place(
    server: Server,
    reader: ArchiveReader,
    entry: DatabaseEntry,
    options: InPlaceOptions,
    mark: str,
    notices: list[Notice],
    run: Run,
) -> Iterator[Loaded]:
    """Replace a database's contents by a backup and verify it; commit at the end of the block.

    Order: checks, locks against writers, safety backup, dropping objects, then as in a new database: schema,
    data, keys and indexes, rows and digests, catalog, sequences, sessions, statistics; finally the properties of the
    database itself.

    :param mark: the value to record about its origin.

    Raise SidekickError; then everything is unchanged, except that the safety backup exists. After
    ``commit_undecided`` the outcome is unknown; see :func:`has_committed`.
    """
    content = read_content(reader, entry)
    with _connected(server) as session:
        _lock_database(session)
        replacing = _Replacing(session, reader, content, options, notices, run)
        check_session(session, content, options, notices)
        ready = False
        try:
            with session.transaction(_BEGIN):
                loaded = replacing.replace(mark)
                yield loaded
                ready = True
        except DatabaseError as error:
            # If the answer to the commit is lost, only the server knows the outcome.
            if not (ready and session.is_closed and has_committed(server, loaded.transaction or "")):
                raise error


@contextmanager
def _connected(server: Server) -> Iterator[Session]:
    try:
        session = Session.open(server, application=_APPLICATION)
    except DatabaseError as error:
        if error.code != "database_missing":
            raise
        raise DatabaseError(
            "in_place_database_missing", database=server.database, server=server.place, user=server.user
        ) from error
    with session:
        session.execute(_KEEPALIVE)
        if session.version >= _CHECK_CLIENT_SINCE:
            try:
                session.execute(_CHECK_CLIENT)
            except DatabaseError as error:
                # Not all operating systems support it.
                if error.code != "statement_failed":
                    raise
        if session.value("SHOW synchronous_commit") == "off":
            session.execute("SET synchronous_commit = local")
        yield session


def _lock_database(session: Session) -> None:
    name = f"ticketz.sidekick restore {session.server.database}"
    if not session.value("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]):
        raise DatabaseError("restore_running", database=session.server.database, server=session.server.place)


@dataclass
class _Replacing:
    """One replacement, in the session's transaction."""

    session: Session
    reader: ArchiveReader
    content: Content
    options: InPlaceOptions
    notices: list[Notice]
    run: Run

    def replace(self, mark: str) -> Loaded:
        """Do everything but commit."""
        session, content = self.session, self.content
        previous = self._back_up()
        self.run.phase("removing what is there")
        removal = self._retrying(self._remove)
        session.execute(f"SET LOCAL lock_timeout = {max(1, int(self.options.lock_timeout * 1000))}")
        roles = role_map(
            content.roles(),
            TargetServer(session, session.server).roles(),
            self.options.load.role_mapping,
            session.server.user,
            self.notices,
        )
        preserved = self._reset_preserved(removal)
        loaded = self._fill(roles, preserved)
        loaded.previous = previous
        self.run.phase("database properties")
        carry_over(session, content.entry.properties, roles, self.notices)
        set_mark(session, mark, self.notices, cleared=loaded.digests)
        # Check deferred constraints now; an error at the commit could not be distinguished from a lost connection.
        session.execute("SET CONSTRAINTS ALL IMMEDIATE")
        loaded.transaction = transaction_number(session)
        return loaded

    def _retrying(self, attempt: Callable[[float], DropPlan]) -> DropPlan:
        return retry_with_backoff(
            self.session,
            attempt,
            lambda: plan_removal(self.session, self.content.catalog).objects,
            seconds=self.options.lock_timeout,
            check=self.run.check,
        )

    def _back_up(self) -> dict[str, str] | None:
        """Lock the tables against writers, and back up the existing data; return None if there are none."""
        if not at_stake(plan_removal(self.session, self.content.catalog).objects):
            return None
        self.run.phase("waiting for those who write")
        self._retrying(self._lock_writers)
        server = self.session.server
        return required(self.options.safety, server).make(server, self.run)

    def _lock_writers(self, budget: float) -> DropPlan:
        removal = plan_removal(self.session, self.content.catalog)
        lock_tables(self.session, removal.tables, WRITERS, budget)
        now = plan_removal(self.session, self.content.catalog)
        if now.tables != removal.tables:
            raise ConcurrentDDLError("a table was created or dropped meanwhile")
        return now

    def _remove(self, budget: float) -> DropPlan:
        # Plan again, because other sessions may have created objects meanwhile.
        removal = plan_removal(self.session, self.content.catalog)
        check_droppable(self.session, removal)
        remove(self.session, removal, budget)
        return removal

    def _reset_preserved(self, removal: DropPlan) -> Preserved:
        """Reset the objects that are not dropped to their state in a new database; return them."""
        catalog = self.content.catalog
        schemas = list(removal.schemas)
        if catalog.find("schema", "public") and "public" not in schemas:
            self.session.execute("CREATE SCHEMA public", context="schema public")
            schemas.append("public")
        stuck = reset_schemas(self.session, schemas)
        privileges = reset_system_privileges(self.session, removal)
        for item in removal.extra:
            self.notices.append(
                Notice(
                    "extension_kept",
                    extension=item.name,
                    database=self.session.server.database,
                    schema=item.schema,
                )
            )
        for name in stuck:
            self.notices.append(Notice("schema_kept", schema=name))
        objects = {("extension", quoted(item.name)) for item in removal.extra}
        objects |= {("schema", quoted(name)) for name in schemas}
        objects |= privileges
        return Preserved(
            wanted=lambda entries: skip_preserved(entries, schemas, stuck),
            objects={key for key in objects if catalog.find(*key) is None},
            adaptations=tuple(Adaptation("schema_kept", quoted(name)) for name in stuck),
        )

    def _fill(self, roles: Mapping[str, str], preserved: Preserved) -> Loaded:
        content = self.content
        if not check_encoding(self.session, content.entry, []):
            tables = tuple(replace(table, digest=None) for table in content.entry.tables)
            content = replace(content, entry=replace(content.entry, tables=tables))
        try:
            return fill_database(
                self.session.server,
                self.reader,
                content,
                roles,
                self.options.load,
                self.notices,
                self.run,
                lambda _server: nullcontext(self.session),
                preserved=preserved,
            )
        except DatabaseError as error:
            kind, _space, name = str(error.facts.get("context")).partition(" ")
            if error.code != "permission_denied" or kind != "EXTENSION":
                raise
            # This can't be checked before: no catalog lists which extensions a hosting provider allows an account.
            raise DatabaseError(
                "extension_refused",
                extension=name,
                server=self.session.server.place,
                user=self.session.server.user,
                cause=error.facts["cause"],
            ) from error


def has_committed(server: Server, transaction: str) -> bool:
    """Return whether a replacement in place was committed. Wait until the server has ended the transaction.

    :param transaction: :attr:`.load.Loaded.transaction`.

    Raise DatabaseError (``commit_undecided``) if the server can't be reached, or has no status of the transaction.
    """
    return ask_whether_committed(server, transaction, "commit_undecided")
