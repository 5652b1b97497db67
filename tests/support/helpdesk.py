# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small Ticketz with media, and a backup of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.tests.support import runs, ticketz_data
from ansible_collections.ticketz.sidekick.tests.support.deleted import write_media
from ansible_collections.ticketz.sidekick.tests.support.selected import Restored, restore


class Helpdesk:
    """A small Ticketz with media, and its backup."""

    def __init__(self, database: Any, directory: Path) -> None:
        self.database = database
        self.public = directory / "public"
        self.server = runs.reach(database)
        settings = {
            "host": database.host,
            "port": database.port,
            "user": database.user,
            "dbname": database.name,
        }
        ticketz_data.build({**settings, "password": database.password}, messages=500)
        self.ticket, self.contact = database.execute(
            """
            SELECT t.id, t."contactId" FROM "Tickets" t
              JOIN "TicketTags" g ON g."ticketId" = t.id JOIN "TicketTraking" k ON k."ticketId" = t.id
              JOIN "TicketNotes" n ON n."ticketId" = t.id JOIN "Messages" m ON m."ticketId" = t.id
             ORDER BY t.id LIMIT 1
            """
        )[0]
        database.execute('UPDATE "TicketTraking" SET "finishedAt" = NULL WHERE "ticketId" = %s', self.ticket)
        ((self.other,),) = database.execute('SELECT max(id) FROM "Tickets"')
        (self.public / "logo.png").parent.mkdir()
        (self.public / "logo.png").write_bytes(b"logo")
        write_media(database, self.public, [self.ticket, self.other])
        self.archive = runs.make_backup(
            self.server, directory / "store", directories={"public": self.public}
        ).backup["path"]

    def state(self) -> tuple[Any, Any]:
        """Return all rows, and all files with content and attributes, except times of directories, which deletions change."""
        files = {
            name: found if found[-1] else (*found[:3], None) for name, found in runs.tree(self.public).items()
        }
        return runs.contents(self.database.connect()), files

    def undelete(self, **options: Any) -> Restored:
        """Restore deleted tickets or contacts."""
        given = {"directories": {"public": self.public}, **options}
        for name in ("tickets", "contacts"):
            given[name] = tuple(given.get(name, ()))
        return restore(self.archive, self.server, **given)
