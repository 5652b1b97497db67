# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Age and size of data that restores have replaced, without connecting to anything."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._errors import Notice
from .._store import times
from .._store.health import WARNING, Problem
from .._store.units import human_duration, human_size
from .._swap.journal import Journal
from .._swap.record import PREPARED, Record
from .._swap.sizes import measured


def list_previous(journal: Path, now: datetime.datetime) -> list[dict[str, Any]]:
    """Return the data kept for an undo, oldest first, with its age in seconds.

    Raise HostError: ``journal_damaged``, ``journal_unusable``.
    """
    return [
        {**measured(record, None).describe(), "age": max(0, round(age_of(record, now).total_seconds()))}
        for record in kept_records(journal)
    ]


def assess_previous(found: Sequence[Mapping[str, Any]], max_age: int) -> list[Problem]:
    """Return a warning if data have been kept for an undo for longer than ``max_age`` seconds."""
    old = [item for item in found if item["age"] > max_age]
    if not old:
        return []
    facts = {
        "count": len(old),
        "size": human_size(sum(item["size"] or 0 for item in old)),
        "age": human_duration(old[0]["age"]),
        "limit": human_duration(max_age),
    }
    return [Problem(WARNING, Notice("previous_data_old", **facts))]


def kept_records(journal: Path) -> list[Record]:
    """Return the records of the data kept for an undo, oldest first. Raise HostError."""
    return [record for record in Journal(journal).records() if record.state != PREPARED and record.keep]


def age_of(record: Record, now: datetime.datetime) -> datetime.timedelta:
    """Return how long ago data were replaced."""
    return now - times.from_text(record.created)
