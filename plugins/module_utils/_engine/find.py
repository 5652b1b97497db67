# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds contacts, tickets and files in backups: which ones have them, and how many messages and media.

Of every backup, the contacts and tickets are read. Messages and media are counted only in the newest backup that has a
ticket, since that is the one to restore it from.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .._archive.keys import Key
from .._errors import CancelledError, DatabaseError, Notice, SidekickError
from .._postgres.server import Server
from .._run.run import Run
from .._store import listing, naming
from .._store.store import Store
from .find_backup import BackupSearch, Contact, FoundFile, Media, Messages, Ticket
from .find_present import Present, read_present
from .find_query import Query
from .locate import Located, locate
from .opening import open_backup

#: Backups in these states are searched: a missing sidecar takes nothing from an archive.
_READABLE = (listing.GOOD, listing.NO_SIDECAR, listing.DAMAGED_SIDECAR)


@dataclass(frozen=True)
class FindRequest:
    """What to look for, and where.

    :param backup_dir: the store; None if ``backup`` is a path.
    :param backup: only this backup: a path, an id or ``latest``; None for all of the store.
    :param files: look for files, too; it takes longer, since the directories' whole lists are read.
    :param limit: how many contacts, tickets and files are returned, each.
    :param server: the database in use; None if it is not asked.
    """

    query: Query
    backup_dir: Path | None
    backup: str | None = None
    key: Key | None = None
    allow_plain: bool = False
    files: bool = False
    limit: int = 50
    server: Server | None = None


@dataclass
class FoundContact:
    """A contact, as the newest backup with it has it.

    :param backups: ids of the backups with it, newest first.
    :param present: whether the database in use has it; None if that is unknown.
    :param media: its files in the newest of these backups, those of its tickets included.
    """

    contact: Contact
    backups: list[str] = field(default_factory=list)
    present: bool | None = None
    media: Media = field(default_factory=Media)


@dataclass
class FoundTicket:
    """A ticket, as the newest backup with it has it.

    :param backups: ids of the backups with it, newest first.
    :param messages: its messages in the newest of these backups, in the period.
    :param present: whether the database in use has it; None if that is unknown.
    :param present_messages: number of its messages that the database in use has, whatever the period; None if unknown.
    :param media: its files in the newest of these backups.
    """

    ticket: Ticket
    backups: list[str] = field(default_factory=list)
    messages: Messages = field(default_factory=Messages)
    present: bool | None = None
    present_messages: int | None = None
    media: Media = field(default_factory=Media)


@dataclass
class FoundFiles:
    """A file, as the newest backup with it has it, and ids of the backups with it, newest first."""

    file: FoundFile
    backups: list[str] = field(default_factory=list)


@dataclass
class FindResult:
    """The result.

    :param searched: ids of the backups that were read, newest first.
    :param contacts: by number.
    :param tickets: by number.
    :param files: by path.
    :param more: whether more was found than is returned.
    :param asked: whether the database in use was asked.
    :param bytes_read: bytes of the archives that were read.
    """

    searched: list[str] = field(default_factory=list)
    contacts: dict[int, FoundContact] = field(default_factory=dict)
    tickets: dict[int, FoundTicket] = field(default_factory=dict)
    files: dict[str, FoundFiles] = field(default_factory=dict)
    more: bool = False
    asked: bool = False
    bytes_read: int = 0
    notices: list[Notice] = field(default_factory=list)


def find(request: FindRequest, run: Run) -> FindResult:
    """Search the backups. Nothing is changed.

    Raise StoreError, ArchiveError, CancelledError; the error of the first backup if none could be read.
    """
    return _Search(request, run).run()


class _Search:
    def __init__(self, request: FindRequest, run: Run) -> None:
        self._request = request
        self._run = run
        self._found = FindResult()
        self._located: dict[str, Located] = {}

    def run(self) -> FindResult:
        found = self._found
        self._run.phase("searching backups")
        wanted = list(self._backups())
        errors: list[SidekickError] = []
        for located in wanted:
            try:
                with self._opened(located) as (id, search):
                    self._look(id, search)
                    self._located[id] = located
            except CancelledError:
                raise
            except SidekickError as error:
                errors.append(error)
                found.notices.append(Notice("find_skipped", path=located.path, cause=error))
        if errors and not found.searched:
            raise errors[0]
        self._shorten()
        self._run.phase("counting messages")
        self._count()
        self._compare()
        return found

    def _backups(self) -> Iterator[Located]:
        """Yield the backups to search, newest first."""
        request = self._request
        if request.backup is not None or request.backup_dir is None:
            yield locate(request.backup or "latest", request.backup_dir)
            return
        store = Store.open(request.backup_dir, write=False)
        for backup in listing.scan(store.path).backups:
            if backup.format == naming.FORMAT_1 and backup.state in _READABLE:
                yield Located(backup.path, store, backup)

    @contextmanager
    def _opened(self, located: Located) -> Iterator[tuple[str, BackupSearch]]:
        with open_backup(located, self._request.key, self._request.allow_plain) as reader:
            try:
                yield reader.manifest.id, BackupSearch(reader, self._request.query, self._run.check)
            finally:
                self._found.bytes_read += reader.bytes_read

    def _look(self, id: str, search: BackupSearch) -> None:
        found, query = self._found, self._request.query
        if search.has_database:
            contacts = {} if query.is_period_only else search.contacts()
            tickets = search.tickets(contacts)
            owners = {each.contact for each in tickets.values() if each.contact is not None}
            if owners - set(contacts):
                contacts = search.contacts(owners)
            for contact in contacts.values():
                if contact.id in owners or not query.has_period:
                    found.contacts.setdefault(contact.id, FoundContact(contact)).backups.append(id)
            for ticket in tickets.values():
                found.tickets.setdefault(ticket.id, FoundTicket(ticket)).backups.append(id)
        if self._request.files and query.words:
            for file in search.files():
                found.files.setdefault(file.path, FoundFiles(file)).backups.append(id)
        found.searched.append(id)

    def _shorten(self) -> None:
        """Leave out what is beyond the limit: the tickets that were used last are kept, and their contacts."""
        found, limit = self._found, self._request.limit
        tickets = sorted(found.tickets.values(), key=lambda each: each.ticket.updated, reverse=True)
        used = {
            contact: place
            for place, contact in enumerate(dict.fromkeys(each.ticket.contact for each in tickets))
        }
        contacts = sorted(found.contacts, key=lambda id: (used.get(id, len(used)), id))
        found.more = max(len(tickets), len(contacts), len(found.files)) > limit
        found.tickets = {each.ticket.id: each for each in tickets[:limit]}
        found.contacts = {id: found.contacts[id] for id in contacts[:limit]}
        found.files = dict(list(found.files.items())[:limit])

    def _count(self) -> None:
        """Count messages and media, of each backup those of the tickets and contacts that it is the newest one of."""
        found = self._found
        for id in found.searched:
            tickets = [each for each in found.tickets.values() if each.backups[0] == id]
            contacts = [each for each in found.contacts.values() if each.backups[0] == id]
            if not tickets and not contacts:
                continue
            with self._opened(self._located[id]) as (_id, search):
                messages = search.messages([each.ticket.id for each in tickets]) if tickets else {}
                for each in tickets:
                    each.messages = messages[each.ticket.id]
                    place = (each.ticket.company, each.ticket.contact or 0, each.ticket.id)
                    each.media = search.media(place)
                for owner in contacts:
                    owner.media = search.media((owner.contact.company, owner.contact.id))

    def _compare(self) -> None:
        """Ask the database in use what it has."""
        found, server = self._found, self._request.server
        if server is None or not (found.contacts or found.tickets):
            return
        try:
            present = read_present(server, found.contacts, found.tickets)
        except DatabaseError as error:
            found.notices.append(Notice("find_not_compared", cause=error))
            return
        if present is not None:
            self._mark(present)

    def _mark(self, present: Present) -> None:
        self._found.asked = True
        for id, contact in self._found.contacts.items():
            contact.present = id in present.contacts
        for id, ticket in self._found.tickets.items():
            ticket.present = id in present.messages
            ticket.present_messages = present.messages.get(id, 0)
