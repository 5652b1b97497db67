# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks for contacts, tickets and files in one backup, and reads only the parts that have them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from os.path import basename

from .._archive.entries import FILE, parse_entry
from .._archive.find import DirectoryIndex, index_lines
from .._archive.names import index_member
from .._archive.pathcodec import encode_path
from .._archive.reader import ArchiveReader
from .._archive.tables import TableEntry
from .._components.database.entry import DatabaseEntry
from .._components.directories.entry import directories_of
from .find_query import Query
from .ticketz_tables import media_path, ticketz_rows, ticketz_table

#: Matches of one kind that are kept of a backup; more help nobody.
MOST_MATCHES = 10_000

_IDS = ("id", "companyId")
_CONTACT = ("name", "number")
_TICKET = ("status", "createdAt", "updatedAt")
_EMAIL = "email"


@dataclass(frozen=True)
class Contact:
    """A contact in a backup."""

    id: int
    company: int
    name: str
    number: str


@dataclass(frozen=True)
class Ticket:
    """A ticket in a backup. Times are as PostgreSQL writes them, in UTC; ``contact`` is None if it has none."""

    id: int
    company: int
    contact: int | None
    status: str
    created: str
    updated: str


@dataclass(frozen=True)
class Messages:
    """A ticket's messages: how many there are in the period, and the times of the first and the last one."""

    count: int = 0
    first: str = ""
    last: str = ""

    def and_one(self, when: str) -> Messages:
        """Return them with one more."""
        first = min(self.first, when) if self.count else when
        return Messages(self.count + 1, first, max(self.last, when))


@dataclass(frozen=True)
class Media:
    """Files of a ticket or contact: how many there are, and their bytes."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class FoundFile:
    """A file in a backup: path as the option ``paths`` takes it, bytes, and seconds since 1970."""

    path: str
    bytes: int
    modified: int


class BackupSearch:
    """Looks for things in one backup.

    Each method raises what reading an archive raises, and ArchiveError (``undelete_not_ticketz``) if the database is not
    Ticketz's.
    """

    def __init__(self, reader: ArchiveReader, query: Query, check: Callable[[], None]) -> None:
        """
        :param check: called now and then; raises CancelledError if the run was asked to stop.
        """
        self._reader = reader
        self._query = query
        self._check = check
        self._indexes = [DirectoryIndex(reader, entry) for entry in directories_of(reader.manifest)]

    @property
    def has_database(self) -> bool:
        """Whether the backup has a database."""
        return DatabaseEntry.of(self._reader.manifest) is not None

    def contacts(self, also: Collection[int] = ()) -> dict[int, Contact]:
        """Return the contacts that are looked for.

        :param also: numbers of contacts that are returned in any case.
        """
        table = ticketz_table(self._reader, "Contacts", (*_IDS, *_CONTACT))
        columns = [*_CONTACT, _EMAIL] if _EMAIL in table.columns else _CONTACT
        found: dict[int, Contact] = {}
        for (id, company), (name, number, *email) in self._rows(table, _IDS, columns):
            if id in also or self._query.fits_contact(name, number, email[0] if email else ""):
                found[id] = Contact(id, company, name, number)
                if len(found) >= MOST_MATCHES:
                    break
        return found

    def tickets(self, contacts: Collection[int]) -> dict[int, Ticket]:
        """Return the tickets that are looked for, by their number or their contact, in the period."""
        numbers = (*_IDS, "contactId")
        table = ticketz_table(self._reader, "Tickets", (*numbers, *_TICKET))
        query, everything = self._query, self._query.is_period_only
        found: dict[int, Ticket] = {}
        for (id, company, contact), (status, created, updated) in self._rows(table, numbers, _TICKET):
            owner = contact or None
            wanted = everything or id == query.ticket or owner in contacts
            if wanted and query.fits_period(created, updated):
                found[id] = Ticket(id, company, owner, status, created, updated)
                if len(found) >= MOST_MATCHES:
                    break
        return found

    def messages(self, tickets: Collection[int]) -> dict[int, Messages]:
        """Count the messages of tickets in the period. This reads the whole table."""
        found = dict.fromkeys(tickets, Messages())
        table = ticketz_table(self._reader, "Messages", ("ticketId", "createdAt"))
        for (ticket,), (created,) in self._rows(table, ("ticketId",), ("createdAt",)):
            if ticket in found and self._query.fits_period(created, created):
                found[ticket] = found[ticket].and_one(created)
        return found

    def media(self, place: tuple[int, ...]) -> Media:
        """Count the files of a contact or ticket.

        :param place: company and contact, or company, contact and ticket.
        """
        self._check()
        path = media_path(*place)
        sizes = [entry.size for index in self._indexes for entry in index.below(path) if entry.type == FILE]
        return Media(len(sizes), sum(sizes))

    def files(self) -> Iterator[FoundFile]:
        """Yield the files that are looked for by their name. This reads the directories' whole lists."""
        for directory in (index.directory for index in self._indexes):
            for number in range(len(directory.index)):
                self._check()
                source = f"{self._reader.path}: {index_member(directory.name, number + 1)}"
                for line in index_lines(self._reader, directory, number):
                    if not self._may_fit(line):
                        continue
                    entry = parse_entry(line, source)
                    if entry.type == FILE and self._query.fits_file(encode_path(basename(entry.path))):
                        path = f"{directory.name}/{encode_path(entry.path)}"
                        yield FoundFile(path, entry.size, entry.mtime_ns // 1_000_000_000)

    def _may_fit(self, line: bytes) -> bool:
        """Return False if a line can't name what is looked for: most of them need not be parsed."""
        lower = line.lower()
        # Letters that a comparison folds are escaped there.
        return b"\\u" in line or all(
            word.encode() in lower for word in self._query.words if word.isascii() and word.isalnum()
        )

    def _rows(
        self, table: TableEntry, numbers: Sequence[str], texts: Sequence[str]
    ) -> Iterator[tuple[list[int], list[str]]]:
        return ticketz_rows(self._reader, table, numbers, texts, self._check)
