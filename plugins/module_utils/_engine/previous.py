# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing what restores have taken out of service, once its time has passed."""

from __future__ import annotations

import datetime
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._errors import DatabaseError, Notice
from .._postgres.server import Server
from .._postgres.target import TargetServer
from .._store import times
from .._swap.journal import PATIENCE, Journal
from .._swap.record import PREPARED, Record
from .._swap.switch import discard


@dataclass(frozen=True)
class PreviousRequest:
    """Which previous data to remove.

    :param journal: where switches are written down.
    :param server: where previous databases are; None removes directories alone.
    :param max_age: what is older goes.
    :param dry_run: only tell what would be removed.
    """

    journal: Path
    server: Server | None
    max_age: datetime.timedelta
    dry_run: bool = False
    job_id: str = ""


def prune_previous(request: PreviousRequest) -> tuple[list[dict[str, Any]], list[Notice]]:
    """Remove previous databases and directories that are older than permitted; return them, oldest first.

    Those on another server are left, with a warning. Raise SidekickError.
    """
    journal = Journal(request.journal)
    deadline = times.utc_now() - request.max_age
    due = [
        record
        for record in journal.records()
        if record.state != PREPARED and record.keep and times.from_text(record.created) < deadline
    ]
    removed: list[dict[str, Any]] = []
    notices: list[Notice] = []
    if not due:
        return removed, notices
    with ExitStack() as stack:
        if not request.dry_run:
            stack.enter_context(journal.lock("prune", request.job_id).acquire(PATIENCE))
        for record in due:
            try:
                found = stack.enter_context(_server(request, record)) if record.database else None
            except DatabaseError as error:
                notices.append(_left(record, error))
                continue
            if record.database and (
                found is None or not found.is_same(record.database.place, record.database.system)
            ):
                notices.append(_left(record, "-"))
                continue
            if not request.dry_run:
                # If this is interrupted, the next run goes on with it.
                record = replace(record, keep=False)
                journal.write(record)
                discard(journal, record, found)
            removed.append(record.describe())
    return removed, notices


def _server(request: PreviousRequest, record: Record) -> Any:
    return TargetServer.reach(request.server) if request.server else ExitStack()


def _left(record: Record, cause: object) -> Notice:
    place = record.database.place if record.database else "-"
    return Notice("previous_left", created=record.created, backup=record.backup, server=place, cause=cause)
