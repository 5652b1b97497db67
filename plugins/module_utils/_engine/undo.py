# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undoing a restore: what it took out of service comes back, and what it had brought is kept in its place."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from .._components.database.options import SWAP
from .._components.database.restore import database_in_use
from .._components.directories.restore import directory_in_use
from .._components.redis.keys import undo_redis
from .._components.redis.restore import KEYS
from .._errors import DatabaseError, HostError, Notice, listed
from .._postgres.target import Target
from .._run.run import Run
from .._stack.quiesce import resume_orphaned_containers
from .._stack.redis_server import RedisServer
from .._swap.journal import LOCK_TIMEOUT, Journal
from .._swap.places import Place, can_be_renamed, entries, looks, pairs
from .._swap.prepare import database_swap, new_record
from .._swap.record import PREPARED, UNDO, UNDONE, DatabaseSwap, DirectorySwap, Record
from .._swap.recover import overlapping, recover
from .._swap.sizes import record_sizes
from .._swap.switch import exchange_database, no_decision, perform
from .outage import Outage
from .restore_request import Installation
from .restore_result import RestoreResult


def undo(here: Installation, run: Run, *, dry_run: bool = False) -> RestoreResult:
    """Undo the newest restore of the database, or where none is known, of the directories.

    Everything that the restore exchanged is exchanged back. What the application has written since goes out of service
    with the data that it was written to, and is kept. An undo that was done already is no change.

    Raise HostError: ``undo_nothing``, ``undo_stale``; and what connecting and switching raise.
    """
    started = time.monotonic()
    journal = Journal(here.journal)
    notices = recover(journal, here.server, here.directories, dry_run=dry_run, job_id=run.job_id)
    if not dry_run:
        notices += resume_orphaned_containers()
    outage = Outage(here.outage, notices, run)
    run.phase("looking for the previous data")
    with _found(here, journal) as (record, target):
        if record.state == UNDONE:
            notices.append(Notice("undo_done_already", backup=record.backup, created=record.created))
            return _result(record, False, None, started, notices)
        swaps = _check(record, target)
        used = frozenset(directory_in_use(Path(swap.live)) for swap, _place in swaps)
        if record.database:
            used |= {database_in_use(record.database.name)}
        if dry_run:
            return _result(record, True, None, started, notices, outage.predict(used))
        run.phase("switching")
        with journal.lock("undo", run.job_id).acquire(LOCK_TIMEOUT):
            prepared = new_record(
                UNDO, record.backup, keep=True, directories=[swap for swap, _place in swaps]
            )
            prepared = replace(prepared, undo_of=record.id)
            if target and record.database:
                outgoing = target.outgoing_name(keep=True)
                prepared = replace(
                    prepared, database=database_swap(target, record.database.outgoing, outgoing)
                )
            moves = chain.from_iterable(
                pairs(place, Path(swap.spare), Path(swap.spare)) for swap, place in swaps
            )
            decide = partial(exchange_database, prepared, target, evict=True) if target else no_decision
            if record.redis and here.redis:
                used |= {KEYS}
            with outage.around(used):
                done = perform(journal, prepared, moves, target, decide)
                redis = _redis(here.redis, record, notices)
            done = record_sizes(journal, done, target)
        if record.config:
            notices.append(Notice("config_stays", paths=listed(record.config)))
    outage.wait()
    run.phase("done")
    return replace(
        _result(record, True, done, started, notices, outage.describe()), redis=redis, notices=tuple(notices)
    )


def _redis(server: RedisServer | None, record: Record, notices: list[Notice]) -> dict[str, Any] | None:
    """Bring back the keys of Redis, too; where that fails they wait, and the rest is undone anyway."""
    if not record.redis:
        return None
    if server is None:
        notices.append(Notice("redis_not_undone", problem="no_server", prefix=record.redis))
        return None
    try:
        return asdict(undo_redis(server, record.redis))
    except HostError as error:
        notices.append(Notice("redis_not_undone", prefix=record.redis, cause=error))
        return None


@contextmanager
def _found(here: Installation, journal: Journal) -> Iterator[tuple[Record, Target | None]]:
    """Find the switch to undo; connected to its server, if it has a database."""
    kept = [record for record in journal.records() if record.keep and record.state != PREPARED]
    names = [record for record in kept if record.database and record.database.name == here.server.database]
    if names:
        with Target.open(here.server) as target:
            ours = [record for record in names if _is_on(record.database, target)]
            if ours:
                yield ours[-1], target
                return
    files = [
        record
        for record in kept
        if record.database is None and overlapping(record, here.directories.values())
    ]
    if not files:
        raise HostError(
            "undo_nothing",
            database=here.server.database,
            server=here.server.place,
            directories=listed(str(path) for path in here.directories.values()) or "-",
            path=journal.path,
        )
    yield files[-1], None


def _is_on(database: DatabaseSwap | None, target: Target) -> bool:
    return database is not None and target.is_same(database.place, database.system)


def _check(record: Record, target: Target | None) -> list[tuple[DirectorySwap, Place]]:
    """Make sure that what the restore brought is still in use, and what it took away is still there.

    Raise HostError (``undo_stale``).
    """
    database = record.database
    if target and database:
        if database.transaction:
            raise HostError("undo_in_place", database=database.name, path=database.safety or "-")
        if target.oid(target.name) != database.incoming_oid:
            raise _stale(record, f"database {target.name}")
        if database.outgoing and target.oid(database.outgoing) != database.outgoing_oid:
            raise _stale(record, f"database {database.outgoing}")
        if not target.may_create():
            raise DatabaseError("createdb_missing", user=target.user, server=target.place)
        not_owner = target.others_own(target.name, database.outgoing or target.name)
        if not_owner:
            raise not_owner
    found = []
    for item in record.directories:
        live, spare = Path(item.live), Path(item.spare)
        if not live.is_dir() or (item.full and not spare.is_dir()):
            raise _stale(record, str(spare if live.is_dir() else live))
        if item.inside == can_be_renamed(live):
            raise _stale(record, item.live)
        swap = replace(
            item,
            full=bool(entries(live)),
            looks=(item.looks[1], looks(live)) if item.looks else None,
        )
        found.append((swap, Place(item.name, live, item.inside, len(entries(live)))))
    return found


def _stale(record: Record, what: str) -> HostError:
    return HostError("undo_stale", object=what, backup=record.backup, created=record.created)


def _result(
    record: Record,
    changed: bool,
    done: Record | None,
    started: float,
    notices: Sequence[Notice],
    application: dict[str, Any] | None = None,
) -> RestoreResult:
    database: dict[str, Any] | None = None
    if record.database:
        database = {"name": record.database.name, "strategy": SWAP, "tables": {}, "adaptations": []}
    return RestoreResult(
        changed=changed,
        backup={"id": record.backup, "path": None, "format": "1"},
        database=database,
        directories={item.name: {"path": item.live} for item in record.directories},
        config=[],
        config_previous={},
        redis=None,
        stack=None,
        sequences=[],
        whatsapp_sessions={},
        previous=done.describe() if done else record.describe() if record.state == UNDONE else None,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
        application=application,
    )
