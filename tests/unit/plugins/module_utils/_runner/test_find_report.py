# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.report import report

ID, OLDER = "backup_20260130_020000", "backup_20260129_020000"
CONTACT = {
    "id": 17,
    "company": 1,
    "name": "Maria\nSilva",
    "number": "5511912345678",
    "present": True,
    "backup": ID,
    "backups": [ID, OLDER],
    "media": {"files": 14, "bytes": 3_214_556},
}
TICKET = {
    "id": 4711,
    "company": 1,
    "contact": 17,
    "status": "closed",
    "created": "2026-01-12T13:03:11Z",
    "updated": "2026-01-20T09:41:52Z",
    "present": False,
    "backup": ID,
    "backups": [ID],
    "messages": {
        "count": 1214,
        "first": "2026-01-12T13:03:11Z",
        "last": "2026-01-20T09:41:52Z",
        "present": 0,
    },
    "media": {"files": 0, "bytes": 0},
}
FILE = {
    "path": "public/media/1/17/4711/nota.pdf",
    "bytes": 88_231,
    "modified": "2026-01-12T13:04:02Z",
    "backup": ID,
    "backups": [ID],
}


def lines(language: str = "en", **results: Any) -> list[str]:
    given = {"backups": [ID, OLDER], "contacts": [], "tickets": [], "files": [], "more": False, **results}
    return report("find", Outcome(False, given), check=False, language=language)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_a_ticket_stands_below_its_contact() -> None:
    assert lines(contacts=[CONTACT], tickets=[TICKET]) == [
        "Backups searched: 2; found: contacts 1, tickets 1, files 0.",
        f"  contact 17: Maria\\nSilva, 5511912345678; still in Ticketz; files 14, 3.2 MB; last in {ID} (backups with it: 2)",
        "    ticket 4711, closed: messages 1,214, 2026-01-12 13:03 to 2026-01-20 09:41; no longer in Ticketz;"
        f" last in {ID} (backups with it: 1)",
        f"To restore what is missing of it: restore with the option backup set to {ID}, and tickets to [4711].",
    ]


def test_a_contact_that_is_gone_is_restored_with_its_tickets() -> None:
    found = lines(contacts=[{**CONTACT, "present": False}], tickets=[TICKET])
    assert found[-1].endswith(f"{ID}, and contacts to [17].")
    # Of several, a person has to choose.
    other = {**CONTACT, "id": 18, "present": False}
    assert "To restore" not in lines(contacts=[{**CONTACT, "present": False}, other])[-1]


def test_some_of_the_messages_are_gone() -> None:
    less = {**TICKET, "present": True, "messages": {**TICKET["messages"], "present": 1000}}  # type: ignore[dict-item]
    found = lines(contacts=[CONTACT], tickets=[less])
    assert "still in Ticketz, with fewer messages (1,000)" in found[2]
    assert found[-1].endswith("tickets to [4711].")
    empty = {**less, "messages": {"count": 0, "first": None, "last": None, "present": 0}}
    assert "ticket 4711, closed: no messages; still in Ticketz;" in lines(tickets=[empty])[1]


def test_without_the_database_in_use_nothing_is_said_of_it() -> None:
    unknown = {**TICKET, "present": None, "messages": {**TICKET["messages"], "present": None}}  # type: ignore[dict-item]
    found = lines(contacts=[{**CONTACT, "present": None}], tickets=[unknown], more=True)
    assert "in Ticketz" not in " ".join(found)
    assert found[-1].startswith("There is more than the 1 that were used last")


def test_a_file_is_restored_by_its_path() -> None:
    found = lines(files=[FILE])
    assert (
        found[1]
        == f"  public/media/1/17/4711/nota.pdf, 88 kB, 2026-01-12 13:04; last in {ID} (backups with it: 1)"
    )
    assert found[-1].endswith("paths to [public/media/1/17/4711/nota.pdf].")


def test_nothing() -> None:
    assert lines() == ["Backups searched: 2; nothing was found."]
    assert lines("pt") == ["Backups pesquisados: 2; nada foi encontrado."]
    assert "mensagens 1.214" in lines("pt", tickets=[TICKET])[1]
