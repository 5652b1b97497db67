# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the newest backup with a copy on another host, and checks its age."""

from __future__ import annotations

import datetime

from .._errors import Notice
from .health import WARNING, Problem
from .listing import Backup, Listing
from .sidecar import SYNCED
from .units import human_duration


def last_copied(found: Listing) -> Backup | None:
    """Return the newest good backup that has a copy elsewhere, or None."""
    copied = (backup for backup in found.backups if backup.good and _is_copied(backup))
    return max(copied, key=lambda backup: backup.created, default=None)


def _is_copied(backup: Backup) -> bool:
    return backup.sidecar is not None and SYNCED in backup.sidecar.proofs


def assess_copies(found: Listing, max_age: int | None, default: int, now: datetime.datetime) -> list[Problem]:
    """Return a warning if the newest backup with a copy elsewhere is too old.

    :param max_age: maximum age in seconds; None if copies were not requested.
    :param default: maximum age in that case, if copies have ever been made.
    """
    last = last_copied(found)
    if last is None:
        limit = human_duration(max_age or 0)
        return [] if max_age is None else [Problem(WARNING, Notice("copy_missing", limit=limit))]
    allowed = default if max_age is None else max_age
    age = (now - last.created).total_seconds()
    if age <= allowed:
        return []
    facts = {"id": last.id, "age": human_duration(age), "limit": human_duration(allowed)}
    return [Problem(WARNING, Notice("copy_too_old", **facts))]
