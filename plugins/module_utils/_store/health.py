# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Health checks of the backups: those of the old guide's monitoring, and more."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from . import listing, sidecar
from .listing import Backup, Listing
from .losses import find_losses
from .newest import newest
from .space import Disk
from .units import human_duration, human_size

WARNING, CRITICAL = "warning", "critical"

#: Permissions that only the owner should have on an archive.
_LOOSE = 0o077

#: state → (severity, code)
_STATES = {
    listing.NO_SIDECAR: (WARNING, "sidecar_missing"),
    listing.DAMAGED_SIDECAR: (WARNING, "sidecar_damaged"),
    listing.ARCHIVE_MISSING: (WARNING, "sidecar_orphaned"),
    listing.OTHER_STORE: (WARNING, "backup_of_other_store"),
    listing.SIZE_MISMATCH: (CRITICAL, "backup_damaged"),
    listing.DAMAGED: (CRITICAL, "backup_damaged"),
}


@dataclass(frozen=True)
class Limits:
    """Thresholds of the checks.

    :param max_age: maximum age of the newest good backup in seconds.
    :param min_size: its minimum size in bytes.
    :param disk_warning: percent of the disk used that are a warning.
    :param disk_critical: percent that are critical.
    """

    max_age: int = 24 * 3600
    min_size: int = 1_000_000
    disk_warning: float = 80
    disk_critical: float = 90


@dataclass(frozen=True)
class Problem:
    """A problem.

    :param severity: ``warning`` or ``critical``.
    :param notice: its code and facts.
    """

    severity: str
    notice: Notice

    @property
    def code(self) -> str:
        """Stable name of the problem."""
        return self.notice.code

    @property
    def message(self) -> str:
        """The problem as a sentence."""
        return self.notice.text()

    def describe(self, language: str = "en") -> dict[str, str]:
        """Return it as a module's result shows it."""
        return {"severity": self.severity, "code": self.code, "message": self.notice.text(language)}


def assess(
    found: Listing,
    disk: Disk,
    limits: Limits,
    now: datetime.datetime,
    *,
    notices: Sequence[Notice] = (),
    busy: bool = False,
    accepted: datetime.datetime | None = None,
) -> tuple[Problem, ...]:
    """Return all problems, critical ones first.

    :param notices: warnings from opening the store.
    :param accepted: see :func:`.losses.find_losses`.
    :param busy: whether a run is active in the store; its private files are not leftovers.
    """
    problems = [
        *_newest(found, limits, now, accepted),
        *_disk(disk, limits),
        *_states(found),
        *(Problem(WARNING, notice) for notice in notices),
        *_permissions(found),
    ]
    if found.leftovers and not busy:
        size = human_size(sum(item.size for item in found.leftovers))
        names = listed(item.file for item in found.leftovers)
        problems.append(
            Problem(WARNING, Notice("leftovers", count=len(found.leftovers), size=size, files=names))
        )
    return ordered(problems)


def ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return problems with the critical ones first."""
    return tuple(sorted(problems, key=lambda problem: problem.severity != CRITICAL))


def is_healthy(problems: Sequence[Problem]) -> bool:
    """Return whether none of the problems is critical."""
    return all(problem.severity != CRITICAL for problem in problems)


def _newest(
    found: Listing, limits: Limits, now: datetime.datetime, accepted: datetime.datetime | None
) -> list[Problem]:
    known = newest(found.backups, now)
    problems = [Problem(WARNING if known.backup else CRITICAL, notice) for notice in known.ahead_notices()]
    losses = find_losses(known.counted, accepted)
    problems += [Problem(WARNING, loss.notice()) for loss in losses]
    if known.backup:
        shrunk = any(loss.after == known.backup for loss in losses)
        problems += _judge(known.backup, limits, now, shrunk)
        problems += [Problem(WARNING, notice) for notice in known.incomplete_notices(known.backup)]
    elif not known.ahead:
        problems.append(Problem(CRITICAL, Notice("no_backup")))
    return problems


def _judge(newest: Backup, limits: Limits, now: datetime.datetime, shrunk: bool) -> Iterator[Problem]:
    age = (now - newest.created).total_seconds()
    if age > limits.max_age:
        facts = {"id": newest.id, "age": human_duration(age), "limit": human_duration(limits.max_age)}
        yield Problem(CRITICAL, Notice("backup_too_old", **facts))
    if newest.size < limits.min_size:
        facts = {"id": newest.id, "size": human_size(newest.size), "limit": human_size(limits.min_size)}
        # A new Ticketz is small. One that was larger before is not new.
        yield Problem(CRITICAL if shrunk else WARNING, Notice("backup_too_small", **facts))
    if newest.sidecar and not {sidecar.VERIFIED, sidecar.DRILLED} & set(newest.sidecar.proofs):
        yield Problem(WARNING, Notice("not_verified", id=newest.id))


def _disk(disk: Disk, limits: Limits) -> Iterator[Problem]:
    for severity, limit in ((CRITICAL, limits.disk_critical), (WARNING, limits.disk_warning)):
        if disk.percent >= limit:
            facts = {"percent": f"{disk.percent:g}", "free": human_size(disk.free), "limit": f"{limit:g}"}
            yield Problem(severity, Notice("disk_nearly_full", **facts))
            return


def _states(found: Listing) -> Iterator[Problem]:
    for backup in found.backups:
        if backup.state in _STATES:
            severity, code = _STATES[backup.state]
            expected = human_size(backup.sidecar.size) if backup.sidecar else ""
            path = sidecar.sidecar_path(backup.path) if code == "sidecar_damaged" else backup.path
            facts = {"path": path, "cause": backup.cause}
            if code == "backup_damaged":
                problem = "size" if backup.state == listing.SIZE_MISMATCH else "checked"
                facts |= {"problem": problem, "size": human_size(backup.size), "expected": expected}
            yield Problem(severity, Notice(code, **facts))


def _permissions(found: Listing) -> Iterator[Problem]:
    loose = [backup.file for backup in found.backups if backup.mode & _LOOSE]
    if loose:
        yield Problem(WARNING, Notice("backup_permissions", count=len(loose), files=listed(loose)))
