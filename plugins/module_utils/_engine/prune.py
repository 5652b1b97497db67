# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention: removing backups that no rule keeps, and remains of killed runs."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._errors import HostError, Notice
from .._store import leftovers, listing, lock, pins, remove, retention, sidecar, times
from .._store.known_stores import remember
from .._store.listing import Backup, Listing
from .._store.losses import find_losses
from .._store.newest import Newest, newest
from .._store.retention import Decision, Plan, Policy
from .._store.store import LOCK_FILE, Store


@dataclass(frozen=True)
class PruneRequest:
    """What to prune.

    :param backup_dir: the store.
    :param policy: the rules.
    :param max_removals: remove at most that many backups, the oldest ones; None for no limit.
    :param unpin: ids of backups whose pins are removed first.
    :param dry_run: only determine what would be done.
    :param lock_timeout: seconds to wait for another run.
    :param now: reference time for ages; None for the current time.
    :param job_id: the run's job, shown to those who wait for the lock.
    """

    backup_dir: Path
    policy: Policy
    max_removals: int | None = None
    unpin: tuple[str, ...] = ()
    dry_run: bool = False
    lock_timeout: float = 0
    now: datetime.datetime | None = None
    job_id: str = ""


@dataclass(frozen=True)
class PruneResult:
    """The result, or the plan.

    :param kept: backups that a rule keeps, newest first.
    :param removed: backups that no rule keeps, newest first.
    :param ignored: archives that retention neither counts nor removes.
    :param leftovers: names of the files of killed runs that were removed.
    :param finished: archives whose publication was completed for a killed run.
    :param freed: bytes freed.
    :param notices: what the user should know.
    :param unpinned: ids of backups whose pins were removed.
    :param accepted: id of the newest backup if its losses were accepted in this run.
    """

    kept: tuple[Decision, ...]
    removed: tuple[Decision, ...]
    ignored: tuple[Decision, ...]
    leftovers: tuple[str, ...]
    finished: tuple[str, ...]
    freed: int
    notices: tuple[Notice, ...]
    unpinned: tuple[str, ...] = ()
    accepted: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.removed or self.leftovers or self.finished or self.unpinned or self.accepted)

    def describe(self) -> dict[str, Any]:
        """Return it as a module's result shows it."""
        return {
            "kept": [{"id": item.id, "reason": item.reason} for item in self.kept],
            "removed": [{"id": item.id, "reason": item.reason} for item in self.removed],
            "ignored": [{"id": item.id, "reason": item.reason} for item in self.ignored],
            "leftovers": list(self.leftovers),
            "unpinned": list(self.unpinned),
            "accepted": self.accepted,
            "freed": self.freed,
        }


def _nothing(**_position: object) -> None:
    """Ignore a progress report."""


def prune(
    request: PruneRequest,
    *,
    progress: Callable[..., None] = _nothing,
    check: Callable[[], None] | None = None,
    on_removed: Callable[[str], None] | None = None,
) -> PruneResult:
    """Remove what no rule keeps, oldest first, or only determine what would be removed.

    :param progress: called with ``phase``, ``bytes_done`` and ``bytes_expected``.
    :param check: called between two backups; whatever it raises ends the run.
    :param on_removed: called with the id of each removed backup.
    :raises StoreError: the store can't be used, or another run holds its lock.
    :raises HostError: a backup can't be removed.
    """
    now = request.now or times.utc_now()
    store = Store.open(request.backup_dir)
    store.require_present()
    if request.dry_run:
        return _predict(store, request, now)
    with store.lock("prune", request.job_id).acquire(request.lock_timeout, check=check) as held:
        progress(phase="clean")
        cleaned = leftovers.clean_leftovers(store, held)
        decided = _decide(store, listing.list_backups(store.path), request, now)
        removed = decided.plan.removed
        leaving = {item.backup.file for item in removed}
        for backup in decided.unpinned:
            if backup.file not in leaving:
                pins.unpin(store, backup)
        if decided.accepted:
            store.accept(decided.accepted.created)
        freed = cleaned.freed
        progress(phase="remove", bytes_expected=sum(item.backup.size for item in removed))
        done = 0
        stuck: list[tuple[Decision, Notice]] = []
        for item in reversed(removed):
            if check:
                check()
            done += item.backup.size
            try:
                freed += remove.remove(store, item.backup, held)
            except HostError as error:
                # If one can't be removed, continue with the others, unless the disk refuses all changes.
                if error.code != "not_permitted":
                    raise
                stuck.append((item, Notice("backup_stuck", id=item.backup.id, cause=error)))
                continue
            if on_removed:
                on_removed(item.backup.id)
            progress(bytes_done=done)
        record = store.record()
        if record:
            remember(store.path, record.uuid)
    return _result(
        _without(decided, stuck, cleaned.notices(store.path)), cleaned.removed, cleaned.finished, freed
    )


def _without(
    decided: _Decided, stuck: Sequence[tuple[Decision, Notice]], notices: Sequence[Notice]
) -> _Decided:
    """Return the result of a run in which some could not be removed."""
    left = [item for item, _notice in stuck]
    plan = replace(
        decided.plan,
        kept=(*decided.plan.kept, *(Decision(item.backup, "it can't be removed") for item in left)),
        removed=tuple(item for item in decided.plan.removed if item not in left),
    )
    said = (*decided.notices, *notices, *(notice for _item, notice in stuck))
    return replace(decided, plan=plan, notices=said)


@dataclass(frozen=True)
class _Decided:
    """What a run has to do.

    :param unpinned: backups whose pins are removed.
    :param accepted: the newest backup if its losses are accepted in this run.
    """

    plan: Plan
    unpinned: tuple[Backup, ...]
    accepted: Backup | None
    notices: tuple[Notice, ...]


def _decide(
    store: Store, backups: Sequence[Backup], request: PruneRequest, now: datetime.datetime
) -> _Decided:
    pinned = [backup for backup in backups if backup.sidecar and backup.sidecar.pin]
    unpinned = [backup for backup in pinned if {backup.id, backup.file} & set(request.unpin)]
    backups = [pins.without_pin(backup) if backup in unpinned else backup for backup in backups]
    known, accepted = newest(backups, now), store.accepted()
    plan = retention.plan(backups, request.policy, now, accepted)
    plan, limited = _limit(plan, request.max_removals)
    return _Decided(
        plan,
        tuple(unpinned),
        _accepts(request.policy, known, accepted),
        (
            *store.notices,
            *known.ahead_notices(),
            *(loss.notice() for loss in plan.losses),
            *_unknown(request.unpin, backups),
            *limited,
        ),
    )


def _accepts(policy: Policy, known: Newest, accepted: datetime.datetime | None) -> Backup | None:
    """Return the newest backup if it has losses and they are accepted."""
    return known.backup if policy.accept_changes and find_losses(known.counted, accepted) else None


def _unknown(ids: Sequence[str], backups: Sequence[Backup]) -> list[Notice]:
    there = {name for backup in backups for name in (backup.id, backup.file)}
    return [Notice("unpin_unknown", id=id) for id in ids if id not in there]


def _limit(plan: Plan, limit: int | None) -> tuple[Plan, tuple[Notice, ...]]:
    """Apply the limit of removals to the decisions; return them, and whether the limit keeps any backup."""
    if limit is None or len(plan.removed) <= limit:
        return plan, ()
    spared = len(plan.removed) - limit
    kept = [
        Decision(item.backup, f"no more than {limit} are removed at once") for item in plan.removed[:spared]
    ]
    notice = Notice("prune_limited", count=spared, limit=limit)
    everything = sorted(
        [*plan.kept, *kept], key=lambda item: (item.backup.created, item.backup.file), reverse=True
    )
    return replace(plan, kept=tuple(everything), removed=plan.removed[spared:]), (notice,)


def _predict(store: Store, request: PruneRequest, now: datetime.datetime) -> PruneResult:
    found = listing.scan(store.path)
    decided = _decide(store, found.backups, request, now)
    # Private files of a running job are not leftovers.
    busy = lock.read_holder(store.path / LOCK_FILE) is not None
    rest = Listing((), ()) if busy else found
    finished = [item for item in rest.leftovers if leftovers.finishes(store.path, item)]
    removed = [item for item in rest.leftovers if item not in finished]
    freed = sum(item.size for item in removed) + sum(_size(item.backup) for item in decided.plan.removed)
    names = tuple(item.of[: -len(sidecar.SUFFIX)] for item in finished)
    return _result(decided, tuple(item.file for item in removed), names, freed)


def _size(backup: Backup) -> int:
    try:
        return backup.size + sidecar.sidecar_path(backup.path).stat().st_size
    except OSError:
        return backup.size


def _result(
    decided: _Decided, removed: tuple[str, ...], finished: tuple[str, ...], freed: int
) -> PruneResult:
    plan = decided.plan
    return PruneResult(
        plan.kept,
        plan.removed,
        plan.ignored,
        removed,
        finished,
        freed,
        decided.notices,
        unpinned=tuple(backup.id for backup in decided.unpinned),
        accepted=decided.accepted.id if decided.accepted else None,
    )
