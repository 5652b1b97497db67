# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the last drill of a store, and checks its result and age."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._errors import Notice
from . import times
from .health import CRITICAL, WARNING, Problem
from .listing import Backup, Listing
from .sidecar import DRILL_FAILED, DRILLED, Proof
from .units import human_duration


@dataclass(frozen=True)
class Drill:
    """A drill that succeeded.

    :param backup: of which backup.
    """

    backup: Backup
    proof: Proof

    @property
    def complete(self) -> bool:
        """Whether it restored the database and every directory."""
        known = self.backup.sidecar.components if self.backup.sidecar else ()
        wanted = {part for part in known if part == "database" or part.startswith("directories:")}
        return wanted <= set(self.proof.covers or ())

    @property
    def rto(self) -> float | None:
        """Seconds until a whole restore would be ready; None if the drill was not complete."""
        return self.proof.rto if self.complete else None

    def describe(self) -> dict[str, Any]:
        """Return it as a module's result shows it."""
        return {
            "id": self.backup.id,
            "when": self.proof.when,
            "duration": self.proof.duration,
            "rto": self.rto,
            "covers": list(self.proof.covers or ()),
            "complete": self.complete,
            "server_version": self.proof.server_version,
            "proved": DRILLED in self.backup.proved,
        }


def drilled(backup: Backup) -> Proof | None:
    """Return the proof that a backup was drilled, if it is good and was."""
    return backup.sidecar.proofs.get(DRILLED) if backup.good and backup.sidecar else None


def last_drill(found: Listing) -> Drill | None:
    """Return the newest drill of a backup that still exists and is good."""
    drills = [Drill(backup, proof) for backup in found.backups if (proof := drilled(backup))]
    return max(drills, key=lambda drill: drill.proof.when, default=None)


def assess_drills(found: Listing, max_age: int | None, now: datetime.datetime) -> list[Problem]:
    """Return problems with drills: the last one failed, or was more than ``max_age`` seconds ago.

    :param max_age: None if drills are not required.
    """
    last = last_drill(found)
    problems = [*_failed(found, last)]
    if max_age is not None:
        problems += _missed(last, max_age, now)
    return problems


def _failed(found: Listing, last: Drill | None) -> Iterator[Problem]:
    """Yield a problem if the newest drill of a good backup failed."""
    failed = [
        (proof, backup)
        for backup in found.backups
        if backup.good and backup.sidecar and (proof := backup.sidecar.proofs.get(DRILL_FAILED))
    ]
    if failed:
        proof, backup = max(failed, key=lambda each: each[0].when)
        if last is None or proof.when >= last.proof.when:
            facts = {"id": backup.id, "when": proof.when, "error": proof.error or "?"}
            yield Problem(CRITICAL, Notice("drill_failed", **facts))


def _missed(last: Drill | None, max_age: int, now: datetime.datetime) -> list[Problem]:
    limit = human_duration(max_age)
    if last is None:
        return [Problem(WARNING, Notice("drill_missing", limit=limit))]
    age = (now - times.from_text(last.proof.when)).total_seconds()
    if age <= max_age:
        return []
    return [
        Problem(WARNING, Notice("drill_too_old", id=last.backup.id, age=human_duration(age), limit=limit))
    ]
