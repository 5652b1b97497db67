# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the archive for a path, an id or ``latest``."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from .._errors import ArchiveError, Notice, StoreError, listed
from .._store import naming, times
from .._store.listing import Backup, Listing, scan
from .._store.newest import newest
from .._store.store import Store

LATEST = "latest"


@dataclass(frozen=True)
class Located:
    """An archive, and its backup in the store.

    :param path: the archive.
    :param store: its store; None for a file outside a store.
    :param backup: its entry in the store; None for a file outside a store.
    :param notices: warnings about backups that were skipped.
    """

    path: Path
    store: Store | None = None
    backup: Backup | None = None
    notices: tuple[Notice, ...] = ()


def locate(backup: str, backup_dir: Path | None) -> Located:
    """Return the archive.

    :param backup: a path (anything with a slash), an id, a file name, or ``latest``: the newest good backup.
    :param backup_dir: the store; may be None for a path.

    Raise StoreError: ``store_needed``, ``backup_unknown``, ``backup_none``, ``latest_only_future``,
    or what opening the store raises; ArchiveError: ``archive_missing``, ``archive_special``, ``archive_unreadable``.
    """
    if "/" in backup:
        path = Path(backup)
        try:
            found = os.stat(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise ArchiveError("archive_missing", path=path) from error
        except OSError as error:
            raise ArchiveError("archive_unreadable", path=path, cause=error.strerror or error) from error
        if stat.S_ISDIR(found.st_mode):
            raise ArchiveError("archive_special", problem="directory", path=path)
        name = naming.parse(path.name)
        listed_here = (
            next((item for item in scan(path.parent).backups if item.file == path.name), None)
            if name
            else None
        )
        return Located(path, Store.open(path.parent, write=False) if listed_here else None, listed_here)
    if backup_dir is None:
        raise StoreError("store_needed", backup=backup)
    store = Store.open(backup_dir, write=False)
    listing = scan(store.path)
    if backup == LATEST:
        return _latest(store, listing)
    fitting = [found for found in listing.backups if backup in (found.id, found.file)]
    if not fitting:
        known = listed(found.id for found in listing.backups) or "-"
        raise StoreError("backup_unknown", backup=backup, path=store.path, known=known)
    return Located(fitting[0].path, store, fitting[0])


def _latest(store: Store, listing: Listing) -> Located:
    found = newest(listing.backups, times.utc_now())
    if found.backup:
        return Located(found.backup.path, store, found.backup, tuple(found.notices()))
    if found.ahead:
        ids = listed(backup.id for backup in found.ahead)
        raise StoreError("latest_only_future", path=store.path, ids=ids, now=times.to_text(found.now))
    store.require_present()
    raise StoreError("backup_none", path=store.path, count=len(listing.backups))
