# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of a deleted ticket, with Ticketz's schema and its cascades, while Ticketz is running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs, ticketz_data
from ansible_collections.ticketz.sidekick.tests.support.meanwhile import meanwhile
from ansible_collections.ticketz.sidekick.tests.support.selected import restore
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

#: Ticketz's tables whose rows are deleted with a ticket, or lose their reference to it.
TABLES = (
    "Tickets",
    "Messages",
    "OldMessages",
    "Schedules",
    "TicketNotes",
    "TicketTags",
    "TicketTraking",
    "UserRatings",
)


@pytest.fixture
def helpdesk(make_database: Any, tmp_path: Path, pg_version: int) -> Any:
    """A small Ticketz, and its backup."""
    database = make_database(pg_version)
    settings = {"host": database.host, "port": database.port, "user": database.user, "dbname": database.name}
    ticketz_data.build({**settings, "password": database.password}, messages=1500)
    made = runs.make_backup(runs.reach(database), tmp_path / "store")
    return database, made.backup["path"]


def a_ticket(database: Any) -> int:
    """Return a ticket that has rows in all of these tables."""
    ((ticket,),) = database.execute(
        """
        SELECT t.id FROM "Tickets" t
          JOIN "TicketTags" g ON g."ticketId" = t.id JOIN "TicketTraking" k ON k."ticketId" = t.id
          JOIN "TicketNotes" n ON n."ticketId" = t.id JOIN "Messages" m ON m."ticketId" = t.id
         ORDER BY t.id LIMIT 1
        """
    )
    return int(ticket)


def rows_of(database: Any, ticket: int) -> dict[str, int]:
    return {
        table: database.execute(
            f'SELECT count(*) FROM "{table}" WHERE "{"id" if table == "Tickets" else "ticketId"}" = {ticket}'
        )[0][0]
        for table in TABLES
    }


def test_a_deleted_ticket_comes_back_with_all_that_belonged_to_it(helpdesk: Any) -> None:
    database, archive = helpdesk
    before = runs.contents(database.connect())
    ticket = a_ticket(database)
    had = rows_of(database, ticket)
    database.execute(f'DELETE FROM "Tickets" WHERE id = {ticket}')
    lost = runs.contents(database.connect())
    assert {name for name in before if before[name] != lost[name]} >= {
        "public.Tickets",
        "public.Messages",
        "public.TicketNotes",
        "public.TicketTags",
        "public.TicketTraking",
    }
    server = runs.reach(database)
    predicted = restore(archive, server, tables=TABLES, merge=True, dry_run=True)
    assert runs.contents(database.connect()) == lost
    done = restore(archive, server, tables=TABLES, merge=True)
    assert runs.contents(database.connect()) == before
    assert rows_of(database, ticket) == had
    assert done.result.changed
    assert done.codes == []
    assert done.result.database is not None
    assert predicted.result.database == done.result.database
    changes = done.result.database["changes"]
    assert changes["public.Tickets"] == {"inserted": 1, "updated": 0, "removed": 0, "relinked": 0}
    assert changes["public.Messages"]["inserted"] == had["Messages"] > 0
    assert changes["public.TicketNotes"] == {
        "inserted": 0,
        "updated": 0,
        "removed": 0,
        "relinked": had["TicketNotes"],
    }
    again = restore(archive, server, tables=TABLES, merge=True)
    assert not again.result.changed
    assert runs.contents(database.connect()) == before


def test_only_this_ticket_comes_back(helpdesk: Any) -> None:
    """Other deleted tickets are not restored, and later rows are kept."""
    database, archive = helpdesk
    ticket = a_ticket(database)
    ((other,),) = database.execute('SELECT max(id) FROM "Tickets"')
    had = rows_of(database, ticket)
    database.execute(f'DELETE FROM "Tickets" WHERE id IN ({ticket}, {other})')
    database.execute('DELETE FROM "Messages" WHERE body = (SELECT max(body) FROM "Messages")')
    database.execute('UPDATE "Tickets" SET "lastMessage" = \'since then\'')
    before = runs.contents(database.connect())
    rows = {table: {"id" if table == "Tickets" else "ticketId": [ticket]} for table in TABLES}
    done = restore(archive, runs.reach(database), tables=TABLES, merge=True, rows=rows)
    assert rows_of(database, ticket) == had
    assert rows_of(database, other) == dict.fromkeys(TABLES, 0)
    database.execute(f'DELETE FROM "Tickets" WHERE id = {ticket}')
    assert runs.contents(database.connect()) == before
    assert done.result.database is not None
    assert done.result.database["changes"]["public.Tickets"]["inserted"] == 1


def test_tables_that_were_forgotten_are_named(helpdesk: Any) -> None:
    database, archive = helpdesk
    ticket = a_ticket(database)
    database.execute(f'DELETE FROM "Tickets" WHERE id = {ticket}')
    done = restore(archive, runs.reach(database), tables=["Tickets", "Messages"], merge=True)
    assert done.codes == ["selected_children_left"]
    for table in ("OldMessages", "Schedules", "TicketNotes", "TicketTags", "TicketTraking", "UserRatings"):
        assert table in str(done.notices[0])
    assert "Contacts" not in str(done.notices[0])


@contextmanager
def busy(database: Any) -> Iterator[Callable[[], int]]:
    """Write messages continuously, like Ticketz; yield a function that returns their number."""
    ((ticket, contact),) = database.execute('SELECT max(id), max("contactId") FROM "Tickets"')
    numbers: list[int] = []

    def write(ended: threading.Event) -> None:
        with closing(database.connect()) as connection, connection.cursor() as cursor:
            while not ended.is_set():
                cursor.execute(
                    'INSERT INTO "Messages" (id, body, "ticketId", "contactId", "dataJson", "createdAt", "updatedAt")'
                    " VALUES (%s, 'live', %s, %s, '{}', now(), now())",
                    [f"LIVE{len(numbers)}", ticket, contact],
                )
                cursor.execute('UPDATE "Tickets" SET "lastMessage" = %s WHERE id = %s', ["live", ticket])
                connection.commit()
                numbers.append(len(numbers))
                time.sleep(0.005)

    with meanwhile(write):
        yield lambda: len(numbers)


@pytest.mark.long
def test_ticketz_goes_on_meanwhile(helpdesk: Any) -> None:
    database, archive = helpdesk
    ticket = a_ticket(database)
    had = rows_of(database, ticket)
    database.execute(f'DELETE FROM "Tickets" WHERE id = {ticket}')
    before = runs.contents(database.connect())
    with busy(database) as written:
        # A merge must not block others: before it continues after a report, they must have committed rows.
        def others_go_on(**_position: Any) -> None:
            before = written()
            wait_until(lambda: written() > before)

        run = Run(progress=others_go_on, add=others_go_on)
        restore(archive, runs.reach(database), run, tables=TABLES, merge=True)
        others_go_on()
    assert rows_of(database, ticket) == had
    ((live,),) = database.execute("SELECT count(*) FROM \"Messages\" WHERE body = 'live'")
    assert live == written()
    database.execute("DELETE FROM \"Messages\" WHERE body = 'live'")
    database.execute(f'DELETE FROM "Tickets" WHERE id = {ticket}')
    after = runs.contents(database.connect())
    assert after.pop("public.Tickets")[0] == before.pop("public.Tickets")[0]
    assert after == before
