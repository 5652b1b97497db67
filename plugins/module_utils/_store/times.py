# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments as text: UTC, ISO 8601 with a Z and whole seconds, in every file the store keeps."""

from __future__ import annotations

import datetime
import zoneinfo

from .._errors import StoreError

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
#: Years 1 and 9999, each with a day left for what any time zone makes of it.
_FIRST, _LAST = -62135510400, 253402214400


def utc_now() -> datetime.datetime:
    """Return the present moment in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def zone(name: str | None) -> datetime.tzinfo | None:
    """Return a time zone by its name, such as ``America/Sao_Paulo``; None, which is this host's, for no name.

    Raise StoreError (``option_invalid``).
    """
    if name == "UTC":
        # Known without the system's list of zones, which a small host may lack.
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise StoreError("option_invalid", problem="time_zone", option="time_zone", value=name) from error


def from_seconds(seconds: float) -> datetime.datetime:
    """Return a moment of seconds since 1970, or the nearest that a calendar has: a file's time may be any number."""
    return datetime.datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), datetime.timezone.utc)


def to_text(moment: datetime.datetime) -> str:
    """Return a moment as ``2026-01-31T02:00:00Z``; fractions of a second are cut off."""
    # Not strftime: it doesn't pad years before 1000 on every platform.
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def to_stamp(moment: datetime.datetime) -> str:
    """Return a moment as ``20260131T020000Z``, as names that sort by time begin; fractions of a second are cut off."""
    return to_text(moment).replace("-", "").replace(":", "")


def from_text(text: str) -> datetime.datetime:
    """Return the moment that :func:`to_text` wrote. Raise ValueError for anything else."""
    return datetime.datetime.strptime(text, _FORMAT).replace(tzinfo=datetime.timezone.utc)
