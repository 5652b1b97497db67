# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing data that restores have replaced, once they are old enough."""

from __future__ import annotations

import datetime
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._errors import DatabaseError, Notice, SidekickError
from .._postgres.server import Server
from .._postgres.target import TargetServer
from .._store import times
from .._swap.journal import LOCK_TIMEOUT, Journal
from .._swap.record import Record
from .._swap.sizes import measured
from .._swap.switch import discard
from .previous import age_of, kept_records


@dataclass(frozen=True)
class PreviousRequest:
    """The request to remove previous data.

    :param journal: directory of the journal of exchanges.
    :param server: the server of previous databases; None to remove directories only.
    :param max_age: age in seconds from which data are removed.
    :param dry_run: only determine what would be removed.
    """

    journal: Path
    server: Server | None
    max_age: datetime.timedelta
    dry_run: bool = False
    job_id: str = ""


def is_due(request: PreviousRequest) -> bool:
    """Return whether there is anything to remove, without connecting to the server. Raise HostError."""
    return bool(_due(request))


def _due(request: PreviousRequest) -> list[Record]:
    now = times.utc_now()
    return [record for record in kept_records(request.journal) if age_of(record, now) > request.max_age]


def prune_previous(request: PreviousRequest) -> tuple[list[dict[str, Any]], list[Notice]]:
    """Remove previous databases and directories that are older than permitted; return them, oldest first.

    Databases on another server, or on one that does not answer, stay, with a warning. Raise SidekickError.
    """
    journal = Journal(request.journal)
    due = _due(request)
    removed: list[dict[str, Any]] = []
    notices: list[Notice] = []
    elsewhere: dict[str, list[Record]] = {}
    if not due:
        return removed, notices
    with ExitStack() as stack:
        if not request.dry_run:
            stack.enter_context(journal.lock("prune", request.job_id).acquire(LOCK_TIMEOUT))
        server = None
        if request.server and any(record.database for record in due):
            # A single connection for all of them, so that a server that is down is waited for only once.
            try:
                server = stack.enter_context(TargetServer.reach(request.server))
            except DatabaseError as error:
                # It is unknown which of them are on this server.
                notices.append(Notice("previous_unreachable", cause=error))
                due = [record for record in due if not record.database]
        for record in due:
            database = record.database
            if database and not (server and server.is_same(database.place, database.system)):
                elsewhere.setdefault(database.place, []).append(record)
                continue
            record = measured(record, server)
            if not request.dry_run:
                # If this is interrupted, the next run goes on with it.
                record = replace(record, keep=False)
                journal.write(record)
                try:
                    discard(journal, record, server)
                except SidekickError as error:
                    notices.append(Notice("previous_not_removed", cause=error))
                    continue
            removed.append(record.describe())
    for place, left in sorted(elsewhere.items()):
        facts = {"server": place, "number": len(left), "created": left[0].created, "path": request.journal}
        notices.append(Notice("previous_left", **facts))
    return removed, notices
