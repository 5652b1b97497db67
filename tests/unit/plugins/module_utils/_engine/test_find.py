# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contacts, tickets and files are found in backups, whatever was deleted since, and little is read for it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.find import (
    FindRequest,
    FindResult,
    find,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.find_query import parse_query
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError, EncryptionError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.deleted import delete_contact, delete_ticket
from ansible_collections.ticketz.sidekick.tests.support.helpdesk import Helpdesk
from ansible_collections.ticketz.sidekick.tests.support.selected import restore


@pytest.fixture
def helpdesk(database: Any, tmp_path: Path) -> Helpdesk:
    return Helpdesk(database, tmp_path)


def back_up(helpdesk: Helpdesk, **options: Any) -> str:
    """Make one more backup; return its id."""
    store = Path(helpdesk.archive).parent
    made = runs.make_backup(helpdesk.server, store, directories={"public": helpdesk.public}, **options)
    return str(made.backup["id"])


def search(helpdesk: Helpdesk, text: str, **changes: Any) -> FindResult:
    given = FindRequest(parse_query(text), Path(helpdesk.archive).parent, server=helpdesk.server)
    return find(replace(given, **changes), Run())


def contact_of(helpdesk: Helpdesk) -> tuple[str, str]:
    ((name, number),) = helpdesk.database.execute(
        'SELECT name, number FROM "Contacts" WHERE id = %s', helpdesk.contact
    )
    return str(name), str(number)


def test_a_deleted_contact_is_found_where_it_was_last(helpdesk: Helpdesk) -> None:
    name, number = contact_of(helpdesk)
    ((messages, first),) = helpdesk.database.execute(
        """SELECT count(*), to_char(min("createdAt") AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
             FROM "Messages" WHERE "ticketId" = %s""",
        helpdesk.ticket,
    )
    older, with_it = Path(helpdesk.archive).name.split(".")[0], back_up(helpdesk)
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    delete_contact(helpdesk.database, helpdesk.public, helpdesk.contact)
    without = back_up(helpdesk)
    for text in (name, number, f"+{number[:4]} {number[4:8]}-{number[8:]}", f"#{helpdesk.ticket}"):
        found = search(helpdesk, text)
        assert found.searched == [without, with_it, older]
        assert found.asked and not found.notices and not found.more
        contact, ticket = found.contacts[helpdesk.contact], found.tickets[helpdesk.ticket]
        assert (contact.contact.name, contact.contact.number) == (name, number)
        assert contact.backups == ticket.backups == [with_it, older]
        assert contact.present is ticket.present is False
        assert (ticket.messages.count, ticket.messages.first[:19]) == (messages, first)
        assert (ticket.media.files, contact.media.files >= 3) == (3, True)
    # What is returned is what a restore takes.
    helpdesk.archive = str(next(Path(helpdesk.archive).parent.glob(f"{with_it}.tar*gz")))
    helpdesk.undelete(contacts=[helpdesk.contact])
    found = search(helpdesk, number)
    assert found.contacts[helpdesk.contact].present and found.tickets[helpdesk.ticket].present
    assert found.tickets[helpdesk.ticket].present_messages == messages


def test_some_of_a_tickets_messages_are_gone(helpdesk: Helpdesk) -> None:
    helpdesk.database.execute(
        'DELETE FROM "Messages" WHERE id = (SELECT min(id) FROM "Messages" WHERE "ticketId" = %s)',
        helpdesk.ticket,
    )
    ticket = search(helpdesk, str(helpdesk.ticket)).tickets[helpdesk.ticket]
    assert ticket.present and ticket.present_messages == ticket.messages.count - 1


def test_a_file_is_found_by_its_name_in_any_case(helpdesk: Helpdesk) -> None:
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    for text in ("ORCAMENTO", "orçamento nº 1.pdf", "1.pdf", "logo"):
        found = search(helpdesk, text, files=True)
        expected = 1 if text == "logo" else 6
        assert len(found.files) == expected, text
        path = next(iter(found.files))
        done = helpdesk.undelete(paths=(path,), tickets=(), merge=True)
        assert (
            done.result.directories["public"]["unchanged"] + done.result.directories["public"]["files"] == 1
        )


def test_a_period_has_its_tickets(helpdesk: Helpdesk) -> None:
    helpdesk.database.execute(
        """UPDATE "Tickets" SET "createdAt" = '2001-05-05 10:00Z', "updatedAt" = '2001-05-06 10:00Z' WHERE id = %s""",
        helpdesk.ticket,
    )
    helpdesk.database.execute(
        """UPDATE "Messages" SET "createdAt" = '2001-05-07 10:00Z' WHERE "ticketId" = %s""", helpdesk.ticket
    )
    helpdesk.database.execute(
        """UPDATE "Messages" SET "createdAt" = '2001-05-05 11:00Z'
            WHERE id = (SELECT min(id) FROM "Messages" WHERE "ticketId" = %s)""",
        helpdesk.ticket,
    )
    id = back_up(helpdesk)
    query = parse_query("", "2001-05-05 00:00:00", "2001-05-06 00:00:00")
    found = search(helpdesk, "", query=query, backup=id)
    assert list(found.tickets) == [helpdesk.ticket]
    assert found.tickets[helpdesk.ticket].messages.count == 1
    assert list(found.contacts) == [helpdesk.contact]
    later = search(
        helpdesk, "", query=parse_query("", "2001-05-07 00:00:00", "2001-05-08 00:00:00"), backup=id
    )
    assert not later.tickets


def test_little_of_an_encrypted_backup_is_read(helpdesk: Helpdesk) -> None:
    """Of media nothing but the list is read, and messages only where a ticket was found."""
    for number in range(40):
        (helpdesk.public / f"{number}.jpg").write_bytes(os.urandom(1 << 20))
    key = Key.from_text("7f" * 32)
    id = back_up(helpdesk, key=key, compression="none")
    size = next(Path(helpdesk.archive).parent.glob(f"{id}.tar*enc")).stat().st_size
    assert size > 40 << 20
    found = search(helpdesk, contact_of(helpdesk)[1], key=key, backup=id)
    assert found.contacts and found.bytes_read < size // 5
    missing = search(helpdesk, "nobody has this name", key=key, backup=id)
    assert not missing.contacts and missing.bytes_read < found.bytes_read


def test_a_backup_that_can_not_be_opened_is_left_out(helpdesk: Helpdesk) -> None:
    plain = Path(helpdesk.archive).name.split(".")[0]
    back_up(helpdesk, key=Key.from_text("7f" * 32))
    number = contact_of(helpdesk)[1]
    found = search(helpdesk, number)
    assert found.searched == [plain] and [notice.code for notice in found.notices] == ["find_skipped"]
    assert search(helpdesk, number, key=Key.from_text("7f" * 32), allow_plain=True).searched[1:] == [plain]
    Path(helpdesk.archive).unlink()
    with pytest.raises(EncryptionError) as caught:
        search(helpdesk, number)
    assert caught.value.code == "key_missing"


def test_the_database_in_use_can_not_be_asked(helpdesk: Helpdesk) -> None:
    number = contact_of(helpdesk)[1]
    found = search(helpdesk, number, server=replace(helpdesk.server, port=1, connect_timeout=1))
    assert [notice.code for notice in found.notices] == ["find_not_compared"]
    assert found.contacts[helpdesk.contact].present is None and not found.asked
    assert not search(helpdesk, number, server=None).notices


def test_of_many_those_that_were_used_last(helpdesk: Helpdesk) -> None:
    newest = helpdesk.database.execute('SELECT id FROM "Tickets" ORDER BY "updatedAt" DESC LIMIT 2')
    query = parse_query("", "1990-01-01 00:00:00", None)
    found = search(helpdesk, "", query=query, limit=2)
    assert found.more and list(found.tickets) == [id for (id,) in newest]
    assert len(found.contacts) <= 2


def test_tables_that_are_not_those_of_ticketz(database: Any, tmp_path: Path) -> None:
    """Anybody may have made the archive: numbers that are none are refused, not a traceback."""
    database.execute(
        """
        CREATE TABLE "Contacts" (id text, "companyId" int, name text, number text);
        CREATE TABLE "Tickets" (id int, "companyId" int, "contactId" text, status text, "createdAt" text, "updatedAt" text);
        INSERT INTO "Contacts" VALUES ('seventeen', 1, 'Maria', '5511912345678')
        """
    )
    server, store = runs.reach(database), tmp_path / "store"
    archive = runs.make_backup(server, store).backup["path"]
    for attempt in (
        lambda: find(FindRequest(parse_query("Maria"), store), Run()),
        lambda: restore(archive, server, contacts=(17,)),
    ):
        with pytest.raises(ArchiveError) as caught:
            attempt()
        assert (caught.value.code, caught.value.facts["table"]) == ("undelete_not_ticketz", "Contacts")
