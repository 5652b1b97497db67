# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tickets and contacts deleted by Ticketz are restored, with rows, files and overwritten values."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.deleted import delete_contact, delete_ticket
from ansible_collections.ticketz.sidekick.tests.support.helpdesk import Helpdesk
from ansible_collections.ticketz.sidekick.tests.support.selected import restore


@pytest.fixture
def helpdesk(make_database: Any, tmp_path: Path, pg_version: int) -> Helpdesk:
    return Helpdesk(make_database(pg_version), tmp_path)


def test_a_deleted_ticket_comes_back_whole(helpdesk: Helpdesk) -> None:
    before = helpdesk.state()
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    deleted = helpdesk.state()
    assert deleted[0] != before[0] and deleted[1] != before[1]
    predicted = helpdesk.undelete(tickets=[helpdesk.ticket], dry_run=True)
    assert helpdesk.state() == deleted
    done = helpdesk.undelete(tickets=[helpdesk.ticket])
    assert helpdesk.state() == before
    assert done.codes == predicted.codes == []
    assert predicted.result.database == done.result.database
    assert done.result.undeleted == {"tickets": [helpdesk.ticket], "contacts": []}
    assert done.result.database
    assert done.result.database["changes"]["public.Tickets"]["inserted"] == 1
    assert done.result.database["changes"]["public.TicketTraking"]["relinked"] == 1
    assert done.result.directories["public"]["files"] == 3
    again = helpdesk.undelete(tickets=[helpdesk.ticket])
    assert not again.result.changed
    assert helpdesk.state() == before


def test_a_deleted_contact_comes_back_with_all_of_its_tickets(helpdesk: Helpdesk) -> None:
    # The contact has written in a group, so rows of another contact's ticket are deleted with it.
    helpdesk.database.execute(
        'UPDATE "Messages" SET "contactId" = %s WHERE "ticketId" = %s', helpdesk.contact, helpdesk.other
    )
    archive = runs.make_backup(
        helpdesk.server, Path(helpdesk.archive).parent, directories={"public": helpdesk.public}
    ).backup["path"]
    helpdesk.archive = archive
    before = helpdesk.state()
    delete_contact(helpdesk.database, helpdesk.public, helpdesk.contact)
    with pytest.raises(SidekickError) as caught:
        helpdesk.undelete(tickets=[helpdesk.ticket])
    assert caught.value.code == "undelete_contact_gone"
    assert f": {helpdesk.contact}." in str(caught.value)
    done = helpdesk.undelete(contacts=[helpdesk.contact])
    assert helpdesk.state() == before
    assert done.result.undeleted
    assert done.result.undeleted["contacts"] == [helpdesk.contact]
    assert helpdesk.ticket in done.result.undeleted["tickets"]
    assert done.codes == []


def test_nothing_else_comes_back_or_changes(helpdesk: Helpdesk) -> None:
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.other)
    helpdesk.database.execute('UPDATE "Tickets" SET "lastMessage" = \'since then\'')
    helpdesk.database.execute('UPDATE "TicketTraking" SET "finishedAt" = now()')
    helpdesk.database.execute("UPDATE \"TicketNotes\" SET note = 'edited'")
    (helpdesk.public / "logo.png").write_bytes(b"new")
    before = helpdesk.state()
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    helpdesk.undelete(tickets=[helpdesk.ticket])
    rows, files = helpdesk.state()
    assert files == before[1]
    changed = {name for name in rows if rows[name] != before[0][name]}
    # The ticket and its tracking are restored; other columns of the note keep their current values.
    assert changed == {"public.Tickets", "public.TicketTraking"}
    ((finished,),) = helpdesk.database.execute(
        'SELECT "finishedAt" FROM "TicketTraking" WHERE "ticketId" = %s', helpdesk.ticket
    )
    assert finished is None


@pytest.mark.long
def test_what_was_deleted_since_stays_deleted(helpdesk: Helpdesk) -> None:
    ((user,),) = helpdesk.database.execute('SELECT "userId" FROM "Tickets" WHERE id = %s', helpdesk.ticket)
    assert user
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    helpdesk.database.execute('DELETE FROM "Users" WHERE id = %s', user)
    done = helpdesk.undelete(tickets=[helpdesk.ticket])
    assert done.codes == ["undelete_references_gone"]
    assert "public.Tickets (userId): 1" in str(done.notices[0])
    assert helpdesk.database.execute(
        'SELECT count(*), count("userId") FROM "Tickets" WHERE id = %s', helpdesk.ticket
    ) == [(1, 0)]


@pytest.mark.long
def test_a_ticket_that_never_had_files(helpdesk: Helpdesk) -> None:
    ((plain,),) = helpdesk.database.execute(
        'SELECT min(id) FROM "Tickets" WHERE id NOT IN (%s, %s)', helpdesk.ticket, helpdesk.other
    )
    before = helpdesk.state()
    delete_ticket(helpdesk.database, helpdesk.public, plain)
    done = helpdesk.undelete(tickets=[plain], directories={})
    assert done.codes == []
    assert done.result.directories == {}
    assert helpdesk.state() == before


@pytest.mark.long
def test_files_that_are_there_again_are_left(helpdesk: Helpdesk) -> None:
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    write = helpdesk.public / "media" / "since.txt"
    write.write_text("since")
    done = helpdesk.undelete(tickets=[helpdesk.ticket], components=("database",))
    assert done.result.directories == {}
    assert done.result.changed
    shutil.rmtree(helpdesk.public / "media")
    done = helpdesk.undelete(tickets=[helpdesk.ticket, helpdesk.other])
    assert done.result.directories["public"]["files"] == 6


def test_what_can_not_come_back_is_said(helpdesk: Helpdesk) -> None:
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    deleted = helpdesk.state()
    cases: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"tickets": [10**9]}, "undelete_absent", ["tickets: 1000000000", "contacts: -", "older"]),
        ({"contacts": [10**9, 10**9 + 1]}, "undelete_absent", ["contacts: 1000000000, 1000000001"]),
        ({"tickets": [helpdesk.ticket, 10**9]}, "undelete_absent", ["tickets: 1000000000;"]),
        ({"tickets": [helpdesk.ticket], "directories": {}}, "directories_unplaced", ["public"]),
    ]
    for options, code, says in cases:
        for dry_run in (True, False):
            with pytest.raises(SidekickError) as caught:
                helpdesk.undelete(**options, dry_run=dry_run)
            assert caught.value.code == code
            assert all(each in str(caught.value) for each in says), caught.value
    assert helpdesk.state() == deleted


@pytest.mark.long
def test_a_backup_without_directories_is_said(helpdesk: Helpdesk, tmp_path: Path) -> None:
    helpdesk.archive = runs.make_backup(helpdesk.server, tmp_path / "rows").backup["path"]
    delete_ticket(helpdesk.database, helpdesk.public, helpdesk.ticket)
    done = helpdesk.undelete(tickets=[helpdesk.ticket])
    assert done.codes == ["undelete_without_media"]


def test_a_database_that_is_no_ticketz(make_database: Any, tmp_path: Path) -> None:
    database = make_database()
    database.execute('CREATE TABLE "Tickets" (id int)')
    archive = runs.make_backup(runs.reach(database), tmp_path / "store").backup["path"]
    with pytest.raises(SidekickError) as caught:
        restore(archive, runs.reach(database), tickets=(1,))
    assert caught.value.code == "undelete_not_ticketz"
