# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A summary of a backup's contents in figures and names, without secrets."""

from __future__ import annotations

from typing import Any

from .._archive.component_entry import Described
from .._archive.demand import PLAIN
from .._archive.manifest import Manifest
from .._components import registry
from .._store import pins
from .._store.incomplete import incomplete
from .._store.sidecar import Sidecar


def described(manifest: Manifest) -> Described:
    """Return the descriptions of the components in a backup."""
    parts = [entry.describe(manifest.encryption != PLAIN) for entry in manifest.entries.values()]
    return Described(
        names=tuple(name for part in parts for name in part.names),
        sidecar={name: value for part in parts for name, value in part.sidecar.items()},
        shown={name: value for part in parts for name, value in part.shown.items()},
        made={name: value for part in parts for name, value in part.made.items()},
    )


def sidecar_of(
    manifest: Manifest,
    file: str,
    size: int,
    sha256: str,
    *,
    duration: float,
    producer: str,
    key_fingerprint: str | None,
) -> Sidecar:
    """Return an archive's sidecar from its manifest, without warnings, proofs and the store's own values.

    :param file: the archive's name, without a directory.
    :param size: bytes of the archive.
    :param sha256: of the archive.
    :param duration: seconds that the backup took.
    :param producer: name and version of what makes the sidecar.
    :param key_fingerprint: fingerprint of the key; None without encryption.
    """
    told = described(manifest)
    label, pin = pins.from_producer(manifest.producer)
    return Sidecar(
        id=manifest.id,
        file=file,
        created=manifest.created,
        finished=manifest.finished,
        duration=duration,
        size=size,
        sha256=sha256,
        compression=manifest.compression,
        encryption=manifest.encryption,
        components=told.names,
        producer=producer,
        key_fingerprint=key_fingerprint,
        label=label,
        pin=pin,
        incomplete=incomplete(manifest.notices, told.names),
        **told.sidecar,
    )


def contents(manifest: Manifest) -> dict[str, Any]:
    """Return a backup's contents according to its manifest, for planning a restore."""
    absent = {name: value for kind in registry.KINDS for name, value in kind.shown_without().items()}
    return {
        "created": manifest.created,
        "finished": manifest.finished,
        "compression": manifest.compression,
        "encryption": manifest.encryption,
        **absent,
        **described(manifest).shown,
        "stack": manifest.stack,
    }
