# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists backups and reports problems with them. Nothing is changed, and no archive is opened."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .._errors import HostError, Notice, StoreError
from .._store import audit_check, copies, drills, health, listing, lock, plan_health, space, times
from .._store.audit_check import AuditReport
from .._store.authenticity import MacKey, authenticate
from .._store.drills import Drill
from .._store.health import CRITICAL, Limits, Problem
from .._store.known_stores import absence
from .._store.leftovers import Leftover
from .._store.listing import Backup, Listing
from .._store.lock import Holder
from .._store.newest import newest
from .._store.space import Disk
from .._store.store import LOCK_FILE, Store
from .previous import assess_previous, list_previous


@dataclass(frozen=True)
class InfoRequest:
    """The request for information on a store.

    :param backup_dir: the store.
    :param limits: thresholds of the health checks.
    :param now: reference time for ages; None for the current time.
    :param max_drill_age: maximum age of the last drill in seconds; None if none is required.
    :param max_copy_age: maximum age in seconds of the newest backup with a copy elsewhere; with None, copies
        are required only if some have been made.
    :param max_previous_age: seconds for which data replaced by a restore may be kept.
    :param journal: directory of the journal of exchanges; None ignores previous data.
    :param runs: the status of plans; only those of this store count.
    :param key: checks which proofs were made with it; None accepts all claims.
    """

    backup_dir: Path
    limits: Limits = field(default_factory=Limits)
    now: datetime.datetime | None = None
    max_drill_age: int | None = None
    max_copy_age: int | None = None
    max_previous_age: int = 14 * 86_400
    journal: Path | None = None
    runs: Sequence[Mapping[str, Any]] = ()
    key: MacKey | None = None


@dataclass(frozen=True)
class InfoResult:
    """The result.

    :param backups: all backups in any state, newest first.
    :param latest: the newest good one, or None.
    :param last_drill: the newest drill of a good one, or None.
    :param last_copied: the newest good one that has a copy elsewhere, or None.
    :param previous: data that restores replaced and that are kept for an undo, oldest first.
    :param disk: space of the store's disk.
    :param problems: problems, critical ones first.
    :param leftovers: files under private names.
    :param holder: the run that has locked the store, or None.
    :param audit: result of the check of the audit log.
    """

    backups: tuple[Backup, ...]
    latest: Backup | None
    last_drill: Drill | None
    last_copied: Backup | None
    previous: tuple[dict[str, Any], ...]
    disk: Disk
    problems: tuple[Problem, ...]
    leftovers: tuple[Leftover, ...]
    holder: Holder | None
    audit: AuditReport

    @property
    def healthy(self) -> bool:
        """Whether no problem is critical."""
        return health.is_healthy(self.problems)

    def describe(self, language: str = "en") -> dict[str, Any]:
        """Return it as a module's result shows it."""
        return {
            "backups": [_describe(backup) for backup in self.backups],
            "latest": _describe(self.latest) if self.latest else None,
            "last_drill": self.last_drill.describe() if self.last_drill else None,
            "last_copied": self.last_copied.id if self.last_copied else None,
            "previous": list(self.previous),
            "disk": asdict(self.disk),
            "audit": self.audit.describe(),
            "healthy": self.healthy,
            "problems": [problem.describe(language) for problem in self.problems],
        }


def _describe(backup: Backup) -> dict[str, Any]:
    proof = drills.drilled(backup)
    return {**backup.describe(), "drilled": proof.when if proof else None}


def info(request: InfoRequest) -> InfoResult:
    """Return the contents of a store, and its problems.

    :raises StoreError: the directory is missing or can't be read.
    """
    now = request.now or times.utc_now()
    store = Store.open(request.backup_dir, write=False)
    found = listing.scan(store.path)
    holder = lock.read_holder(store.path / LOCK_FILE)
    notices = list(store.notices)
    missing = _missing(store, found, notices)
    looked = authenticate(found, request.key)
    notices += looked.notices
    disk = space.disk(store.path)
    previous = _previous(request, now, notices)
    audit = audit_check.check(store.path, audit_check.witnesses(found.backups))
    problems = health.ordered(
        [
            *missing,
            *health.assess(
                looked.counted,
                disk,
                request.limits,
                now,
                notices=notices,
                busy=holder is not None,
                accepted=store.accepted(),
            ),
            *drills.assess_drills(looked.counted, request.max_drill_age, now),
            *copies.assess_copies(found, request.max_copy_age, 2 * request.limits.max_age, now),
            *assess_previous(previous, request.max_previous_age),
            *plan_health.assess_plans(plan_health.about(request.runs, store.path)),
            *audit.problems,
        ]
    )
    return InfoResult(
        backups=looked.shown.backups,
        latest=newest(looked.shown.backups, now).backup,
        last_drill=drills.last_drill(looked.counted),
        last_copied=copies.last_copied(found),
        previous=tuple(previous),
        disk=disk,
        problems=problems,
        leftovers=found.leftovers,
        holder=holder,
        audit=audit,
    )


def _previous(request: InfoRequest, now: datetime.datetime, notices: list[Notice]) -> list[dict[str, Any]]:
    if request.journal is None:
        return []
    try:
        return list_previous(request.journal, now)
    except HostError as error:
        notices.append(Notice(error.code, **error.facts))
        return []


def _missing(store: Store, found: Listing, notices: list[Notice]) -> list[Problem]:
    """Return a problem if the disk with the backups is missing.

    :param notices: receives warnings about the store's record.
    """
    try:
        empty = store.record() is None and not found.backups
    except StoreError as error:
        notices.append(Notice(error.code, **error.facts))
        empty = False
    gone = absence(store.path)
    if gone is None or (gone.code == "store_lost" and not empty):
        return []
    return [Problem(CRITICAL, Notice(gone.code, **gone.facts))]
