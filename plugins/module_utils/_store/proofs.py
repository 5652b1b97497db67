# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has been proved of a backup since it was made, and how its sidecar is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from .._errors import StoreError
from . import sidecar
from .sidecar import DAMAGED, DRILL_FAILED, DRILLED, VERIFIED, Proof, Sidecar
from .store import Store

#: Depth of a check: what a shallow one finds says nothing about what only a deeper one sees.
_DEPTH = {None: 0, "quick": 1, "full": 2, "drill": 3}

#: Seconds to wait for another change of a sidecar, which takes an instant.
_PATIENCE = 30.0


def with_proof(proofs: Mapping[str, Proof], kind: str, proof: Proof) -> dict[str, Proof]:
    """Return the proofs after one more.

    A quick verification does not replace a full one. A drill that succeeds ends what a failed one has said. Damage ends
    the verification and the drill that came before, and counts until a check at least as deep as the one that found it
    succeeds.

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
    if kind != VERIFIED or VERIFIED not in result or _DEPTH.get(result[VERIFIED].level, 0) <= depth:
        result[kind] = proof
    return result


def record_proof(store: Store, file: str, kind: str, proof: Proof) -> Sidecar:
    """Add a proof to the sidecar of an archive, and return the sidecar.

    :param kind: one of :data:`.sidecar.PROOFS`.

    Raise what :func:`change_sidecar` raises.
    """
    return change_sidecar(
        store,
        file,
        f"proof of {file}",
        lambda current: replace(current, proofs=with_proof(current.proofs, kind, proof)),
    )


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
    with store.sidecars_lock(purpose).acquire(_PATIENCE):
        # Retention may have removed the backup meanwhile; it must not come back as a ghost.
        if not os.path.lexists(archive):
            raise StoreError("backup_gone", path=archive)
        current = sidecar.load(path)
        changed = change(current)
        if changed != current:
            sidecar.save(path, changed)
    return changed
