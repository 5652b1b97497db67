# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists a store from names, sizes and sidecars alone, without opening archives."""

from __future__ import annotations

import datetime
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .._errors import StoreError
from .._os_errors import Reading
from . import fields, files, naming, sidecar, times
from .leftovers import Leftover, leftover
from .naming import RECORD_FILE
from .sidecar import Sidecar

#: States of a backup. Only a good one counts for anything.
GOOD = "good"
#: There is no sidecar: the sidecar was lost, or another tool's file has such a name.
NO_SIDECAR = "no_sidecar"
#: The sidecar can't be read, or is another archive's.
DAMAGED_SIDECAR = "damaged_sidecar"
#: The archive's size is not what the sidecar says.
SIZE_MISMATCH = "size_mismatch"
#: There is a sidecar without an archive.
ARCHIVE_MISSING = "archive_missing"
#: A check has found it damaged.
DAMAGED = "damaged"
#: It was published in another store, and put here by hand.
OTHER_STORE = "other_store"
#: It was made by an earlier tool.
OLD_FORMAT = "old_format"


@dataclass(frozen=True)
class Backup:
    """One backup in a store.

    :param id: its id; two archives may share one if somebody decrypted a copy by hand.
    :param file: the archive's name.
    :param path: the archive.
    :param format: ``1``, ``sidekick`` or ``retrieved``.
    :param created: the time in its name, else the file's mtime.
    :param size: bytes on disk; 0 if the archive is missing.
    :param mode: permission bits of the archive; 0 if it is missing.
    :param state: one of this module's states.
    :param cause: what is wrong with the sidecar, if anything is.
    :param sidecar: None if there is no readable one.
    :param proved: its proofs that were made with the key, see :mod:`.authenticity`; the others are claims.
    """

    id: str
    file: str
    path: Path
    format: str
    created: datetime.datetime
    size: int
    mode: int
    state: str
    cause: str = ""
    sidecar: Sidecar | None = None
    proved: frozenset[str] = frozenset()

    @property
    def good(self) -> bool:
        """Whether it counts: published here, with its size unchanged, and not found damaged."""
        return self.state == GOOD

    @property
    def components(self) -> frozenset[str]:
        """Its components; empty if unknown."""
        return frozenset(self.sidecar.components) if self.sidecar else frozenset()

    @property
    def incomplete(self) -> dict[str, tuple[str, ...]]:
        """Its incomplete components, with reasons."""
        missing = self.sidecar.incomplete if self.sidecar else {}
        return {component: missing[component] for component in sorted(self.components & set(missing))}

    @property
    def contents(self) -> frozenset[tuple[str, bool]]:
        """Its components for comparisons, in which a complete component includes an incomplete one."""
        whole = self.components - set(self.incomplete)
        return frozenset([*((name, False) for name in self.components), *((name, True) for name in whole)])

    def describe(self) -> dict[str, Any]:
        """Return it as a module's result shows it, ready for JSON."""
        result: dict[str, Any] = {
            "id": self.id,
            "path": str(self.path),
            "format": self.format,
            "state": self.state,
            "created": times.to_text(self.created),
            "size": self.size,
        }
        if self.sidecar:
            known = sidecar.to_json(self.sidecar)
            for name in ("format", "id", "file", "size", "created", "origin", "audit"):
                del known[name]
            result.update(known)
            result["proofs"] = {kind: self._describe(kind, proof) for kind, proof in known["proofs"].items()}
            result["components"] = list(self.sidecar.components)
            result["warnings"] = list(self.sidecar.warnings)
            result["incomplete"] = {name: list(codes) for name, codes in self.incomplete.items()}
        return result

    def _describe(self, kind: str, proof: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in proof.items() if name != "mac"}
        return {**shown, "proved": kind in self.proved} if kind in sidecar.PROVABLE else shown


@dataclass(frozen=True)
class Listing:
    """A store's content.

    :param backups: newest first.
    :param leftovers: private files of killed or active runs.
    """

    backups: tuple[Backup, ...]
    leftovers: tuple[Leftover, ...]


def _scan(path: Path) -> dict[str, os.stat_result]:
    """Return the regular files in a directory: links and directories are never backups."""
    found = {}
    with Reading(path, StoreError, "store_unreadable"), os.scandir(path) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode):
                found[entry.name] = status
    return found


def _store_id(path: Path, present: dict[str, os.stat_result]) -> str | None:
    if RECORD_FILE not in present:
        return None
    try:
        return fields.field(fields.parse(files.read_small(path / RECORD_FILE)), "uuid", str)
    except (OSError, ValueError):
        return None


def _state(found: Sidecar, size: int | None, store_id: str | None) -> str:
    if size is None:
        return ARCHIVE_MISSING
    if found.origin and store_id and found.origin.store != store_id:
        return OTHER_STORE
    if found.size != size:
        return SIZE_MISMATCH
    return DAMAGED if sidecar.DAMAGED in found.proofs else GOOD


def _backup(
    path: Path, name: naming.ArchiveName, present: dict[str, os.stat_result], store_id: str | None
) -> Backup:
    status = present.get(name.file)
    size = status.st_size if status else None
    changed = times.from_seconds(status.st_mtime if status else 0)
    found, cause = None, ""
    if name.format != naming.FORMAT_1:
        state = OLD_FORMAT
    elif name.file + sidecar.SUFFIX not in present:
        state = NO_SIDECAR
    else:
        try:
            found = sidecar.load(path / (name.file + sidecar.SUFFIX))
            state = _state(found, size, store_id)
        except StoreError as error:
            state, cause = DAMAGED_SIDECAR, str(error.facts.get("cause", error))
    return Backup(
        id=name.id,
        file=name.file,
        path=path / name.file,
        format=name.format,
        created=name.created or changed,
        size=size or 0,
        mode=stat.S_IMODE(status.st_mode) if status else 0,
        state=state,
        cause=cause,
        sidecar=found,
    )


def scan(path: Path) -> Listing:
    """Return what is in a store.

    Raise StoreError (``store_unreadable``). Files that are neither backups nor leftovers are ignored.
    """
    present = _scan(path)
    rest = sorted(
        (item for item in (leftover(name, status) for name, status in present.items()) if item),
        key=lambda item: item.file,
    )
    being_removed = {item.of for item in rest if item.removing}
    archives = set(present)
    # A sidecar represents its archive even if that is missing, unless a removal is half done.
    archives |= {
        name[: -len(sidecar.SUFFIX)] for name in present if name.endswith(sidecar.SUFFIX)
    } - being_removed
    names = (naming.parse(name) for name in archives)
    store_id = _store_id(path, present)
    backups = [
        _backup(path, name, present, store_id)
        for name in names
        if name and (name.file in present or name.format == naming.FORMAT_1)
    ]
    backups.sort(key=lambda backup: (backup.created, backup.file), reverse=True)
    return Listing(tuple(backups), tuple(rest))


def list_backups(path: Path) -> list[Backup]:
    """Return the backups in a store, newest first. Raise StoreError (``store_unreadable``)."""
    return list(scan(path).backups)


def describe_leftover(item: Leftover) -> dict[str, Any]:
    """Return a leftover as a module's result shows it."""
    return asdict(item)
