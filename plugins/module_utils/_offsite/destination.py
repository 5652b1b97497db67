# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The side that keeps the copies. It accepts new, intact archives, and never replaces or removes existing ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from .._errors import StoreError
from .._store import proofs, sidecar, times
from .._store.digest import digest
from .._store.publish import Publication
from .._store.sidecar import DAMAGED, SYNCED, VERIFIED, Proof, Sidecar
from .._store.store import Store
from . import incoming, inventory, record
from .inventory import Inventory
from .record import Extent

#: The value of ``by`` for copies verified here, in sidecars.
BY = "offsite"
_LOCK_SECONDS = 300.0


class Destination(Protocol):
    """The interface of the side that receives copies, on this host or another."""

    def inventory(self) -> Inventory:
        """Return the inventory."""

    def publish(self, file: str, described: dict[str, Any]) -> None:
        """Publish a received archive if it matches its sidecar."""

    def discard(self, file: str) -> None:
        """Discard the received part of an archive."""

    def check(self, file: str) -> bool:
        """Compare a copy with its sidecar again; return whether it is intact."""

    def put_record(self, new: dict[str, Any]) -> bool:
        """Take a ``store.json``; return whether it was new."""

    def append(self, file: str, at: Extent, data: bytes) -> None:
        """Append to an append-only file."""


class LocalDestination:
    """A directory of copies on this host.

    :raises StoreError: it can't be written.
    """

    def __init__(self, path: Path, *, write: bool = True) -> None:
        self._store = Store.open(path, write=write)
        self.path = self._store.path
        if write:
            # This directory also marks the store as a directory of copies.
            incoming.directory(self.path)

    def inventory(self) -> Inventory:
        """Return the inventory. Raise StoreError, HostError."""
        return inventory.take(self._store)

    def publish(self, file: str, described: dict[str, Any]) -> None:
        """Publish a received archive, once it is verified to match its sidecar.

        :raises StoreError: ``offsite_arrived_damaged`` (what arrived is discarded), ``offsite_refused``,
            ``publish_exists`` (existing files are never replaced).
        :raises HostError: the disk is full, or can't be written.
        """
        known = self._sidecar(file, described)
        with incoming.lock(self.path).acquire(_LOCK_SECONDS):
            arrived = incoming.directory(self.path) / file
            if not incoming.is_plain(arrived):
                incoming.discard(self.path, file)
                raise StoreError("offsite_refused", cause=f"nothing has arrived for {file}")
            if digest(arrived) != (known.size, known.sha256):
                # Resuming it could only fail in the same way.
                incoming.discard(self.path, file)
                raise StoreError("offsite_arrived_damaged", file=file)
            now = times.to_text(times.utc_now())
            # Verifications recorded by the other side are only claims.
            found = proofs.with_proof({}, VERIFIED, Proof(now, BY, "quick"))
            found = proofs.with_proof(found, SYNCED, Proof(now, BY))
            held = self._store.lock(BY).acquire(_LOCK_SECONDS)
            with held, Publication(self._store, file, content=arrived) as publication:
                publication.publish(replace(known, proofs=found))

    def _sidecar(self, file: str, described: dict[str, Any]) -> Sidecar:
        try:
            known = sidecar.from_json(described)
        except ValueError as error:
            raise StoreError("offsite_refused", cause=f"the sidecar of {file}: {error}") from error
        if known.file != inventory.require_archive(file):
            raise StoreError("offsite_refused", cause=f"the sidecar of {file} is another archive's")
        ours = self._store.record()
        if ours and known.origin and known.origin.store != ours.uuid:
            raise StoreError("offsite_other_store", path=self.path, here=ours.uuid, there=known.origin.store)
        return known

    def discard(self, file: str) -> None:
        """Discard the received part of an archive. Raise HostError, StoreError."""
        with incoming.lock(self.path).acquire():
            incoming.discard(self.path, file)

    def check(self, file: str) -> bool:
        """Compare a copy with its sidecar again, and record the result; return whether it is intact.

        Raise StoreError, HostError.
        """
        path = self.path / inventory.require_archive(file)
        known = sidecar.load(sidecar.sidecar_path(path))
        whole = digest(path) == (known.size, known.sha256)
        proof = Proof(times.to_text(times.utc_now()), BY, "quick")
        proofs.record_proof(self._store, file, VERIFIED if whole else DAMAGED, proof)
        if whole:
            proofs.record_proof(self._store, file, SYNCED, replace(proof, level=None))
        return whole

    def put_record(self, new: dict[str, Any]) -> bool:
        """Take a ``store.json``; return whether it was new. Raise StoreError, HostError."""
        with self._store.lock(BY).acquire(_LOCK_SECONDS):
            return record.put_record(self.path, new)

    def append(self, file: str, at: Extent, data: bytes) -> None:
        """Append to an append-only file. Raise StoreError, HostError."""
        if file not in record.APPEND_ONLY:
            raise StoreError("offsite_refused", cause="the file is not one that is sent")
        with self._store.lock(BY).acquire(_LOCK_SECONDS):
            record.append(self.path, file, at, data)
