# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory that one side sends to the other: names, sizes and checksums, from sidecars alone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .._errors import StoreError
from .._store import fields, listing, naming, sidecar, space
from .._store.newest import is_ahead
from .._store.store import Store, read_record
from . import incoming, record
from .record import Extent

FORMAT = 1

_SHA256 = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True)
class Copy:
    """An archive on one side.

    :param file: its name.
    :param size: bytes.
    :param sha256: of the whole archive, from its sidecar; empty if that is missing or damaged.
    :param state: as in :mod:`.._store.listing`.
    :param synced: moment at which this copy was last compared with its sidecar; None if never.
    """

    file: str
    size: int
    sha256: str
    state: str
    synced: str | None = None

    @property
    def good(self) -> bool:
        """Whether it may be copied, or counts as a copy."""
        return self.state == listing.GOOD

    @property
    def id(self) -> str:
        """The backup's id."""
        return self.file.split(".")[0]

    def is_ahead(self, now: datetime.datetime) -> bool:
        """Return whether it is dated in the future, so that it doesn't count as the newest."""
        created = naming.time_of(self.id)
        return created is not None and is_ahead(created, now)


@dataclass(frozen=True)
class Inventory:
    """The inventory of a side.

    :param copies: newest first.
    :param staged: partly received archives, and their bytes so far.
    :param free: bytes that may still be written there.
    :param record: the content of ``store.json``; None without one.
    :param extents: append-only files, and their extents.
    """

    copies: tuple[Copy, ...]
    staged: Mapping[str, int]
    free: int
    record: dict[str, Any] | None
    extents: Mapping[str, Extent]

    @property
    def good(self) -> tuple[Copy, ...]:
        """The copies that count, newest first."""
        return tuple(copy for copy in self.copies if copy.good)


def _copy(backup: listing.Backup) -> Copy:
    known = backup.sidecar
    proof = known.proofs.get(sidecar.SYNCED) if known else None
    return Copy(
        file=backup.file,
        size=known.size if known else backup.size,
        sha256=known.sha256 if known else "",
        state=backup.state,
        synced=proof.when if proof else None,
    )


def take(store: Store) -> Inventory:
    """Return a store's inventory. No archive is opened. Raise StoreError, HostError."""
    found = listing.list_backups(store.path)
    return Inventory(
        copies=tuple(_copy(backup) for backup in found if backup.format == naming.FORMAT_1),
        staged=incoming.staged(store.path),
        free=space.disk(store.path).free,
        record=read_record(store.path, dict),
        extents=record.extents(store.path),
    )


def to_json(found: Inventory) -> dict[str, Any]:
    """Return an inventory for the other side."""
    return {"format": FORMAT, **asdict(found)}


def from_json(data: dict[str, Any]) -> Inventory:
    """Return the inventory that the other side sent. Raise ValueError if it is invalid."""
    if fields.field(data, "format", int) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    staged = fields.field(data, "staged", dict)
    return Inventory(
        copies=tuple(_copy_from(item) for item in fields.field(data, "copies", list)),
        staged={name: fields.count(staged, name) for name in staged if is_archive(name)},
        free=fields.count(data, "free"),
        record=fields.optional(data, "record", dict),
        extents={
            name: Extent(fields.count(item, "size"), fields.field(item, "sha256", str))
            for name, item in fields.objects(data, "extents").items()
            if name in record.APPEND_ONLY
        },
    )


def _copy_from(item: object) -> Copy:
    if not isinstance(item, dict):
        raise ValueError("a copy is not an object")
    file, sha256 = fields.field(item, "file", str), fields.field(item, "sha256", str)
    # Values from the other side are used in paths and messages here.
    if not is_archive(file):
        raise ValueError("a copy's name is not an archive's")
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"the SHA-256 of {file} is none")
    return Copy(
        file=file,
        size=fields.count(item, "size"),
        sha256=sha256,
        state=fields.field(item, "state", str)[:40],
        synced=fields.moment(item, "synced") if item.get("synced") is not None else None,
    )


def is_archive(file: str) -> bool:
    """Return whether a name is one that this collection gives an archive: no path, no option, no pattern."""
    found = naming.parse(file)
    return found is not None and found.format == naming.FORMAT_1


def require_archive(file: str) -> str:
    """Return a name from the other side. Raise StoreError (``offsite_refused``) if it is no archive's."""
    if not is_archive(file):
        raise StoreError("offsite_refused", cause="the name is not an archive's")
    return file
