# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing a backup so that a kill leaves it listed, or as a leftover that the next run finishes."""

from __future__ import annotations

import os

from .._os_errors import Writing
from . import files, leftovers, sidecar
from .listing import Backup
from .lock import Lock
from .store import LOCK_FILE, Store

_LOCK_TIMEOUT = 30.0


def remove(store: Store, backup: Backup, lock: Lock) -> int:
    """Remove a backup's archive and sidecar, and return the bytes that this freed.

    The archive loses its name first and is deleted last: whatever lies between bears a private name
    that tells which sidecar goes with it.

    :param lock: the store's lock, held.
    :raises StoreError: ``lock_held`` if a sidecar is being changed all the time.
    :raises HostError: ``write_failed``; the backup is still listed, or a leftover.
    """
    if not lock.held or lock.path != store.path / LOCK_FILE:
        raise RuntimeError("the store's lock is not held")
    archive = store.path / backup.file
    waiting = store.path / files.removing_name(backup.file)
    # A run that records a proof must not write the sidecar back while it is being removed.
    with store.sidecars_lock(f"removal of {backup.file}").acquire(_LOCK_TIMEOUT), Writing(archive):
        if os.path.lexists(archive):  # somebody may have deleted it by hand in the meantime
            os.rename(archive, waiting)
            files.sync_directory(store.path)
        freed = leftovers.unlink(sidecar.sidecar_path(archive))
        files.sync_directory(store.path)
        freed += leftovers.unlink(waiting)
        files.sync_directory(store.path)
    return freed
