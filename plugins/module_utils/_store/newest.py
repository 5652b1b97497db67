# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only definition of which backups count and which one is the newest.

``latest``, retention, health, ``if_older_than`` and copies on other hosts agree on it. A backup dated in the
future was made with a wrong clock. It could stay the newest for years, so it doesn't count, and a warning names
it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .._errors import Notice, listed
from . import naming, times
from .listing import Backup

#: Tolerance for times in the future: if several backups start in one second, later seconds are used.
TOLERANCE = datetime.timedelta(minutes=5)


def is_ahead(created: datetime.datetime, now: datetime.datetime) -> bool:
    """Return whether a time is in the future, because of a wrong clock."""
    return created > now + TOLERANCE


@dataclass(frozen=True)
class Newest:
    """The newest good backup, and other candidates.

    :param counted: good backups that are not dated in the future, newest first.
    :param ahead: good backups dated in the future, newest first.
    :param unusable: backups that are not good and newer than any that counts, newest first.
    :param now: reference time.
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
        """Return a warning if backups are dated in the future."""
        if not self.ahead:
            return []
        return [Notice("backup_from_future", **self._facts(self.ahead))]

    def notices(self) -> list[Notice]:
        """Return warnings for ``latest``: which backups were skipped, and how to choose them."""
        if self.backup is None:
            return []
        found = []
        if self.ahead:
            found.append(Notice("latest_from_future", id=self.backup.id, **self._facts(self.ahead)))
        if self.unusable:
            found.append(Notice("latest_not_good", id=self.backup.id, **self._facts(self.unusable)))
        return found + self.incomplete_notices(self.backup)

    def incomplete_notices(self, backup: Backup) -> list[Notice]:
        """Return a warning if components of a backup are incomplete, with the newest backups in which they are complete."""
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
    """Return the newest good backup, and other candidates.

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
