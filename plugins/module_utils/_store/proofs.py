# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has been proved of a backup since it was made, and how its sidecar is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from .._errors import StoreError
from . import listing, sidecar
from .authenticity import MacKey, authenticator
from .sidecar import DAMAGED, DRILL_FAILED, DRILLED, PROVABLE, VERIFIED, Proof, Sidecar
from .store import Store

#: Depth of a check: what a shallow one finds says nothing about what only a deeper one sees.
_DEPTH = {None: 0, "quick": 1, "full": 2, "drill": 3}

#: Seconds to wait for another change of a sidecar, which takes an instant.
_LOCK_TIMEOUT = 30.0


def with_proof(proofs: Mapping[str, Proof], kind: str, proof: Proof) -> dict[str, Proof]:
    """Return the proofs after one more.

    A quick verification does not replace a full one, and a proof without a MAC none that has one. A drill that succeeds
    ends what a failed one has said. Damage ends the verification and the drill that came before, and counts until a check
    at least as deep as the one that found it succeeds.

    :param kind: one of :data:`.sidecar.PROOFS`.
    """
    result = dict(proofs)
    depth = _DEPTH.get("drill" if kind == DRILLED else proof.level, 0)
    if kind == DAMAGED:
        result.pop(VERIFIED, None)
        result.pop(DRILLED, None)
    elif kind in (VERIFIED, DRILLED) and DAMAGED in result and _DEPTH.get(result[DAMAGED].level, 0) <= depth:
        del result[DAMAGED]
    if kind == DRILLED:
        result.pop(DRILL_FAILED, None)
    before = result.get(kind)
    if before is None or kind not in PROVABLE or _is_better(proof, before, depth):
        result[kind] = proof
    return result


def _is_better(proof: Proof, before: Proof, depth: int) -> bool:
    if (proof.mac is None) != (before.mac is None):
        return proof.mac is not None
    return _DEPTH.get(before.level, 0) <= depth


def record_proof(
    store: Store, file: str, kind: str, proof: Proof, *, key: MacKey | None = None, by_key: bool = False
) -> Sidecar:
    """Add a proof to the sidecar of an archive, and return the sidecar.

    With the key of an encrypted archive it gets a MAC, if it is known that the key made the archive of the SHA-256 that
    the sidecar has: else somebody who puts another archive and its SHA-256 there would get a MAC for them.

    :param kind: one of :data:`.sidecar.PROOFS`.
    :param key: the key that was given.
    :param by_key: whether all of the archive was just decrypted with it; if not, another MAC must say so.

    Raise what :func:`change_sidecar` raises.
    """

    def change(current: Sidecar) -> Sidecar:
        macs = authenticator(key, current.encryption) if kind in PROVABLE else None
        if macs is None or not (by_key or macs.knows(current)):
            return replace(current, proofs=with_proof(current.proofs, kind, proof))
        signed = macs.sign(current, kind, proof, _sidecars(store))
        # A MAC of somebody else's says nothing, however deep what it was put to claims to be.
        kept = {
            name: each
            for name, each in current.proofs.items()
            if name not in PROVABLE or each.mac is None or macs.is_own(current, name)
        }
        return replace(current, proofs=with_proof(kept, kind, signed))

    return change_sidecar(store, file, f"proof of {file}", change)


def sign_new(store: Store, found: Sidecar, kind: str, proof: Proof, key: MacKey | None) -> Sidecar:
    """Return the sidecar of a backup that was just written with a key, and is not published yet, with a proof."""
    macs = authenticator(key, found.encryption)
    signed = macs.sign(found, kind, proof, _sidecars(store)) if macs else proof
    return replace(found, proofs=with_proof(found.proofs, kind, signed))


def _sidecars(store: Store) -> Iterator[Sidecar]:
    """Yield the sidecars of a store, newest first; it is read when the first one is asked for."""
    for backup in listing.list_backups(store.path):
        if backup.sidecar:
            yield backup.sidecar


def change_sidecar(store: Store, file: str, purpose: str, change: Callable[[Sidecar], Sidecar]) -> Sidecar:
    """Change the sidecar of an archive in one step, and return it.

    The store's lock is not needed.

    :param file: the archive's name, without a directory.
    :param purpose: told to those who wait.
    :param change: makes the new sidecar of the present one.
    :raises StoreError: ``backup_gone``, ``sidecar_missing``, ``sidecar_damaged``, ``lock_unusable``.
    :raises HostError: the sidecar can't be written.
    """
    archive = store.path / file
    path = sidecar.sidecar_path(archive)
    with store.sidecars_lock(purpose).acquire(_LOCK_TIMEOUT):
        # Retention may have removed the backup meanwhile; it must not come back as a ghost.
        if not os.path.lexists(archive):
            raise StoreError("backup_gone", path=archive)
        current = sidecar.load(path)
        changed = change(current)
        if changed != current:
            sidecar.save(path, changed)
    return changed
