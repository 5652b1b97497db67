# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remains of killed runs in a store, which the next run finishes or removes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from .._errors import Notice, listed
from .._os_errors import Writing
from . import fields, files, naming, sidecar
from .lock import Lock
from .naming import RECORD_FILE
from .publish import rename_new
from .store import LOCK_FILE, Store

_LOCK_TIMEOUT = 30.0


@dataclass(frozen=True)
class Leftover:
    """A file under one of this collection's private names.

    :param file: its name.
    :param of: the file that it would have become, or was.
    :param size: bytes.
    :param removing: whether it remains from a removal instead of a backup.
    """

    file: str
    of: str
    size: int
    removing: bool


@dataclass(frozen=True)
class Cleaned:
    """What :func:`clean_leftovers` did.

    :param removed: names of removed files.
    :param finished: names of archives whose publication was completed.
    :param freed: bytes.
    :param stuck: names of files that could be neither removed nor finished.
    """

    removed: tuple[str, ...]
    finished: tuple[str, ...]
    freed: int
    stuck: tuple[str, ...] = ()

    def notices(self, store: Path) -> list[Notice]:
        """Return a warning about what could not be removed."""
        paths = [str(store / name) for name in self.stuck]
        return [Notice("leftovers_stuck", paths=listed(paths), count=len(paths))] if paths else []


def is_ours(file: str) -> bool:
    """Return whether runs use files of this name in a store while preparing or removing others."""
    name = naming.parse(file[: -len(sidecar.SUFFIX)] if file.endswith(sidecar.SUFFIX) else file)
    return file == RECORD_FILE or (name is not None and name.format == naming.FORMAT_1)


def leftover(file: str, found: os.stat_result) -> Leftover | None:
    """Return a leftover if a file has a private name of this collection, or None."""
    if not stat.S_ISREG(found.st_mode):
        return None
    of = files.partial_of(file)
    removing = files.removing_of(file)
    target = of or removing
    if target is None or not is_ours(target):
        return None
    return Leftover(file, target, found.st_size, removing is not None)


def find(store: Path) -> list[Leftover]:
    """Return the files with private names. Raise OSError."""
    names = sorted(name for name in os.listdir(store) if name.startswith("."))
    found = (leftover(name, os.lstat(store / name)) for name in names)
    return [item for item in found if item]


def finishes(path: Path, item: Leftover) -> bool:
    """Return whether a leftover is the sidecar of an archive that already has its final name."""
    if item.removing or not item.of.endswith(sidecar.SUFFIX):
        return False
    archive, target = path / item.of[: -len(sidecar.SUFFIX)], path / item.of
    try:
        waiting = sidecar.from_json(fields.parse(files.read_small(path / item.file)))
        whole = waiting.file == archive.name and waiting.size == os.lstat(archive).st_size
    except (OSError, ValueError):
        return False
    return whole and not os.path.lexists(target)


def _remove(path: Path, item: Leftover) -> int:
    """Delete a leftover, and before it the sidecar of an archive being removed; return the bytes freed."""
    freed = 0
    if item.removing and not os.path.lexists(path / item.of):
        freed += unlink(path / (item.of + sidecar.SUFFIX))
        files.sync_directory(path)
    return freed + unlink(path / item.file)


def unlink(path: Path) -> int:
    """Delete a file if it exists, and return the bytes freed (none if it has another hard link).

    Raise OSError.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return 0
    os.unlink(path)
    return found.st_size if found.st_nlink == 1 else 0


def clean_leftovers(store: Store, lock: Lock) -> Cleaned:
    """Finish or remove what killed runs left behind, and nothing else.

    :param lock: the acquired lock of the store, so that no running job owns these files.
    :raises StoreError: ``lock_held`` if a sidecar is being changed all the time.
    :raises HostError: ``write_failed``.
    """
    if not lock.held or lock.path != store.path / LOCK_FILE:
        raise RuntimeError("the store's lock is not held")
    removed, finished, stuck, freed = [], [], [], 0
    with Writing(store.path):
        if not find(store.path):
            return Cleaned((), (), 0)
        with store.sidecars_lock("cleaning").acquire(_LOCK_TIMEOUT):
            for item in find(store.path):
                try:
                    if finishes(store.path, item):
                        rename_new(store.path / item.file, store.path / item.of)
                        finished.append(item.of[: -len(sidecar.SUFFIX)])
                    else:
                        freed += _remove(store.path, item)
                        removed.append(item.file)
                except PermissionError:
                    # Another owner's, or immutable: it only takes up space.
                    stuck.append(item.file)
            files.sync_directory(store.path)
    return Cleaned(tuple(removed), tuple(finished), freed, tuple(stuck))
