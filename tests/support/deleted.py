# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deletes tickets and contacts like Ticketz's services, in the database and in the media."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any


def delete_ticket(database: Any, public: Path, ticket: int) -> None:
    """Delete a ticket: end its tracking, delete its row, then delete the directory of its media."""
    ((company, contact),) = database.execute(
        'SELECT "companyId", "contactId" FROM "Tickets" WHERE id = %s', ticket
    )
    database.execute(
        'UPDATE "TicketTraking" SET "finishedAt" = now(), "updatedAt" = now()'
        ' WHERE id = (SELECT id FROM "TicketTraking" WHERE "ticketId" = %s LIMIT 1)',
        ticket,
    )
    database.execute('DELETE FROM "Tickets" WHERE id = %s', ticket)
    shutil.rmtree(public / "media" / str(company) / str(contact) / str(ticket), ignore_errors=True)


def delete_contact(database: Any, public: Path, contact: int) -> None:
    """Delete a contact: delete the directory of its media, then its row, which also deletes its tickets."""
    ((company,),) = database.execute('SELECT "companyId" FROM "Contacts" WHERE id = %s', contact)
    shutil.rmtree(public / "media" / str(company) / str(contact), ignore_errors=True)
    database.execute('DELETE FROM "Contacts" WHERE id = %s', contact)


def write_media(database: Any, public: Path, tickets: list[int]) -> None:
    """Write media files of tickets to Ticketz's paths, and make messages refer to them."""
    for ticket in tickets:
        ((company, contact),) = database.execute(
            'SELECT "companyId", "contactId" FROM "Tickets" WHERE id = %s', ticket
        )
        for number, (message,) in enumerate(
            database.execute('SELECT id FROM "Messages" WHERE "ticketId" = %s ORDER BY id LIMIT 3', ticket)
        ):
            path = Path("media", str(company), str(contact), str(ticket), f"r{number}", "orçamento nº 1.pdf")
            (public / path).parent.mkdir(parents=True)
            (public / path).write_bytes(message.encode() * 50)
            (public / path).chmod(0o640)
            database.execute('UPDATE "Messages" SET "mediaUrl" = %s WHERE id = %s', str(path), message)
