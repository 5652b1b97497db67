# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found in backups, for a person: each contact with its tickets, then files, and how to restore them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._archive.names import printable
from .._store import times
from .._store.units import human_size
from .phrases import number, say

_INDENT = "  "

Found = Mapping[str, Any]


def find_lines(results: Found, changed: bool, check: bool, language: str) -> list[str]:
    """Return the lines of a report.

    :param results: as the module ``ticketz_find`` returns them.
    """
    contacts, tickets, files = results["contacts"], results["tickets"], results["files"]
    counts = {
        name: number(len(found), language)
        for name, found in (
            ("count", results["backups"]),
            ("contacts", contacts),
            ("tickets", tickets),
            ("files", files),
        )
    }
    if not (contacts or tickets or files):
        return [say("found_nothing", language, **counts)]
    lines = [say("found", language, **counts)]
    for contact in contacts:
        lines.append(_INDENT + _contact(contact, language))
        own = [ticket for ticket in tickets if ticket["contact"] == contact["id"]]
        lines += [2 * _INDENT + _ticket(ticket, language) for ticket in own]
    known = {contact["id"] for contact in contacts}
    lines += [_INDENT + _ticket(each, language) for each in tickets if each["contact"] not in known]
    lines += [_INDENT + _file(each, language) for each in files]
    if results["more"]:
        limit = max(len(contacts), len(tickets), len(files))
        lines.append(say("found_more", language, limit=number(limit, language)))
    return [*lines, *_next_steps(contacts, tickets, files, language)]


def _contact(found: Found, language: str) -> str:
    line = say(
        "found_contact",
        language,
        id=found["id"],
        name=printable(found["name"]),
        number=printable(found["number"]),
    )
    return "; ".join([line, *_present(found, language), *_where(found, language)])


def _ticket(found: Found, language: str) -> str:
    messages = found["messages"]
    facts = {"id": found["id"], "status": printable(found["status"])}
    if messages["count"]:
        line = say(
            "found_ticket",
            language,
            messages=number(messages["count"], language),
            first=_local(messages["first"]),
            last=_local(messages["last"]),
            **facts,
        )
    else:
        line = say("found_ticket_empty", language, **facts)
    return "; ".join([line, *_present(found, language), *_where(found, language)])


def _present(found: Found, language: str) -> Iterator[str]:
    """Yield whether Ticketz itself still has it, if that is known."""
    if found["present"] is False:
        yield say("found_absent", language)
    elif found["present"] and _lacks(found):
        yield say("found_less", language, present=number(found["messages"]["present"], language))
    elif found["present"]:
        yield say("found_present", language)


def _file(found: Found, language: str) -> str:
    facts = {"path": found["path"], "size": human_size(found["bytes"]), "modified": _local(found["modified"])}
    return "; ".join([say("found_file", language, **facts), *_where(found, language)])


def _where(found: Found, language: str) -> Iterator[str]:
    """Yield its media, and which backups have it."""
    media = found.get("media")
    if media and media["files"]:
        size = human_size(media["bytes"])
        yield say("found_media", language, files=number(media["files"], language), size=size)
    yield say("found_in", language, id=found["backup"], count=number(len(found["backups"]), language))


def _next_steps(
    contacts: Sequence[Found], tickets: Sequence[Found], files: Sequence[Found], language: str
) -> Iterator[str]:
    """Yield how to restore what Ticketz lacks, if that is one thing: of several, a person has to choose."""
    gone = [contact for contact in contacts if contact["present"] is False]
    lost = [
        ticket
        for ticket in tickets
        if ticket["contact"] not in {contact["id"] for contact in gone} and _lacks(ticket)
    ]
    wanted = [
        *(("contacts", each["id"], each) for each in gone),
        *(("tickets", each["id"], each) for each in lost),
        *(("paths", each["path"], each) for each in files),
    ]
    if len(wanted) == 1:
        option, value, found = wanted[0]
        yield say("found_restore", language, id=found["backup"], option=option, value=f"[{value}]")


def _lacks(found: Found) -> bool:
    """Return whether Ticketz itself lacks a contact or ticket, or some of its messages."""
    messages = found.get("messages")
    less = (
        messages is not None and messages["present"] is not None and messages["present"] < messages["count"]
    )
    return found["present"] is False or less


def _local(moment: str) -> str:
    """Return a moment in the host's time zone, to the minute."""
    return times.from_text(moment).astimezone().strftime("%Y-%m-%d %H:%M")
