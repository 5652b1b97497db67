# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention: remove the backups that no rule keeps, and what killed runs left behind."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import Notice
from .._store import leftovers, listing, lock, remove, retention, sidecar, times
from .._store.listing import Backup, Listing
from .._store.retention import Decision, Plan, Policy
from .._store.store import LOCK_FILE, Store


@dataclass(frozen=True)
class PruneRequest:
    """What to prune.

    :param backup_dir: the store.
    :param policy: the rules.
    :param max_removals: remove so many backups at the most, the oldest ones; None for as many as the rules say.
    :param dry_run: only tell what would be done.
    :param lock_timeout: seconds to wait for another run.
    :param now: the moment that ages are counted from; None is the present one.
    :param job_id: told to those who wait for the lock.
    """

    backup_dir: Path
    policy: Policy
    max_removals: int | None = None
    dry_run: bool = False
    lock_timeout: float = 0
    now: datetime.datetime | None = None
    job_id: str = ""


@dataclass(frozen=True)
class PruneResult:
    """What was done, or would be.

    :param kept: backups that a rule keeps, newest first.
    :param removed: backups that no rule keeps, newest first.
    :param ignored: what retention neither counts nor removes.
    :param leftovers: names of the files of killed runs that were removed.
    :param finished: archives whose publication was completed for a killed run.
    :param freed: bytes.
    :param notices: what the user should know.
    """

    kept: tuple[Decision, ...]
    removed: tuple[Decision, ...]
    ignored: tuple[Decision, ...]
    leftovers: tuple[str, ...]
    finished: tuple[str, ...]
    freed: int
    notices: tuple[Notice, ...]

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return bool(self.removed or self.leftovers or self.finished)

    def describe(self) -> dict[str, Any]:
        """Return it as a module's result shows it."""
        return {
            "kept": [{"id": item.id, "reason": item.reason} for item in self.kept],
            "removed": [{"id": item.id, "reason": item.reason} for item in self.removed],
            "ignored": [{"id": item.id, "reason": item.reason} for item in self.ignored],
            "leftovers": list(self.leftovers),
            "freed": self.freed,
        }


def _nothing(**_position: object) -> None:
    """Take a progress report that nobody wants."""


def prune(
    request: PruneRequest,
    *,
    progress: Callable[..., None] = _nothing,
    check: Callable[[], None] | None = None,
    on_removed: Callable[[str], None] | None = None,
) -> PruneResult:
    """Remove what no rule keeps, oldest first, or only tell what would be removed.

    :param progress: called with ``phase``, ``bytes_done`` and ``bytes_expected``.
    :param check: called between two backups; whatever it raises ends the run.
    :param on_removed: called with the id of each backup that is gone.
    :raises StoreError: the store can't be used, or another run holds its lock.
    :raises HostError: a backup can't be removed.
    """
    now = request.now or times.utc_now()
    store = Store.open(request.backup_dir)
    if request.dry_run:
        return _predict(store, request, now)
    with store.lock("prune", request.job_id).acquire(request.lock_timeout, check=check) as held:
        progress(phase="clean")
        cleaned = leftovers.clean_leftovers(store, held)
        plan, limited = _plan(listing.list_backups(store.path), request, now)
        freed = cleaned.freed
        progress(phase="remove", bytes_expected=sum(item.backup.size for item in plan.removed))
        done = 0
        for item in reversed(plan.removed):
            if check:
                check()
            freed += remove.remove(store, item.backup, held)
            if on_removed:
                on_removed(item.backup.id)
            done += item.backup.size
            progress(bytes_done=done)
    return _result(plan, store, cleaned.removed, cleaned.finished, freed, limited)


def _plan(
    backups: Sequence[Backup], request: PruneRequest, now: datetime.datetime
) -> tuple[Plan, tuple[Notice, ...]]:
    """Return what happens to each backup, and whether a limit keeps some of them."""
    plan = retention.plan(backups, request.policy, now)
    limit = request.max_removals
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
    return Plan(tuple(everything), plan.removed[spared:], plan.ignored), (notice,)


def _predict(store: Store, request: PruneRequest, now: datetime.datetime) -> PruneResult:
    found = listing.scan(store.path)
    plan, limited = _plan(found.backups, request, now)
    # While another run is at work, its private files are no leftovers.
    busy = lock.read_holder(store.path / LOCK_FILE) is not None
    rest = Listing((), ()) if busy else found
    finished = [item for item in rest.leftovers if leftovers.finishes(store.path, item)]
    removed = [item for item in rest.leftovers if item not in finished]
    freed = sum(item.size for item in removed) + sum(_size(item.backup) for item in plan.removed)
    names = tuple(item.of[: -len(sidecar.SUFFIX)] for item in finished)
    return _result(plan, store, tuple(item.file for item in removed), names, freed, limited)


def _size(backup: Backup) -> int:
    try:
        return backup.size + sidecar.sidecar_path(backup.path).stat().st_size
    except OSError:
        return backup.size


def _result(
    plan: Plan,
    store: Store,
    removed: tuple[str, ...],
    finished: tuple[str, ...],
    freed: int,
    limited: tuple[Notice, ...],
) -> PruneResult:
    notices = (*store.notices, *limited)
    return PruneResult(plan.kept, plan.removed, plan.ignored, removed, finished, freed, notices)
