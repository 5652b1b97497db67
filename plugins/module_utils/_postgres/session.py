# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections with fixed values for all settings that affect the text or the visibility of a value.

Only this file uses the driver. Other files send SQL, and get rows or a DatabaseError.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Union

from .._errors import DatabaseError
from .._libraries import require
from .pinned import pin_statement
from .server import Server

#: Temporary connection failures, after which a retry can succeed. They are recognized by text, since libpq has no
#: SQLSTATE for them.
NO_CONNECTION = ("too many clients", "too many connections for", "remaining connection slots")
_TRANSIENT = (
    *NO_CONNECTION,
    "Connection refused",
    "starting up",
    "shutting down",
    "No such file or directory",
    "server closed the connection",
)

#: The beginning of libpq's message about one of the addresses that it has tried.
_ATTEMPT = re.compile(r'connection to server (at|on socket) ".*" ?(\(.*\))?(, port \d+)? failed: ')

#: SQLSTATE → error code, for failures that have the same cause in all contexts.
_BY_SQLSTATE = {
    "42501": "permission_denied",
    "53100": "server_disk_full",
    "53200": "server_out_of_memory",
    "55P03": "lock_not_available",
    "57P01": "connection_lost",
    "57P02": "connection_lost",
    "57P03": "connection_lost",
    "08000": "connection_lost",
    "08003": "connection_lost",
    "08006": "connection_lost",
    "57014": "statement_cancelled",
}


#: Values for the placeholders of a statement, by position or by name.
Arguments = Union[Sequence[object], Mapping[str, object], None]


class Writable(Protocol):
    """A target of COPY … TO STDOUT."""

    def write(self, data: bytes, /) -> object:
        """Process one row."""


class Readable(Protocol):
    """A source of COPY … FROM STDIN."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes."""


def identifier(*parts: str) -> str:
    """Quote a (qualified) name for use in SQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """Quote a string for use in SQL, independently of standard_conforming_strings."""
    if "\\" not in text:
        return "'" + text.replace("'", "''") + "'"
    return " E'" + text.replace("'", "''").replace("\\", "\\\\") + "'"


def _sqlstate(error: BaseException) -> str | None:
    state = getattr(error, "pgcode", None)
    return state if isinstance(state, str) else None


def first_line(error: BaseException) -> str:
    """Return the primary message and detail of the server's error, or the first line of another error."""
    diag = getattr(error, "diag", None)
    primary = getattr(diag, "message_primary", None)
    if isinstance(primary, str) and primary:
        detail = getattr(diag, "message_detail", None)
        return f"{primary} ({detail})" if isinstance(detail, str) and detail else primary
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


class Session:
    """A connection to a database. Only one thread may use it at a time, except for :meth:`cancel`."""

    def __init__(self, server: Server, connection: Any) -> None:
        self.server = server
        self._connection = connection
        self._driver = require("psycopg2")
        self.version: int = connection.server_version
        #: id of the server's process for this connection, kept since the driver forgets it with the connection
        self.backend: int = connection.info.backend_pid

    @classmethod
    def open(cls, server: Server, *, application: str = "ticketz.sidekick") -> Session:
        """Connect in autocommit mode, and set the pinned settings.

        Retry for ``server.connect_timeout`` seconds if the server refuses connections or is still starting.

        Raise DatabaseError.
        """
        driver = require("psycopg2")
        deadline = time.monotonic() + server.connect_timeout
        while True:
            try:
                connection = driver.connect(
                    **server.libpq(),
                    password=server.password,
                    connect_timeout=max(2, server.connect_timeout),
                    application_name=application,
                    client_encoding="UTF8",
                    keepalives_idle=30,
                    keepalives_interval=10,
                    keepalives_count=6,
                )
                break
            except driver.OperationalError as error:
                text = str(error)
                if any(word in text for word in _TRANSIENT) and time.monotonic() < deadline:
                    time.sleep(0.5)
                    continue
                raise _connection_error(server, text) from None
            except driver.Error as error:
                raise _connection_error(server, str(error)) from None
        connection.autocommit = True
        session = cls(server, connection)
        try:
            session._pin()
        except BaseException:
            session.close()
            raise
        return session

    def _pin(self) -> None:
        # A database with this encoding is not converted, so that the client must get the bytes unchanged.
        as_bytes = self.parameter("server_encoding") == "SQL_ASCII"
        self.execute(pin_statement(self.version, as_bytes=as_bytes), context="settings")

    def reset(self) -> None:
        """Reset the session to the state of a new one."""
        self.execute("DISCARD ALL")
        self._pin()

    @property
    def is_closed(self) -> bool:
        """Whether the connection was closed or lost."""
        return bool(self._connection.closed)

    def parameter(self, name: str) -> str | None:
        """Return a parameter that the server reports without a query, such as ``server_version``."""
        value: str | None = self._connection.get_parameter_status(name)
        return value

    @contextmanager
    def _translated(self, context: str) -> Iterator[None]:
        try:
            yield
        except self._driver.Error as error:
            state = _sqlstate(error)
            cause = first_line(error)
            if state is None and self._is_lost(error):
                state = "08006"
            code = _BY_SQLSTATE.get(state or "", "statement_failed")
            raise DatabaseError(
                code,
                database=self.server.database,
                server=self.server.place,
                cause=cause,
                context=context,
                sqlstate=state,
            ) from error

    def _is_lost(self, error: Exception) -> bool:
        # Errors of the server have an SQLSTATE. An error of these general classes without one comes from libpq, and
        # means a lost connection, even if the driver still considers it open, as it does after a failed write.
        kinds = (self._driver.DatabaseError, self._driver.OperationalError)
        return self.is_closed or type(error) in kinds

    def execute(self, sql: str, arguments: Arguments = None, *, context: str = "") -> int:
        """Run one or more statements; return the row count of the last.

        :param context: the object that the statements are about, for error messages.
        """
        with self._translated(context or _summary(sql)), self._connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            count: int = cursor.rowcount
            return count

    def query(self, sql: str, arguments: Arguments = None, *, context: str = "") -> list[tuple[Any, ...]]:
        """Run a query; return all its rows."""
        with self._translated(context or _summary(sql)), self._connection.cursor() as cursor:
            cursor.execute(sql, arguments)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def value(self, sql: str, arguments: Arguments = None, *, context: str = "") -> Any:
        """Run a query; return the first column of its first row, or None if there is no row."""
        rows = self.query(sql, arguments, context=context)
        return rows[0][0] if rows else None

    def copy_out(self, sql: str, target: Writable, *, context: str) -> int:
        """Run ``COPY … TO STDOUT`` into ``target``; return the number of rows."""
        with self._translated(context), self._connection.cursor() as cursor:
            cursor.copy_expert(sql, target)
            count: int = cursor.rowcount
            return count

    def copy_in(self, sql: str, source: Readable, *, context: str) -> int:
        """Run ``COPY … FROM STDIN`` from ``source``; return the number of rows."""
        # A large buffer, since the driver's default of 8 kB would need a Python call for every 8 kB.
        with self._translated(context), self._connection.cursor() as cursor:
            cursor.copy_expert(sql, source, 1 << 20)
            count: int = cursor.rowcount
            return count

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, so that statements are not committed one by one."""
        status: int = self._connection.get_transaction_status()
        return bool(status != self._driver.extensions.TRANSACTION_STATUS_IDLE)

    @property
    def is_broken(self) -> bool:
        """Whether no statement can be executed, because the connection is closed or the transaction has failed."""
        failed: int = self._driver.extensions.TRANSACTION_STATUS_INERROR
        return self.is_closed or self._connection.get_transaction_status() == failed

    @contextmanager
    def transaction(self, begin: str = "BEGIN") -> Iterator[None]:
        """Run the block in a transaction, which is committed at its end, or rolled back if the block raises.

        Within another transaction, use a savepoint instead; nothing is committed.
        """
        if self.in_transaction:
            with self.savepoint():
                yield
            return
        self.execute(begin)
        try:
            yield
        except BaseException:
            if not self._connection.closed:
                try:
                    self.execute("ROLLBACK")
                except DatabaseError:
                    self.close()
            raise
        self.execute("COMMIT")

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Run the block in a transaction that is always rolled back, to find out whether the server accepts statements."""
        self.execute("BEGIN")
        try:
            yield
        finally:
            if not self._connection.closed:
                self.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Run the block with a savepoint, to which the transaction is rolled back if the block raises.

        Without an open transaction, just run the block.
        """
        if not self.in_transaction:
            yield
            return
        self.execute("SAVEPOINT before")
        try:
            yield
        except BaseException:
            if not self._connection.closed:
                try:
                    self.execute("ROLLBACK TO SAVEPOINT before; RELEASE SAVEPOINT before")
                except DatabaseError:
                    self.close()
            raise
        self.execute("RELEASE SAVEPOINT before")

    def use_no_search_path(self) -> None:
        """Set an empty search path, as in a new session: unqualified names only refer to objects of the system."""
        self.execute("SET search_path = ''")

    @contextmanager
    def no_search_path(self) -> Iterator[str]:
        """Set an empty search path for the block. Yield the previous one, as SQL."""
        before = str(self.value("SELECT pg_catalog.current_setting('search_path')"))
        self.use_no_search_path()
        try:
            yield "" if before in ("", '""') else before
        finally:
            if not self.is_broken:
                self.value("SELECT pg_catalog.set_config('search_path', %s, false)", [before])

    def cancel(self) -> None:
        """Cancel the statement that another thread is executing. Never raises."""
        try:
            self._connection.cancel()
        except self._driver.Error:
            pass

    def close(self) -> None:
        """Close the connection, which rolls back an open transaction. Never raises."""
        try:
            self._connection.close()
        except self._driver.Error:
            pass

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _summary(sql: str) -> str:
    words = " ".join(sql.split())
    return words if len(words) <= 100 else words[:97] + "..."


def _connection_cause(text: str) -> str:
    """Return the reasons in libpq's message, without the repeated address and without its questions to the user."""
    lines = (_ATTEMPT.sub("", line).strip() for line in text.strip().splitlines())
    return "; ".join(dict.fromkeys(line for line in lines if line and not line.endswith("?")))


def _connection_error(server: Server, text: str) -> DatabaseError:
    cause = _connection_cause(text)
    if "password authentication failed" in cause or "no password supplied" in cause or "28P01" in cause:
        code = "login_refused"
    elif "pg_hba.conf" in cause or "authentication failed" in cause:
        code = "login_not_allowed"
    elif f'database "{server.database}" does not exist' in cause:
        maintenance = server.database == server.maintenance_database
        code = "maintenance_database_missing" if maintenance else "database_missing"
    elif "SSL" in cause or "certificate" in cause:
        code = "tls_failed"
    elif "could not translate host name" in cause:
        code = "host_unknown"
    else:
        code = "server_unreachable"
    return DatabaseError(
        code,
        server=server.place,
        user=server.user,
        database=server.database,
        ssl_mode=server.ssl_mode or "prefer",
        seconds=server.connect_timeout,
        cause=cause,
    )
