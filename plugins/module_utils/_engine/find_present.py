# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the contacts and tickets that backups have are in the database in use, too."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .._postgres.existing_ids import are_queryable, existing_ids
from .._postgres.server import Server
from .._postgres.session import Session, identifier

_CONTACTS, _TICKETS, _MESSAGES = (("public", name) for name in ("Contacts", "Tickets", "Messages"))


@dataclass(frozen=True)
class Present:
    """What the database has.

    :param contacts: numbers of those of the contacts that it has.
    :param messages: number of each of the tickets that it has → number of its messages.
    """

    contacts: frozenset[int]
    messages: dict[int, int]


def read_present(server: Server, contacts: Collection[int], tickets: Collection[int]) -> Present | None:
    """Return which contacts and tickets a database has; None if it is not Ticketz's.

    Raise DatabaseError: among others ``foreign_code`` if these tables can't be queried without running code of others.
    """
    with Session.open(server) as session:
        if not are_queryable(session, [_CONTACTS, _TICKETS, _MESSAGES]):
            return None
        there = existing_ids(session, _CONTACTS, contacts)
        messages = dict.fromkeys(existing_ids(session, _TICKETS, tickets), 0)
        counted = session.query(
            f'SELECT "ticketId", pg_catalog.count(*) FROM {identifier(*_MESSAGES)}'
            ' WHERE "ticketId" OPERATOR(pg_catalog.=) ANY (%s) GROUP BY 1',
            [sorted(messages)],
        )
        messages |= {int(ticket): int(count) for ticket, count in counted}
        return Present(frozenset(there), messages)
