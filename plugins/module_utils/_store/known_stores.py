# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records where this host has had backups, so that a missing disk is not mistaken for a new store.

An unmounted disk leaves an empty directory, or none. A new store there would fill the root disk, and seem
healthy.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from .._errors import SidekickError, StoreError
from . import fields, files, mounts, times
from .process import boot_id
from .state_dir import state_dir

FORMAT = 1
#: Maximum number of stores; the oldest ones are forgotten.
_MOST = 200
#: Contents of these directories may not survive a reboot.
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108  # nothing is written there


def _record(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:32]
    return state_dir("stores") / f"{name}.json"


def remember(path: Path, uuid: str) -> None:
    """Record that there is a store in a directory. Errors in doing so never stop a run.

    :param path: the directory, links resolved.
    :param uuid: the store's id.
    """
    record = _record(path)
    seen = times.to_text(times.utc_now())
    known = {"format": FORMAT, "path": str(path), "uuid": uuid, "seen": seen, "boot_id": boot_id()}
    try:
        os.makedirs(record.parent, mode=0o700, exist_ok=True)
        files.write_atomically(record, fields.serialize(known))
        for old in sorted(record.parent.glob("*.json"), key=os.path.getmtime, reverse=True)[_MOST:]:
            old.unlink()
    except (OSError, SidekickError):
        pass


def last_seen(path: Path) -> str | None:
    """Return when this host last had a store in a directory, or None if it never had."""
    try:
        known = fields.parse(files.read_small(_record(path)))
        here = known.get("boot_id") == boot_id() or not any(
            path.is_relative_to(place) for place in _TEMPORARY
        )
        return fields.moment(known, "seen") if here else None
    except (OSError, ValueError):
        return None


def absence(path: Path) -> StoreError | None:
    """Return why a directory without a store should have one, or None if a new store may be started.

    :param path: the directory, with links resolved as far as possible.
    """
    mount = mounts.missing_mount(path)
    if mount:
        return StoreError("store_not_mounted", path=path, mount=mount)
    seen = last_seen(path)
    return StoreError("store_lost", path=path, seen=seen) if seen else None
