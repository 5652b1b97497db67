# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to deleted tickets and contacts: rows of other tables, files, and values that the deletion overwrote.

This is what Ticketz does when it deletes one: the rows that refer to it go too, or lose their reference, which the
foreign keys of the database in use say; ``media/<company>/<contact>/<ticket>`` of the public directory is removed, or
the contact's directory above it; and the ticket's tracking gets the time of the deletion as its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from .._archive.find import DirectoryIndex
from .._archive.reader import ArchiveReader
from .._archive.tables import TableEntry
from .._components.absence import absent
from .._components.database.entry import DATABASE, DatabaseEntry
from .._components.directories.entry import DIRECTORIES, directories_of
from .._errors import ArchiveError, DatabaseError, Notice, listed
from .._postgres.existing_ids import are_queryable, existing_ids
from .._postgres.foreign_keys import CASCADE, SET_NULL, read_foreign_keys
from .._postgres.live_tables import read_live_tables
from .._postgres.names import qualified
from .._postgres.session import Session
from .selective_names import Name
from .selective_request import SelectedRequest
from .ticketz_tables import media_path, ticketz_rows, ticketz_table

#: What tells rows of a table apart that are wanted: a row has one of the values in each column of one of the choices.
Choices = Sequence[Mapping[str, Sequence[str]]]

#: table → columns that Ticketz overwrites in rows that stay, when the ticket that they refer to is deleted
_OVERWRITTEN = {"TicketTraking": ("finishedAt", "updatedAt")}


@dataclass(frozen=True)
class Undelete:
    """What to bring back.

    :param request: with the tables and paths that are needed.
    :param rows: the wanted rows of each table.
    :param overwritten: columns that get the backup's values again in rows whose reference is set again.
    :param found: the tickets and contacts, as results show them.
    """

    request: SelectedRequest
    rows: Mapping[Name, Choices]
    overwritten: Mapping[Name, Sequence[str]]
    found: dict[str, list[int]]


@dataclass(frozen=True)
class _Ticket:
    id: int
    contact: int
    company: int


@dataclass(frozen=True)
class _Wanted:
    """What the backup has of the tickets and contacts.

    :param tickets: those that were asked for, and those of the contacts.
    :param companies: contact → company, of the contacts that were asked for.
    """

    ticket_table: Name
    contact_table: Name
    tickets: tuple[_Ticket, ...]
    companies: Mapping[int, int]


def plan_undelete(request: SelectedRequest, reader: ArchiveReader, notices: list[Notice]) -> Undelete:
    """Find out what belongs to the request's ``tickets`` and ``contacts``.

    Raise ArchiveError: ``undelete_not_ticketz``, ``undelete_absent``; HostError (``component_absent``); DatabaseError
    (``undelete_contact_gone``), and what opening the database raises.
    """
    manifest = reader.manifest
    entry = DatabaseEntry.of(manifest)
    if entry is None:
        raise absent(DATABASE, manifest)
    wanted = _wanted(request, reader, entry)
    with Session.open(request.server) as session:
        rows = _rows(session, wanted, entry)
        _check_contacts(request, session, wanted)
    components = request.components or (DATABASE, DIRECTORIES)
    expanded = replace(
        request,
        tables=tuple(qualified(*name) for name in rows) if DATABASE in components else (),
        paths=tuple(_paths(reader, wanted, notices)) if DIRECTORIES in components else (),
        components=None,
        merge=True,
    )
    overwritten = {name: _OVERWRITTEN[name[1]] for name in rows if name[1] in _OVERWRITTEN}
    found = {"tickets": sorted(ticket.id for ticket in wanted.tickets), "contacts": sorted(wanted.companies)}
    return Undelete(expanded, rows, overwritten, found)


def _wanted(request: SelectedRequest, reader: ArchiveReader, entry: DatabaseEntry) -> _Wanted:
    backup = reader.manifest.id
    tickets = ticketz_table(reader, "Tickets", ("id", "contactId", "companyId"))
    contacts = ticketz_table(reader, "Contacts", ("id", "companyId"))
    companies: dict[int, int] = {}
    if request.contacts:
        for contact, company in _values(reader, contacts, ("id", "companyId")):
            if contact in request.contacts:
                companies[contact] = company
    found = tuple(
        _Ticket(*values)
        for values in _values(reader, tickets, ("id", "contactId", "companyId"))
        if values[0] in request.tickets or values[1] in companies
    )
    absent = {
        "tickets": sorted(set(request.tickets) - {ticket.id for ticket in found}),
        "contacts": sorted(set(request.contacts) - set(companies)),
    }
    if any(absent.values()):
        named = {kind: listed(ids) or "-" for kind, ids in absent.items()}
        raise ArchiveError("undelete_absent", id=backup, **named)
    return _Wanted((tickets.schema, tickets.name), (contacts.schema, contacts.name), found, companies)


def _values(reader: ArchiveReader, table: TableEntry, columns: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Yield some columns of all rows, numbers; a missing one is 0, which no id is."""
    return (tuple(numbers) for numbers, _texts in ticketz_rows(reader, table, columns))


def _rows(session: Session, wanted: _Wanted, entry: DatabaseEntry) -> dict[Name, list[dict[str, list[str]]]]:
    """Return which rows of which tables of the backup belong to what is wanted."""
    tickets = [str(ticket.id) for ticket in wanted.tickets]
    ids = {wanted.ticket_table: tickets, wanted.contact_table: [str(each) for each in wanted.companies]}
    ids = {name: values for name, values in ids.items() if values}
    there = {(table.schema, table.name) for table in entry.tables}
    found: dict[Name, list[dict[str, list[str]]]] = {name: [{"id": values}] for name, values in ids.items()}
    live = read_live_tables(session, ids)
    keys = read_foreign_keys(session, [table.oid for table in live.values()])
    for name, table in live.items():
        for key in keys.to.get(table.oid, []):
            if key.on_delete not in (CASCADE, SET_NULL) or key.parent_columns != ("id",):
                continue
            for leaf in key.child_leaves:
                child = (keys.holders[leaf].schema, keys.holders[leaf].name)
                # Tickets of the contacts are all in the list of tickets.
                if child in there and child != wanted.ticket_table:
                    found.setdefault(child, []).append({key.child_columns[0]: ids[name]})
    return found


def _check_contacts(request: SelectedRequest, session: Session, wanted: _Wanted) -> None:
    """Make sure that each ticket's contact is there, or comes back. Raise DatabaseError (``undelete_contact_gone``)."""
    needed = {ticket.contact for ticket in wanted.tickets if ticket.contact} - set(wanted.companies)
    there: set[int] = set()
    if are_queryable(session, [wanted.contact_table]):
        there = existing_ids(session, wanted.contact_table, needed)
    gone = sorted(needed - there)
    if gone:
        server = request.server
        raise DatabaseError(
            "undelete_contact_gone",
            contacts=listed(gone),
            database=server.database,
            server=server.place,
        )


def _paths(reader: ArchiveReader, wanted: _Wanted, notices: list[Notice]) -> Iterator[str]:
    """Yield the directories of media that the backup has of the tickets and contacts, as the option ``paths`` does."""
    directories = directories_of(reader.manifest)
    if not directories:
        notices.append(Notice("undelete_without_media", id=reader.manifest.id))
    places: list[tuple[int, ...]] = [(company, contact) for contact, company in wanted.companies.items()]
    places += [
        (ticket.company, ticket.contact, ticket.id)
        for ticket in wanted.tickets
        if ticket.contact not in wanted.companies
    ]
    indexes = [(directory.name, DirectoryIndex(reader, directory)) for directory in directories]
    for place in places:
        path = media_path(*place)
        for name, index in indexes:
            if index.get(path) is not None:
                yield f"{name}/{b'/'.join(path).decode()}"
