# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels of backups, and pins, which retention respects."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._errors import StoreError
from . import times
from .listing import Backup
from .proofs import change_sidecar
from .sidecar import FOREVER, Sidecar
from .store import Store
from .units import parse_duration

#: Maximum length of a label.
_LONGEST = 200


def parse_pin(value: str | int, now: datetime.datetime) -> str:
    """Return the end of a pin in a sidecar's form: ``forever``, or a time.

    :param value: a duration, or ``forever``.
    :param now: start of a duration.
    :raises StoreError: ``option_invalid``.
    """
    if str(value).strip().lower() == FOREVER:
        return FOREVER
    try:
        return times.to_text(now + datetime.timedelta(seconds=parse_duration(value, option="pin")))
    except StoreError as error:
        raise StoreError("option_invalid", problem="pin", option="pin", value=error.facts["value"]) from error
    except OverflowError as error:
        raise StoreError("option_invalid", problem="pin", option="pin", value=value) from error


def check_label(label: str) -> str:
    """Return a label that fits into a list. Raise StoreError (``option_invalid``)."""
    text = label.strip()
    if len(text) > _LONGEST or not text.isprintable():
        facts = {"value": text[:_LONGEST], "most": _LONGEST, "length": len(text)}
        raise StoreError("option_invalid", problem="label", option="label", **facts)
    return text


def to_producer(label: str | None, pin: str | None) -> dict[str, str]:
    """Return the label and the pin for the manifest's ``producer``."""
    return {name: text for name, text in (("label", label), ("pin", pin)) if text is not None}


def from_producer(producer: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the label and the pin in a manifest; None for each that is missing or invalid."""
    label, pin = producer.get("label"), producer.get("pin")
    try:
        label = check_label(label) if isinstance(label, str) else None
    except StoreError:
        label = None
    try:
        pin = pin if pin == FOREVER else times.to_text(times.from_text(pin)) if isinstance(pin, str) else None
    except ValueError:
        pin = None
    return label, pin


def is_pinned(backup: Backup, now: datetime.datetime) -> bool:
    """Return whether a backup has a pin that lasts."""
    pin = backup.sidecar.pin if backup.sidecar else None
    return pin is not None and (pin == FOREVER or times.from_text(pin) > now)


def reason(backup: Backup) -> str:
    """Return why retention passes over a pinned backup."""
    pin = backup.sidecar.pin if backup.sidecar else None
    return "pinned" if pin == FOREVER else f"pinned until {pin}"


def without_pin(backup: Backup) -> Backup:
    """Return a backup as it is once its pin is taken off."""
    return replace(backup, sidecar=_without(backup.sidecar)) if backup.sidecar else backup


def unpin(store: Store, backup: Backup) -> None:
    """Take the pin off a backup. Raise what :func:`.proofs.change_sidecar` raises."""
    change_sidecar(store, backup.file, f"pin of {backup.file}", _without)


def _without(found: Sidecar) -> Sidecar:
    return replace(found, pin=None)
