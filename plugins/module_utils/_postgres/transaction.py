# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines the outcome of a transaction whose answer to COMMIT was lost."""

from __future__ import annotations

import time

from .._errors import DatabaseError
from .server import Server
from .session import Session

#: Seconds in which the server must have ended a transaction whose connection is lost.
_DECIDING = 90
#: SQLSTATE: a transaction of that number has never been heard of.
_FUTURE = "22023"


def transaction_number(session: Session) -> str:
    """Return the number of the session's transaction, which must have written something, for :func:`was_committed`.

    After a crash, the server gives numbers again of which nothing has reached its log. The commit of another
    connection takes everything there that was written before.

    Raise DatabaseError.
    """
    number = str(session.value("SELECT pg_current_xact_id()"))
    with Session.open(session.server) as other:
        if other.value("SHOW synchronous_commit") == "off":
            other.execute("SET synchronous_commit = local")
        other.query("SELECT pg_logical_emit_message(true, 'ticketz.sidekick', %s)", [number])
    return number


def was_committed(session: Session, transaction: str, database: str, code: str) -> bool:
    """Return whether a transaction of this server was committed, waiting until the server has ended it.

    :param transaction: its number.
    :param database: that it changes, for the message.
    :param code: of the error.

    Raise DatabaseError (``code``) if the server does not know (any more).
    """
    deadline = time.monotonic() + _DECIDING
    while True:
        try:
            status = session.value("SELECT pg_xact_status(%s::xid8)", [transaction])
        except DatabaseError as error:
            if error.facts.get("sqlstate") != _FUTURE:
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
    """Return whether a transaction was committed whose connection is lost, asking over another one.

    :param transaction: as :func:`transaction_number` gave it.
    :param code: of the error.

    Raise DatabaseError (``code``) if the server can't be asked, or does not know (any more).
    """
    try:
        with Session.open(server) as session:
            return was_committed(session, transaction, server.database, code)
    except DatabaseError as error:
        if error.code == code:
            raise
        raise DatabaseError(code, database=server.database, server=server.place, cause=error) from error
