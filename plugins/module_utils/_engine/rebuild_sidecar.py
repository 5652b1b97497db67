# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recreating a lost or damaged sidecar from the archive."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .._archive.manifest import Manifest
from .._errors import TEXTS, StoreError, render
from .._store import audit, naming, sidecar, times
from .._store.digest import digest
from .._store.sidecar import Sidecar
from .._store.store import Store
from .contents import sidecar_of

_LOCK_TIMEOUT = 30.0


def _sentence(notice: Mapping[str, Any]) -> str:
    """Return a manifest's notice as a sentence; for a notice of a later version, only its code."""
    code, facts = str(notice.get("code", "")), notice.get("facts")
    try:
        return render(code, dict(facts or {})) if code in TEXTS else code
    except (KeyError, IndexError, TypeError, ValueError):
        return code


def rebuild(
    store: Store,
    file: str,
    manifest: Manifest,
    *,
    producer: str,
    key_fingerprint: str | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Sidecar:
    """Write an archive's sidecar from its manifest, without proofs, and return it.

    The caller has verified the archive: its current size and SHA-256 are recorded as the correct ones.

    :param file: the archive's name, without a directory.
    :param producer: name and version of what makes the sidecar.
    :param on_bytes: see :func:`digest`.
    :raises StoreError: ``backup_renamed`` if the archive's id is another one, ``backup_gone``.
    :raises HostError: the archive can't be read, or the sidecar can't be written.
    """
    archive = store.path / file
    name = naming.parse(file)
    if name is None or name.id != manifest.id:
        raise StoreError("backup_renamed", path=archive, id=manifest.id)
    size, sha256 = digest(archive, on_bytes=on_bytes)
    taken = (times.from_text(manifest.finished) - times.from_text(manifest.created)).total_seconds()
    record = store.record()
    result = replace(
        sidecar_of(
            manifest,
            file,
            size,
            sha256,
            duration=taken,
            producer=producer,
            key_fingerprint=key_fingerprint,
        ),
        warnings=tuple(_sentence(notice) for notice in manifest.notices),
        origin=record.origin if record else None,
        audit=audit.head(store.path),
    )
    with store.sidecars_lock(f"sidecar of {file}").acquire(_LOCK_TIMEOUT):
        if not os.path.lexists(archive):
            raise StoreError("backup_gone", path=archive)
        sidecar.save(sidecar.sidecar_path(archive), result)
    return result
