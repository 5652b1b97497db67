# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring into a database that exists, where none can be created: one transaction on one connection.

It drops what is there, loads the backup, and proves it. Until it is committed, others have what they had: a
failure, a killed run, a lost connection and a server that stops leave nothing behind.
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
#: Changed as any other transaction would, whatever the account's defaults are.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#: The locks of a client that is gone must not last: the server finds out within about a minute, whatever it does.
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
    """Make sure that a database can be replaced in place. Changes nothing.

    :param mark: what the database would be to remember of its origin.

    Raise SidekickError; see :func:`.in_place_checks.check_session`.
    """
    content = read_content(reader, entry)
    with _connected(server) as session:
        _claim(session)
        check_session(session, content, options, notices)
        # The run itself gives the warnings of it.
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
    """Replace what a database holds by a backup, and prove it; commit at the end of the block.

    Order: checks, locks against writers, safety backup, removal, then as in a new database: schema, data, keys and
    indexes, rows and digests, catalog, sequences, sessions, statistics; at last the database's own properties.

    :param mark: what the database is to remember of its origin.

    Raise SidekickError; then everything is as it was, but for the safety backup. Only after ``in_place_undecided``
    that has to be found out, by :func:`has_committed`.
    """
    content = read_content(reader, entry)
    with _connected(server) as session:
        _claim(session)
        replacing = _Replacing(session, reader, content, options, notices, run)
        check_session(session, content, options, notices)
        ready = False
        try:
            with session.transaction(_BEGIN):
                loaded = replacing.replace(mark)
                yield loaded
                ready = True
        except DatabaseError as error:
            # Where the answer to the commit is lost, only the server knows.
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
                # not on every operating system
                if error.code != "statement_failed":
                    raise
        if session.value("SHOW synchronous_commit") == "off":
            session.execute("SET synchronous_commit = local")
        yield session


def _claim(session: Session) -> None:
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
        previous = self._save()
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
        preserved = self._keep(removal)
        loaded = self._fill(roles, preserved)
        loaded.previous = previous
        self.run.phase("database properties")
        carry_over(session, content.entry.properties, roles, self.notices)
        set_mark(session, mark, self.notices, cleared=loaded.digests)
        # Whatever is put off until the commit happens now, while it can still be told from a lost connection.
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

    def _save(self) -> dict[str, str] | None:
        """Keep others from writing, and back up what is there, if it is anything."""
        if not at_stake(plan_removal(self.session, self.content.catalog).objects):
            return None
        self.run.phase("waiting for those who write")
        self._retrying(self._hold)
        server = self.session.server
        return required(self.options.safety, server).make(server, self.run)

    def _hold(self, budget: float) -> DropPlan:
        removal = plan_removal(self.session, self.content.catalog)
        lock_tables(self.session, removal.tables, WRITERS, budget)
        now = plan_removal(self.session, self.content.catalog)
        if now.tables != removal.tables:
            raise ConcurrentDDLError("a table was created or dropped meanwhile")
        return now

    def _remove(self, budget: float) -> DropPlan:
        # As it is now: others may have made something since.
        removal = plan_removal(self.session, self.content.catalog)
        check_droppable(self.session, removal)
        remove(self.session, removal, budget)
        return removal

    def _keep(self, removal: DropPlan) -> Preserved:
        """Bring what stays to where a new database has it; return what that is."""
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
            # Which ones an account may create is told by nobody: providers have rules of their own.
            raise DatabaseError(
                "in_place_extension",
                extension=name,
                database=self.session.server.database,
                server=self.session.server.place,
                user=self.session.server.user,
                cause=error.facts["cause"],
            ) from error


def has_committed(server: Server, transaction: str) -> bool:
    """Return whether a replacement in place was committed, waiting until the server has ended it.

    :param transaction: as :class:`.load.Loaded` names it.

    Raise DatabaseError (``in_place_undecided``) if the server can't be asked, or does not know (any more).
    """
    return ask_whether_committed(server, transaction, "in_place_undecided")
