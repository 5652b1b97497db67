# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results of ``backup_info`` and of a schedule, as input for the page."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

NOW = datetime.datetime(2026, 11, 30, 8, 0, tzinfo=datetime.timezone.utc)
WARNING = {
    "severity": "warning",
    "code": "disk_nearly_full",
    "message": "The disk is 84 % full; 16 GB are free. Make room, or prune more.",
}
CRITICAL = {
    "severity": "critical",
    "code": "plan_failed",
    "message": "The job ticketz-weekly failed. Read its log, correct the cause, and start it again.",
}
PLANS = (
    {
        "name": "ticketz-daily",
        "state": "finished",
        "finished": "2026-11-30T02:00:09Z",
        "last_success": "2026-11-30T02:00:09Z",
    },
    {
        "name": "ticketz-weekly",
        "state": "failed",
        "finished": "2026-11-29T01:00:04Z",
        "last_success": "2026-11-22T01:30:00Z",
        "error": {"message": "The server db:5432 has no database ticketz."},
    },
)


def text(moment: datetime.datetime) -> str:
    """Return a time in the format of results."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def backup(age: int, state: str = "good") -> dict[str, Any]:
    """Return a verified backup with an age of days plus six hours; it is copied unless its age is 0 days."""
    made = NOW - datetime.timedelta(days=age, hours=6)
    proofs: dict[str, Any] = {
        "verified": {
            "when": text(made + datetime.timedelta(minutes=5)),
            "level": "quick" if age % 7 else "full",
            "proved": True,
        }
    }
    if age:
        proofs["synced"] = {"when": text(made + datetime.timedelta(hours=1)), "by": "offsite"}
    if age == 12:
        proofs["drilled"] = {"when": text(made + datetime.timedelta(hours=3)), "proved": True}
    return {
        "id": f"backup_{made:%Y%m%d_%H%M%S}",
        "state": state,
        "created": text(made),
        "size": max(1_000_000, 1_200_000_000 - age * 4_000_000),
        "components": ["database", "directories:public", "config"],
        "encryption": "aes256",
        "proofs": proofs,
    }


def info(
    count: int, problems: Sequence[dict[str, Any]] = (), damaged: Sequence[int] = (), percent: float = 42.2
) -> dict[str, Any]:
    """Return a result of ``backup_info`` with a number of daily backups.

    :param damaged: ages of damaged backups in days.
    :param percent: used disk space.
    """
    backups = [backup(age, "damaged" if age in damaged else "good") for age in range(count)]
    good = [each for each in backups if each["state"] == "good"]
    drill = {
        "id": "backup_20261118_020000",
        "when": text(NOW - datetime.timedelta(days=12)),
        "rto": 184.0,
        "complete": True,
        "covers": ["database", "directories:public"],
    }
    return {
        "backups": backups,
        "latest": good[0] if good else None,
        "last_drill": drill,
        "last_copied": backups[1]["id"] if count > 1 else None,
        "previous": [
            {"created": text(NOW - datetime.timedelta(days=3)), "size": 3_600_000_000, "age": 259_200}
        ],
        "disk": {
            "total": 10**11,
            "used": round(percent * 10**9),
            "free": round((100 - percent) * 10**9),
            "percent": percent,
        },
        "audit": {"lines": 186, "head": {"sequence": 186, "sha256": "ab" * 32}, "intact": True},
        "healthy": not any(each["severity"] == "critical" for each in problems),
        "problems": list(problems),
    }
