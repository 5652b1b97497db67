# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What backups there are, and whether all is well with them. Nothing is changed, and no archive is opened."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .._errors import Notice, StoreError
from .._store import audit_check, drills, health, listing, lock, space, times
from .._store.audit_check import AuditReport
from .._store.drills import Drill
from .._store.health import Limits, Problem
from .._store.leftovers import Leftover
from .._store.listing import Backup
from .._store.lock import Holder
from .._store.space import Disk
from .._store.store import LOCK_FILE, Store


@dataclass(frozen=True)
class InfoRequest:
    """What to look at.

    :param backup_dir: the store.
    :param limits: what is still well.
    :param now: the moment that ages are counted from; None is the present one.
    :param max_drill_age: seconds that the last drill may be ago; None if none is expected.
    """

    backup_dir: Path
    limits: Limits = field(default_factory=Limits)
    now: datetime.datetime | None = None
    max_drill_age: int | None = None


@dataclass(frozen=True)
class InfoResult:
    """What was seen.

    :param backups: newest first, in whatever state.
    :param latest: the newest good one, or None.
    :param last_drill: the newest drill of a good one, or None.
    :param disk: space of the store's disk.
    :param problems: what is not well, critical ones first.
    :param leftovers: files under private names.
    :param holder: the run that is at work in the store, or None.
    :param audit: what the check of the audit log has shown.
    """

    backups: tuple[Backup, ...]
    latest: Backup | None
    last_drill: Drill | None
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
            "disk": asdict(self.disk),
            "audit": self.audit.describe(),
            "healthy": self.healthy,
            "problems": [problem.describe(language) for problem in self.problems],
        }


def _describe(backup: Backup) -> dict[str, Any]:
    proof = drills.drilled(backup)
    return {**backup.describe(), "drilled": proof.when if proof else None}


def info(request: InfoRequest) -> InfoResult:
    """Return what is in a store, and what is not well with it.

    :raises StoreError: the directory is missing or can't be read.
    """
    now = request.now or times.utc_now()
    store = Store.open(request.backup_dir, write=False)
    found = listing.scan(store.path)
    holder = lock.read_holder(store.path / LOCK_FILE)
    notices = list(store.notices)
    try:
        store.record()
    except StoreError as error:
        notices.append(Notice(error.code, **error.facts))
    disk = space.disk(store.path)
    problems = health.assess(found, disk, request.limits, now, notices=notices, busy=holder is not None)
    if request.max_drill_age is not None:
        problems += tuple(drills.assess_drills(found, request.max_drill_age, now))
    audit = audit_check.check(store.path, audit_check.witnesses(found.backups))
    problems = health.ordered([*problems, *audit.problems])
    last_drill = drills.last_drill(found)
    return InfoResult(found.backups, found.latest, last_drill, disk, problems, found.leftovers, holder, audit)
