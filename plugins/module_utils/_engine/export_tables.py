# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables and columns of a ``retrieved_data.tar.gz``.

Source: ``retrieve-tables.sh`` of the public repository ``ticketz-oss/ticketz-sidekick``, which gives the order of the
tables (parents first) and the columns that all systems derived from Whaticket have in common.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from .._postgres.names import IDENTIFIER, split_name, unquoted
from .._postgres.schema_sql import split
from .export_source import ExportSource, SourceTable

ALL, ONLY_COMMON = "all", "common"

#: table → columns that all such systems have; in the order of the files' numbers
COMMON: dict[str, frozenset[str]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "Plans": "connections createdAt id name queues updatedAt users value",
        "Companies": "createdAt dueDate email id name phone planId recurrence schedules status updatedAt",
        "Users": "companyId createdAt email id name online passwordHash profile super tokenVersion updatedAt",
        "Whatsapps": "battery companyId complationMessage createdAt farewellMessage greetingMessage id isDefault name"
        " outOfHoursMessage plugged provider qrcode ratingMessage retries session status token updatedAt",
        "Queues": "color companyId createdAt greetingMessage id name outOfHoursMessage schedules updatedAt",
        "QueueOptions": "createdAt id message option parentId queueId title updatedAt",
        "UserQueues": "createdAt queueId updatedAt userId",
        "WhatsappQueues": "createdAt queueId updatedAt whatsappId",
        "Contacts": "companyId createdAt email id isGroup name number profilePicUrl updatedAt",
        "ContactCustomFields": "contactId createdAt id name updatedAt value",
        "Tickets": "chatbot companyId contactId createdAt id isGroup lastMessage queueId queueOptionId status"
        " unreadMessages updatedAt userId uuid whatsappId",
        "Messages": "ack body companyId contactId createdAt dataJson fromMe id isDeleted mediaType mediaUrl participant"
        " queueId quotedMsgId read remoteJid ticketId updatedAt",
        "Tags": "color companyId createdAt id name updatedAt",
        "TicketTags": "createdAt tagId ticketId updatedAt",
        "Chats": "companyId createdAt id lastMessage ownerId title updatedAt uuid",
        "ChatUsers": "chatId createdAt id unreads updatedAt userId",
        "ChatMessages": "chatId createdAt id mediaName mediaPath message senderId updatedAt",
        "Settings": "companyId createdAt id key updatedAt value",
    }.items()
}

_FOREIGN_KEY = re.compile(
    rf"ALTER TABLE (?:ONLY )?(?P<table>{IDENTIFIER}\.{IDENTIFIER})\s+ADD CONSTRAINT {IDENTIFIER} FOREIGN KEY"
    rf" \((?P<columns>{IDENTIFIER}(?:, {IDENTIFIER})*)\) REFERENCES (?P<parent>{IDENTIFIER}\.{IDENTIFIER})"
)
_ONE = re.compile(IDENTIFIER)


@dataclass(frozen=True)
class Extract:
    """A table as it goes into the archive.

    :param number: number of its file.
    """

    number: int
    table: SourceTable
    columns: tuple[str, ...]

    @property
    def file(self) -> str:
        """The file's name."""
        return f"{self.number:03d}-{self.table.name}.csv"


def extracts(source: ExportSource, columns: str, notices: list[Notice]) -> list[Extract]:
    """Return the tables in their order, with the columns that the old import can load.

    It loads one table after the other and checks references as it goes. So columns that refer to a table which comes
    later, or not at all, are left out.

    :param columns: ``all`` of them, as far as they can be loaded, or those that all systems have in ``common``.
    """
    found: list[Extract] = []
    missing: list[str] = []
    left: list[str] = []
    keys = list(foreign_keys(source.post_data))
    for number, (name, common) in enumerate(COMMON.items(), 1):
        table = _table(source.tables, name)
        if table is None:
            missing.append(name)
            continue
        # The old import can't read unusual names in a header line: it quotes whatever is between commas.
        wanted = [column for column in table.columns if columns == ALL or column in common]
        there = {extract.table.load_as for extract in found} | {table.load_as}
        late = {
            column
            for child, parent, by in keys
            if child == table.load_as and parent not in there
            for column in by
            if column in wanted
        }
        left += [f"{name}.{column}" for column in wanted if column in late]
        found.append(Extract(number, table, tuple(column for column in wanted if column not in late)))
    if missing:
        notices.append(Notice("export_tables_missing", tables=listed(missing)))
    if left:
        notices.append(Notice("export_columns_left", columns=listed(left)))
    return found


def foreign_keys(post_data: bytes) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Yield table, table that it refers to, and columns by which, of each foreign key in pg_dump's section."""
    for entry in split(post_data):
        match = _FOREIGN_KEY.match(entry.sql) if entry.type == "FK CONSTRAINT" else None
        if match is not None:
            columns = tuple(unquoted(word) for word in _ONE.findall(match["columns"]))
            yield split_name(match["table"]), split_name(match["parent"]), columns


def _table(tables: Sequence[SourceTable], name: str) -> SourceTable | None:
    fitting = [table for table in tables if table.name == name]
    own = [table for table in fitting if table.schema == "public"]
    return next(iter(own or fitting), None)
