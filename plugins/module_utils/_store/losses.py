# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detects what the newest backup has lost compared with earlier ones, from sidecars.

A backup made after an accidental deletion is technically good, and rules by number or age would let it displace
the last one from before. So the newest one from before is kept until the user accepts the loss.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from .listing import Backup
from .sidecar import DirectoryTotals, Sidecar
from .units import human_size

#: Losses of fewer rows or files are normal.
_FEWEST = 5
#: Minimum bytes of a directory, and of an archive; a loss of half of less is normal.
_SMALLEST_DIRECTORY = 1_000_000
_SMALLEST_ARCHIVE = 100_000

#: Tables that Ticketz itself empties. A restore that disconnects WhatsApp does so, too.
_TRANSIENT = frozenset(
    f"public.{table}"
    for table in ("Baileys", "BaileysContacts", "BaileysKeys", "OutOfTicketMessages", "UserSocketSessions")
)


@dataclass(frozen=True)
class Loss:
    """A backup that lacks much of what an earlier one has.

    :param before: the newest backup that still has it.
    :param after: the newest one.
    :param what: each thing that shrank by more than half, as ``name: before → after``.
    """

    before: Backup
    after: Backup
    what: tuple[str, ...]

    def notice(self) -> Notice:
        """Return the warning."""
        return Notice("backup_shrunk", id=self.after.id, before=self.before.id, what=listed(self.what))


def find_losses(counted: Sequence[Backup], accepted: datetime.datetime | None = None) -> tuple[Loss, ...]:
    """Return the losses of the newest backup of each set of components.

    :param counted: backups that count, newest first.
    :param accepted: time of the newest backup whose losses were accepted; older ones are not compared.
    """
    found = []
    # dict.fromkeys: each set once, in an order that doesn't change from run to run.
    for components in dict.fromkeys(backup.components for backup in counted):
        after, *earlier = [backup for backup in counted if backup.components == components]
        for before in earlier:
            if accepted and before.created < accepted:
                break
            what = compare(before, after)
            if what:
                found.append(Loss(before, after, what))
                break
    return tuple(found)


def compare(before: Backup, after: Backup) -> tuple[str, ...]:
    """Return what shrank by more than half from one backup to a later one."""
    if before.sidecar is None or after.sidecar is None:
        return ()
    return (
        *_rows(before.sidecar, after.sidecar),
        *_directories(before.sidecar, after.sidecar),
        *_archive(before.sidecar, after.sidecar),
    )


def _more_than_half(before: int, after: int, least: int) -> bool:
    return before - after >= least and after * 2 < before


def _rows(before: Sidecar, after: Sidecar) -> Iterator[str]:
    old, new = before.database, after.database
    if old is None or new is None:
        return
    if old.tables is None or new.tables is None:
        # For an encrypted backup, only the sum is known.
        if _more_than_half(old.rows, new.rows, _FEWEST):
            yield f"{old.name}: {old.rows} → {new.rows}"
        return
    for table, rows in old.tables.items():
        left = new.tables.get(table, 0)
        if table not in _TRANSIENT and _more_than_half(rows, left, _FEWEST):
            yield f"{table}: {rows} → {left}"


def _directories(before: Sidecar, after: Sidecar) -> Iterator[str]:
    nothing = DirectoryTotals("", 0, 0)
    for name, old in before.directories.items():
        new = after.directories.get(name, nothing)
        fewer = _more_than_half(old.files, new.files, _FEWEST)
        if fewer or _more_than_half(old.bytes, new.bytes, _SMALLEST_DIRECTORY):
            yield (f"{name}: {old.files} → {new.files} ({human_size(old.bytes)} → {human_size(new.bytes)})")


def _archive(before: Sidecar, after: Sidecar) -> Iterator[str]:
    """Sizes of archives are compared only with the same compression and encryption."""
    made_alike = (before.compression, before.encryption) == (after.compression, after.encryption)
    if made_alike and _more_than_half(before.size, after.size, _SMALLEST_ARCHIVE):
        yield f"{after.file}: {human_size(before.size)} → {human_size(after.size)}"
