# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Performs a switch, and completes an interrupted one.

The directories are exchanged first, then the database, in one transaction that decides the switch. A switch
without a database is decided when it has been recorded. Before the decision, everything can be reverted by
renaming; after it, the next run can complete the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from .._errors import DatabaseError, HostError, listed
from .._os_errors import write_error
from .._postgres.target import Target, TargetServer
from .._store.files import sync_directory
from .journal import Journal
from .pairs import Pair, apply
from .places import apply_directory_metadata, throw_away
from .record import DONE, RESTORE, UNDONE, Record

#: Codes of errors after which it is unknown whether the database's transaction was committed.
UNDECIDED = ("swap_undecided", "commit_undecided", "import_undecided")


@dataclass(frozen=True)
class Renaming:
    """The rename of a staged directory to its name in the journal."""

    source: Path
    spare: Path


def no_decision() -> None:
    """Do nothing, since without a database, a switch is decided when it has been recorded."""


def perform(
    journal: Journal,
    record: Record,
    pairs: Iterable[Pair],
    server: TargetServer | None,
    decide: Callable[[], None] = no_decision,
    *,
    renamings: Iterable[Renaming] = (),
) -> Record:
    """Perform a switch. The caller must have the journal's lock.

    :param record: the prepared record.
    :param pairs: the names to exchange.
    :param server: the database's server, if the record has a database.
    :param decide: commits the database's transaction, after the names were exchanged.
    :param renamings: renames that are made after the switch was recorded.
    :returns: the record in its final state.

    Raise SidekickError; then everything is unchanged, except after the codes in :data:`UNDECIDED`, where the next run
    determines the outcome.
    """
    record = replace(record, pairs=journal.write_pairs(record.id, pairs))
    journal.write(record)
    try:
        with _translated():
            for renaming in renamings:
                os.rename(renaming.source, renaming.spare)
            _move(journal, record)
        decide()
    except BaseException as error:
        if getattr(error, "code", "") not in UNDECIDED:
            take_back(journal, record, server)
        raise
    return _done(journal, record)


def exchange_database(record: Record, target: Target, *, evict: bool) -> None:
    """Exchange the record's database by renaming, in one transaction.

    :param evict: terminate connections to the replaced database.

    Raise DatabaseError; then it was not exchanged, except after ``swap_undecided``.
    """
    database = record.database
    if database is None:
        return
    try:
        target.exchange(database.incoming, database.outgoing, evict=evict)
    except DatabaseError as error:
        # If the connection was lost, the transaction may have been committed: query the server.
        if not target.is_lost():
            raise
        try:
            with target.reopened() as server:
                if not has_happened(record, server):
                    raise
        except DatabaseError as cause:
            if cause is error:
                raise
            raise DatabaseError(
                "swap_undecided", database=database.name, server=database.place, cause=cause
            ) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path = os.fsdecode(error.filename) if error.filename else "-"
        raise write_error(path, error) from error


def has_happened(record: Record, server: TargetServer | None) -> bool:
    """Return whether a prepared switch is decided: its new database is the live one, or it has no database.

    Raise DatabaseError.
    """
    database = record.database
    if database is None or server is None:
        return True
    if database.transaction:
        return server.has_committed(database.transaction, database.name)
    found = server.oid(database.name)
    if database.incoming_oid is not None:
        return found == database.incoming_oid
    return found != database.outgoing_oid


def _move(journal: Journal, record: Record, *, back: bool = False) -> None:
    """Exchange all names durably.

    :param back: revert the exchange.
    """
    parents = set()
    for pair in journal.pairs(record):
        apply(pair.turned() if back else pair)
        parents |= {os.path.dirname(pair.live), os.path.dirname(pair.spare)}
    for item in record.directories:
        if item.looks:
            apply_directory_metadata(Path(item.live), item.looks[1 if back else 0])
    for parent in parents:
        if os.path.isdir(parent):
            sync_directory(Path(os.fsdecode(parent)))


def _done(journal: Journal, record: Record) -> Record:
    record = replace(record, state=DONE if record.verb == RESTORE else UNDONE)
    journal.write(record)
    _forget_undone(journal, record)
    return record


def _forget_undone(journal: Journal, record: Record) -> None:
    """Remove the record of the switch that this one has undone."""
    if record.undo_of:
        journal.forget(replace(record, id=record.undo_of))


def complete(journal: Journal, record: Record) -> Record:
    """Complete a decided switch; return its final record."""
    with _translated():
        _move(journal, record)
    return _done(journal, record)


def take_back(journal: Journal, record: Record, server: TargetServer | None) -> None:
    """Revert a switch that was not decided, and remove its new data and its record."""
    with _translated():
        _move(journal, record, back=True)
    if record.verb == RESTORE:
        for pair in journal.pairs(record):
            if os.path.dirname(pair.spare) not in _spares(record) and os.path.isfile(pair.spare):
                os.unlink(pair.spare)
        for item in record.directories:
            throw_away(Path(item.spare))
        if server and record.database and record.database.incoming:
            server.drop(record.database.incoming)
    journal.forget(record)


def _spares(record: Record) -> set[bytes]:
    return {os.fsencode(item.spare) for item in record.directories}


def discard(journal: Journal, record: Record, server: TargetServer | None) -> None:
    """Remove data replaced by a switch, and its record.

    Raise DatabaseError, HostError (``leftovers_stuck``). Then the record is kept for the next attempt.
    """
    if server and record.database and record.database.outgoing:
        server.drop(record.database.outgoing)
    stuck = []
    for item in record.directories:
        if item.full:
            left = throw_away(Path(item.spare))
            stuck += [left] if left else []
        else:
            # It was empty when it was checked. Don't remove anything that was created in it since then.
            with suppress(OSError):
                os.rmdir(item.spare)
    if stuck:
        raise HostError("leftovers_stuck", paths=listed(stuck), count=len(stuck))
    _forget_undone(journal, record)
    journal.forget(record)
