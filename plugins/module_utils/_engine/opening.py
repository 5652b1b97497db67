# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening a backup with checks: its encryption meets the demands, and its name matches its id."""

from __future__ import annotations

from pathlib import Path

from .._archive.demand import Demand
from .._archive.keys import Key
from .._archive.reader import ArchiveReader
from .._components import registry
from .._errors import StoreError
from .._store import naming
from .._store.sidecar import SUFFIX
from .locate import Located


def demand(located: Located, key: Key | None, allow_plain: bool) -> Demand:
    """Return the demands on an archive's encryption.

    :param allow_plain: accept a plain archive despite the demands.
    """
    path = located.path
    name = naming.parse(path.name)
    known = located.backup.sidecar if located.backup else None
    return Demand(
        key=key is not None and key.demands,
        name=(name.encryption, path.name) if name else None,
        sidecar=(known.encryption, path.name + SUFFIX) if known else None,
        allow_plain=allow_plain,
    )


def open_backup(located: Located, key: Key | None, allow_plain: bool) -> ArchiveReader:
    """Open an archive of this collection's own format. Raise what :meth:`.ArchiveReader.open` raises.

    Raise StoreError ``backup_renamed`` if it has another backup's name: an older backup could pass for a newer
    one.
    """
    reader = ArchiveReader.open(str(located.path), key, registry.KINDS, demand(located, key, allow_plain))
    try:
        require_name(located.path, reader.manifest.id)
    except BaseException:
        reader.close()
        raise
    return reader


def require_name(path: Path, id: str) -> None:
    """Raise StoreError ``backup_renamed`` if a file's name is not that of the backup in it."""
    name = naming.parse(path.name)
    if name is not None and name.format == naming.FORMAT_1 and name.id != id:
        raise StoreError("backup_renamed", path=path, id=id)
