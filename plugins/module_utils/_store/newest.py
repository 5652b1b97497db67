# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups count, and which of them is the newest: the one definition for everything that asks.

``latest``, retention, health, ``if_older_than`` and copies on other hosts agree on it. A backup that bears a time
to come was made under a wrong clock. It would stay the newest for years, so it doesn't count, and is named instead.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from . import naming, times
from .listing import Backup

#: A backup may bear a time this far ahead: the next free second is taken when several start in one.
TOLERANCE = datetime.timedelta(minutes=5)


def is_ahead(created: datetime.datetime, now: datetime.datetime) -> bool:
    """Return whether a moment is one to come, as a wrong clock writes it."""
    return created > now + TOLERANCE


@dataclass(frozen=True)
class Newest:
    """The newest good backup, and what could be taken for it.

    :param counted: the good ones that bear no time to come, newest first.
    :param ahead: the good ones that do, newest first.
    :param unusable: those that are not good and newer than any that counts, newest first.
    :param now: the moment that this was asked at.
    """

    counted: tuple[Backup, ...]
    ahead: tuple[Backup, ...]
    unusable: tuple[Backup, ...]
    now: datetime.datetime

    @property
    def backup(self) -> Backup | None:
        """The newest good backup, or None."""
        return self.counted[0] if self.counted else None

    def ahead_notices(self) -> list[Notice]:
        """Return a warning if backups bear a time to come."""
        if not self.ahead:
            return []
        return [Notice("backup_from_future", **self._facts(self.ahead))]

    def notices(self) -> list[Notice]:
        """Return what to know where the newest one was asked for: what was passed over, and how to choose it."""
        if self.backup is None:
            return []
        found = []
        if self.ahead:
            found.append(Notice("latest_from_future", id=self.backup.id, **self._facts(self.ahead)))
        if self.unusable:
            found.append(Notice("latest_not_good", id=self.backup.id, **self._facts(self.unusable)))
        return found + self.incomplete_notices(self.backup)

    def incomplete_notices(self, backup: Backup) -> list[Notice]:
        """Return a warning if a backup's components are not all whole, with the newest backups in which they are."""
        if not backup.incomplete:
            return []
        whole = {
            component: next((each.id for each in self.counted if (component, True) in each.contents), "-")
            for component in backup.incomplete
        }
        missing = listed(
            f"{component} ({', '.join(codes)})" for component, codes in backup.incomplete.items()
        )
        named = listed(f"{component}: {found}" for component, found in whole.items())
        return [Notice("backup_incomplete", id=backup.id, missing=missing, whole=named)]

    def _facts(self, backups: Sequence[Backup]) -> dict[str, str]:
        return {"ids": listed(backup.id for backup in backups), "now": times.to_text(self.now)}


def newest(backups: Iterable[Backup], now: datetime.datetime) -> Newest:
    """Return the newest good backup, and what could be taken for it.

    :param backups: in any order.
    :param now: a moment with its time zone.
    """
    ordered = sorted(backups, key=lambda backup: (backup.created, backup.file), reverse=True)
    ours = [backup for backup in ordered if backup.format == naming.FORMAT_1]
    counted = [backup for backup in ours if backup.good and not is_ahead(backup.created, now)]
    return Newest(
        counted=tuple(counted),
        ahead=tuple(backup for backup in ours if backup.good and is_ahead(backup.created, now)),
        unusable=tuple(
            backup
            for backup in ours
            if not backup.good and (not counted or backup.created > counted[0].created)
        ),
        now=now,
    )
