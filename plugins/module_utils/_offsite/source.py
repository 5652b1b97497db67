# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The side from which backups are copied. It is only read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from .._errors import HostError, StoreError
from .._store import sidecar
from .._store.store import Store
from . import inventory, record
from .inventory import Inventory
from .record import Extent


class Source(Protocol):
    """The interface of the side that sends backups, on this host or another."""

    def inventory(self) -> Inventory:
        """Return the inventory."""

    def sidecar(self, file: str) -> dict[str, Any]:
        """Return an archive's sidecar."""

    def rest(self, file: str, at: Extent) -> bytes | None:
        """Return the continuation of a file; None if its beginning differs, or it is missing."""


class LocalSource:
    """A store on this host.

    :raises StoreError: it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._store = Store.open(path, write=False)
        self.path = self._store.path

    def inventory(self) -> Inventory:
        """Return the inventory. Raise StoreError, HostError."""
        return inventory.take(self._store)

    def sidecar(self, file: str) -> dict[str, Any]:
        """Return an archive's sidecar, checked. Raise StoreError."""
        path = sidecar.sidecar_path(self.path / inventory.require_archive(file))
        return sidecar.to_json(sidecar.load(path))

    def rest(self, file: str, at: Extent) -> bytes | None:
        """Return the continuation of a file; None if its beginning differs, or it is missing. Raise HostError."""
        if file not in record.APPEND_ONLY:
            raise StoreError("offsite_refused", cause="the file is not one that is sent")
        if record.extent(self.path, file, at.size) != at:
            return None
        return record.rest(self.path, file, at.size)

    def archive(self, file: str) -> Path:
        """Return the path of an archive that may be sent.

        Raise StoreError (``offsite_refused``), HostError (``file_unreadable``).
        """
        path = self.path / inventory.require_archive(file)
        try:
            sidecar.load(sidecar.sidecar_path(path))
        except StoreError as error:
            raise StoreError("offsite_refused", cause=error) from error
        if path.is_symlink() or not path.is_file():
            raise HostError("file_unreadable", path=path, cause="it is not a regular file")
        return path
