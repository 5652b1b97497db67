# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what must be copied, and which problems there are: a pure function of both inventories.

Nothing in here removes or replaces anything. Copies of archives that the source no longer has are ignored. If
an archive has changed under the same name, its copy stays, and a notice is given.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from .._store import listing, times
from .._store.newest import is_ahead
from .inventory import Copy, Inventory

#: States of a copy that need attention.
_WRONG = (
    listing.DAMAGED,
    listing.SIZE_MISMATCH,
    listing.ARCHIVE_MISSING,
    listing.DAMAGED_SIDECAR,
    listing.NO_SIDECAR,
)


@dataclass(frozen=True)
class Plan:
    """The plan of a run.

    :param missing: archives to copy, newest first, since the newest backup is the most valuable.
    :param known: intact copies of the source's archives, newest first.
    :param recheck: copies to compare with their sidecars again, those with the oldest comparison first.
    :param stale: names of partly received archives that are no longer needed.
    :param notices: problems.
    :param ahead: names of backups dated in the future, which don't count as newest.
    """

    missing: tuple[Copy, ...]
    known: tuple[Copy, ...]
    recheck: tuple[Copy, ...]
    stale: tuple[str, ...]
    notices: tuple[Notice, ...]
    ahead: tuple[str, ...] = ()


def plan(
    source: Inventory,
    destination: Inventory,
    *,
    newest: int | None,
    recheck_after: int | None,
    now: datetime.datetime,
    where: str,
) -> Plan:
    """Return the plan of a run.

    :param newest: copy at most that many of the newest; None for all.
    :param recheck_after: seconds after which a copy is compared with its sidecar again; None for never.
    :param where: the destination, for messages.
    """
    ahead = tuple(copy for copy in source.good if copy.is_ahead(now))
    counted = tuple(copy for copy in source.good if copy not in ahead)
    wanted = counted[:newest] if newest else (*counted, *ahead)
    there = {copy.file: copy for copy in destination.copies}
    missing = tuple(copy for copy in wanted if copy.file not in there)
    return Plan(
        missing=missing,
        known=tuple(copy for copy in wanted if _same(copy, there.get(copy.file))),
        recheck=_due(destination.good, recheck_after, now),
        stale=tuple(sorted(set(destination.staged) - {copy.file for copy in missing})),
        notices=(
            *_differing(source.copies, there, where),
            *_wrong(destination, where),
            *_passed_over(source, there, wanted if newest else (), where),
            *_emptied(source, destination, where),
        ),
        ahead=tuple(copy.id for copy in ahead),
    )


def _same(copy: Copy, other: Copy | None) -> bool:
    return other is not None and other.good and (copy.size, copy.sha256) == (other.size, other.sha256)


def _due(copies: Sequence[Copy], after: int | None, now: datetime.datetime) -> tuple[Copy, ...]:
    if after is None:
        return ()

    def age(copy: Copy) -> float:
        # A copy that was never compared, such as one copied by hand, comes first. A comparison dated in the
        # future is ignored: otherwise anybody with write access could postpone all others.
        compared = times.from_text(copy.synced) if copy.synced else None
        if compared is None or is_ahead(compared, now):
            return float("inf")
        return (now - compared).total_seconds()

    return tuple(sorted((copy for copy in copies if age(copy) >= after), key=age, reverse=True))


def _differing(copies: Sequence[Copy], there: dict[str, Copy], where: str) -> list[Notice]:
    return [
        Notice("offsite_copy_differs", file=copy.file, where=where)
        for copy in copies
        for other in [there.get(copy.file)]
        if other and copy.sha256 and other.sha256 and copy.sha256 != other.sha256
    ]


def _wrong(destination: Inventory, where: str) -> list[Notice]:
    return [
        Notice("offsite_copy_damaged", file=copy.file, where=where, state=copy.state.replace("_", " "))
        for copy in destination.copies
        if copy.state in _WRONG
    ]


def _passed_over(
    source: Inventory, there: dict[str, Copy], newest: Sequence[Copy], where: str
) -> list[Notice]:
    """Return a warning about archives that are not copied: a record that a backup is damaged is accepted from anybody.

    :param newest: the archives to copy if only a number of the newest is; older ones are not needed.
    """
    oldest = min((copy.file for copy in newest), default="")
    left = [
        copy
        for copy in source.copies
        if copy.state in _WRONG and copy.file not in there and copy.file > oldest
    ]
    if not left:
        return []
    files = listed(f"{copy.file} ({copy.state.replace('_', ' ')})" for copy in left)
    return [Notice("offsite_not_copied", files=files, where=where)]


def _emptied(source: Inventory, destination: Inventory, where: str) -> list[Notice]:
    if source.good or not destination.good:
        return []
    return [Notice("offsite_source_empty", where=where, count=len(destination.good))]
