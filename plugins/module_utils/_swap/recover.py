# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a switch that was interrupted to an end: forward where it had been decided, back where not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from .._errors import DatabaseError, HostError, Notice
from .._postgres.server import Server
from .._postgres.target import TargetServer
from .journal import PATIENCE, Journal
from .record import PREPARED, DirectorySwap, Record
from .switch import complete, discard, has_happened, take_back


def overlapping(record: Record, directories: Iterable[Path]) -> list[DirectorySwap]:
    """Return the directories of a record that are among the given ones, or inside or above them."""
    given = [path.parent.resolve() / path.name for path in directories]
    return [
        item
        for item in record.directories
        for path in given
        if path == Path(item.live) or path in Path(item.live).parents or Path(item.live) in path.parents
    ]


def _pending(journal: Journal) -> list[Notice]:
    return [
        Notice("swap_pending", backup=record.backup, created=record.created, verb=record.verb)
        for record in journal.unfinished()
        if record.state == PREPARED
    ]


def recover(
    journal: Journal,
    server: Server | None,
    directories: Mapping[str, Path],
    *,
    dry_run: bool,
    job_id: str = "",
) -> list[Notice]:
    """Bring the interrupted switches of this database or these directories to an end.

    :param dry_run: only warn of those that are to be brought to one.
    :param server: with the database that the run is about; None if it is about none.
    :param directories: that the run is about.

    Raise HostError (``swap_interrupted``) if that takes another server than this one, and what the journal raises.
    """
    if dry_run:
        return _pending(journal)
    if not journal.unfinished():
        return []
    notices = []
    with journal.lock("recover", job_id).acquire(PATIENCE):
        for record in journal.unfinished():
            notices += _recover(journal, record, server, directories)
    return notices


def _recover(
    journal: Journal, record: Record, server: Server | None, directories: Mapping[str, Path]
) -> list[Notice]:
    touched = overlapping(record, directories.values())
    if record.database is None:
        return _settle(journal, record, None) if touched else []
    cause: DatabaseError | None = None
    if server is not None:
        try:
            with TargetServer.reach(server) as found:
                if found.is_same(record.database.place, record.database.system):
                    return _settle(journal, record, found)
        except DatabaseError as error:
            cause = error
    if touched and record.state == PREPARED:
        raise HostError(
            "swap_interrupted",
            backup=record.backup,
            created=record.created,
            path=touched[0].live,
            database=record.database.name,
            server=record.database.place,
        ) from cause
    return []


def _settle(journal: Journal, record: Record, server: TargetServer | None) -> list[Notice]:
    if record.state != PREPARED:
        discard(journal, record, server)
        return []
    facts = {"backup": record.backup, "created": record.created, "verb": record.verb}
    if not has_happened(record, server):
        take_back(journal, record, server)
        return [Notice("swap_taken_back", **facts)]
    record = complete(journal, record)
    if not record.keep:
        discard(journal, record, server)
    return [Notice("swap_completed", **facts)]
