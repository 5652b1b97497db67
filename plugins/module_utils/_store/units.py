# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Durations and sizes as people write them: ``24h``, ``1w2d``, ``1 MB``, ``512MiB``."""

from __future__ import annotations

import re

from .._errors import StoreError

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_BYTES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "p": 10**15}
_BINARY = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}

_DURATION = re.compile(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([kmgtp]?)(i?)b?", re.ASCII | re.IGNORECASE)

#: 1,000 years in seconds. Anything longer is a typing mistake, and would overflow datetime.
_LONGEST = 1_000 * 366 * 86_400
_LARGEST = 2**63 - 1
#: More digits than any valid value has, so that parsing absurd input stays cheap.
_MOST_CHARACTERS = 64


def parse_duration(value: str | int, *, option: str) -> int:
    """Return a duration in seconds.

    :param value: seconds, or weeks, days, hours, minutes and seconds, largest first (``1w2d``, ``20h``).
    :param option: name of the option that the value was given for, for the error.
    :raises StoreError: ``option_invalid``.
    """
    text = "".join(str(value).split())
    if text.isascii() and text.isdigit():
        text += "s"
    match = _DURATION.fullmatch(text) if 0 < len(text) <= _MOST_CHARACTERS else None
    if match:
        seconds = sum(int(number) * unit for number, unit in zip(match.groups(), _SECONDS.values()) if number)
        if seconds <= _LONGEST:
            return seconds
    shown = str(value)[:_MOST_CHARACTERS]
    raise StoreError("option_invalid", problem="duration", option=option, value=shown)


def parse_size(value: str | int, *, option: str) -> int:
    """Return a size in bytes.

    :param value: bytes, or a text such as ``1 MB`` (10⁶), ``1 MiB`` (2²⁰) or ``1.5G``, in any case.
    :param option: name of the option that the value was given for, for the error.
    :raises StoreError: ``option_invalid``.
    """
    text = "".join(str(value).split())
    match = _SIZE.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if match:
        number, prefix, binary = match.group(1), match.group(2).lower(), match.group(3)
        unit = (_BINARY if binary else _BYTES).get(prefix)
        if unit is not None:
            size = round(float(number) * unit) if "." in number else int(number) * unit
            if size <= _LARGEST:
                return size
    shown = str(value)[:_MOST_CHARACTERS]
    raise StoreError("option_invalid", problem="size", option=option, value=shown)


def human_size(size: int) -> str:
    """Format a number of bytes for people, in powers of 1000: ``999 B``, ``1.5 MB``, ``12 GB``."""
    if size < 1000:
        return f"{size} B"
    number, units = size / 1000, ["kB", "MB", "GB", "TB", "PB"]
    # 999.5 would round to 1000, so show it as 1.0 of the next unit.
    while number >= 999.5 and len(units) > 1:
        number, units = number / 1000, units[1:]
    return f"{number:.1f} {units[0]}" if number < 9.95 else f"{number:.0f} {units[0]}"


def human_duration(seconds: float) -> str:
    """Format a duration for people, in its two largest units: ``45 s``, ``3 min 20 s``, ``1 d 2 h``."""
    whole = max(0, round(seconds))
    parts = []
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        number, whole = divmod(whole, unit)
        if number:
            parts.append(f"{number} {name}")
    return " ".join(parts[:2]) or "0 s"
