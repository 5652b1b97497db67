# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovers an interrupted switch: completes it if it was decided, and reverts it otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._errors import DatabaseError, HostError, Notice, SidekickError
from .._postgres.server import Server
from .._postgres.target import TargetServer
from .journal import LOCK_TIMEOUT, Journal
from .record import PREPARED, DirectorySwap, Record
from .switch import complete, discard, has_happened, take_back


def overlapping(record: Record, directories: Iterable[Path]) -> list[DirectorySwap]:
    """Return the directories of a record that equal one of the given directories, or are inside or above one."""
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
    """Recover interrupted switches of this database or these directories.

    :param dry_run: only warn about switches that must be recovered.
    :param server: server with the run's database; None if the run has no database.
    :param directories: the run's directories.

    Raise HostError: ``swap_interrupted`` if only another server has the outcome, and the journal's errors.
    """
    if dry_run:
        for record in journal.unfinished():
            _refuse_elsewhere(record, server, directories)
        return _pending(journal)
    if not journal.unfinished():
        return []
    notices = []
    with journal.lock("recover", job_id).acquire(LOCK_TIMEOUT):
        for record in journal.unfinished():
            notices += _recover(journal, record, server, directories)
    return notices


def _recover(
    journal: Journal, record: Record, server: Server | None, directories: Mapping[str, Path]
) -> list[Notice]:
    if record.database is None:
        return _settle(journal, record, None) if overlapping(record, directories.values()) else []
    try:
        with _connected(record, server) as found:
            if found is not None:
                return _settle(journal, record, found)
    except DatabaseError:
        # The server may respond later. Until then, refuse runs with directories of the switch.
        pass
    _refuse_elsewhere(record, None, directories)
    return []


@contextmanager
def _connected(record: Record, server: Server | None) -> Iterator[TargetServer | None]:
    """Connect to the server. Yield None if it does not respond, or is not the server of the record's database."""
    with ExitStack() as stack:
        found: TargetServer | None = None
        if server is not None and record.database is not None:
            with suppress(DatabaseError):
                found = stack.enter_context(TargetServer.reach(server))
            if found and not found.is_same(record.database.place, record.database.system):
                found = None
        yield found


def _refuse_elsewhere(record: Record, server: Server | None, directories: Mapping[str, Path]) -> None:
    """Raise HostError (``swap_interrupted``) if directories belong to a switch whose outcome only another server has."""
    touched = overlapping(record, directories.values())
    if record.database is None or record.state != PREPARED or not touched:
        return
    with _connected(record, server) as found:
        if found is None:
            raise HostError(
                "swap_interrupted",
                backup=record.backup,
                created=record.created,
                path=touched[0].live,
                database=record.database.name,
                server=record.database.place,
            )


def _settle(journal: Journal, record: Record, server: TargetServer | None) -> list[Notice]:
    if record.state != PREPARED:
        return _discard(journal, record, server)
    facts = {"backup": record.backup, "created": record.created, "verb": record.verb}
    if not has_happened(record, server):
        take_back(journal, record, server)
        return [Notice("swap_settled", problem="taken_back", **facts)]
    record = complete(journal, record)
    stuck = [] if record.keep else _discard(journal, record, server)
    return [Notice("swap_settled", problem="completed", **facts), *stuck]


def _discard(journal: Journal, record: Record, server: TargetServer | None) -> list[Notice]:
    """Remove data replaced by a switch. Return a warning if that fails, since nothing depends on it."""
    try:
        discard(journal, record, server)
    except SidekickError as error:
        return [Notice("previous_not_removed", cause=error)]
    return []
