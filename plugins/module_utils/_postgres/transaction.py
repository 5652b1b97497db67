# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines the outcome of a transaction if the server's response to COMMIT was lost."""

from __future__ import annotations

import time

from .._errors import DatabaseError
from .server import Server
from .session import Session

#: Seconds within which the server must end a transaction after its connection was lost.
_END_TIMEOUT = 90
#: SQLSTATE if the server has never assigned a transaction id.
_UNKNOWN_ID = "22023"


def transaction_number(session: Session) -> str:
    """Return the id of the session's transaction for :func:`was_committed`. The transaction must have written something.

    After a crash, the server reuses transaction ids that were not yet written to its log. So this commits a
    transaction of another connection, which flushes the log up to there.

    Raise DatabaseError.
    """
    number = str(session.value("SELECT pg_current_xact_id()"))
    with Session.open(session.server) as other:
        if other.value("SHOW synchronous_commit") == "off":
            other.execute("SET synchronous_commit = local")
        other.query("SELECT pg_logical_emit_message(true, 'ticketz.sidekick', %s)", [number])
    return number


def was_committed(session: Session, transaction: str, database: str, code: str) -> bool:
    """Wait until the server has ended a transaction; return whether it was committed.

    :param session: a session on the same server.
    :param transaction: the transaction's id.
    :param database: the database that it changes, for the message.
    :param code: code of the error.

    Raise DatabaseError (``code``) on a timeout, or if the server no longer has the transaction's status.
    """
    deadline = time.monotonic() + _END_TIMEOUT
    while True:
        try:
            status = session.value("SELECT pg_xact_status(%s::xid8)", [transaction])
        except DatabaseError as error:
            if error.facts.get("sqlstate") != _UNKNOWN_ID:
                raise
            return False
        if status in ("committed", "aborted"):
            return bool(status == "committed")
        if status is None or time.monotonic() > deadline:
            raise DatabaseError(
                code,
                database=database,
                server=session.server.place,
                cause=f"{transaction}: {status or 'unknown'}.",
            )
        time.sleep(0.2)


def ask_whether_committed(server: Server, transaction: str, code: str) -> bool:
    """Return whether a transaction was committed after its connection was lost, by querying over a new connection.

    :param transaction: the id that :func:`transaction_number` returned.
    :param code: code of the error.

    Raise DatabaseError (``code``) if the connection fails, on a timeout, or if the server no longer has the status.
    """
    try:
        with Session.open(server) as session:
            return was_committed(session, transaction, server.database, code)
    except DatabaseError as error:
        if error.code == code:
            raise
        raise DatabaseError(code, database=server.database, server=server.place, cause=error) from error
