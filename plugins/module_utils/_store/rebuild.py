# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lost or damaged sidecar, made again from the archive itself."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .._errors import TEXTS, StoreError, render
from .._os_errors import Reading
from .._pagecache import read_through
from . import audit, naming, pins, sidecar, times
from .incomplete import incomplete
from .sidecar import DatabaseTotals, DirectoryTotals, Sidecar
from .store import Store

_PATIENCE = 30.0


class TableLike(Protocol):
    """What is needed of a table in a manifest."""

    @property
    def schema(self) -> str:
        """Its schema."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def rows(self) -> int:
        """Rows in the backup."""


class DatabaseLike(Protocol):
    """What is needed of the database in a manifest."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def server_version(self) -> str:
        """Of the server it was read from."""

    @property
    def size(self) -> int:
        """Bytes on that server."""

    @property
    def tables(self) -> Sequence[TableLike]:
        """Tables with data of their own."""


class DirectoryLike(Protocol):
    """What is needed of a directory in a manifest."""

    @property
    def name(self) -> str:
        """The name it was given."""

    @property
    def path(self) -> str:
        """Where it was."""

    @property
    def files(self) -> int:
        """Number of entries that are not directories."""

    @property
    def bytes(self) -> int:
        """Of their contents."""


class ManifestLike(Protocol):
    """What is needed of a manifest, as the archive's reader has it."""

    @property
    def id(self) -> str:
        """The backup's id."""

    @property
    def created(self) -> str:
        """Moment of the snapshot, as in :mod:`.times`."""

    @property
    def finished(self) -> str:
        """Moment at which everything had been read."""

    @property
    def producer(self) -> Mapping[str, Any]:
        """What made it, with the label and the pin that were asked for."""

    @property
    def compression(self) -> str:
        """``gzip``, ``zstd`` or ``none``."""

    @property
    def encryption(self) -> str:
        """``none``, ``aes256`` or ``age``."""

    @property
    def database(self) -> DatabaseLike | None:
        """The database; None if there is none in the backup."""

    @property
    def directories(self) -> Sequence[DirectoryLike]:
        """The directories."""

    @property
    def config(self) -> Sequence[object]:
        """The configuration files."""

    @property
    def redis(self) -> object | None:
        """The keys of Redis; None if the backup has none."""

    @property
    def notices(self) -> Sequence[Mapping[str, Any]]:
        """What the backup could not hold: each has a ``code`` and its ``facts``."""


def digest(path: Path, *, on_bytes: Callable[[int], None] | None = None) -> tuple[int, str]:
    """Return a file's size in bytes and its SHA-256.

    :param on_bytes: called with the bytes of each piece read; may raise to stop.
    :raises HostError: ``file_unreadable``.
    """
    sha256, size = hashlib.sha256(), 0
    with Reading(path), open(path, "rb", buffering=0) as file:
        for piece in read_through(file):
            sha256.update(piece)
            size += len(piece)
            if on_bytes:
                on_bytes(len(piece))
    return size, sha256.hexdigest()


def totals(
    manifest: ManifestLike,
) -> tuple[tuple[str, ...], DatabaseTotals | None, dict[str, DirectoryTotals]]:
    """Return the components, the database's totals and those of the directories in a manifest."""
    database = manifest.database
    components = ["database"] if database else []
    components += [f"directories:{directory.name}" for directory in manifest.directories]
    components += ["config"] if manifest.config else []
    components += ["redis"] if manifest.redis else []
    directories = {
        item.name: DirectoryTotals(item.path, item.files, item.bytes) for item in manifest.directories
    }
    if database is None:
        return tuple(components), None, directories
    tables = {f"{table.schema}.{table.name}": table.rows for table in database.tables}
    found = DatabaseTotals(
        name=database.name,
        server_version=database.server_version,
        size=database.size,
        table_count=len(tables),
        rows=sum(tables.values()),
        tables=None if manifest.encryption != "none" else tables,
    )
    return tuple(components), found, directories


def _sentence(notice: Mapping[str, Any]) -> str:
    """Return a manifest's notice as a sentence; one of a later version is known by its code alone."""
    code, facts = str(notice.get("code", "")), notice.get("facts")
    try:
        return render(code, dict(facts or {})) if code in TEXTS else code
    except (KeyError, IndexError, TypeError, ValueError):
        return code


def rebuild(
    store: Store,
    file: str,
    manifest: ManifestLike,
    *,
    producer: str,
    key_fingerprint: str | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Sidecar:
    """Write an archive's sidecar anew from its manifest, and return it; proofs begin anew too.

    The caller has verified the archive: its present size and SHA-256 become what it is measured by.

    :param file: the archive's name, without a directory.
    :param producer: name and version of what made the archive.
    :param on_bytes: see :func:`digest`.
    :raises StoreError: ``backup_renamed`` if the archive says that it is another one, ``backup_gone``.
    :raises HostError: the archive can't be read, or the sidecar can't be written.
    """
    archive = store.path / file
    name = naming.parse(file)
    if name is None or name.id != manifest.id:
        raise StoreError("backup_renamed", path=archive, id=manifest.id)
    size, sha256 = digest(archive, on_bytes=on_bytes)
    components, database, directories = totals(manifest)
    record = store.record()
    label, pin = pins.from_producer(manifest.producer)
    result = Sidecar(
        id=manifest.id,
        file=file,
        created=manifest.created,
        finished=manifest.finished,
        duration=(times.from_text(manifest.finished) - times.from_text(manifest.created)).total_seconds(),
        size=size,
        sha256=sha256,
        compression=manifest.compression,
        encryption=manifest.encryption,
        components=components,
        producer=producer,
        key_fingerprint=key_fingerprint,
        database=database,
        directories=directories,
        warnings=tuple(_sentence(notice) for notice in manifest.notices),
        origin=record.origin if record else None,
        audit=audit.head(store.path),
        label=label,
        pin=pin,
        incomplete=incomplete(manifest.notices, components),
    )
    with store.sidecars_lock(f"sidecar of {file}").acquire(_PATIENCE):
        if not os.path.lexists(archive):
            raise StoreError("backup_gone", path=archive)
        sidecar.save(sidecar.sidecar_path(archive), result)
    return result
