# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups stay and which go: a pure function of the list, the rules and the time.

A backup stays if any rule keeps it. Each rule looks at every set of components by itself and counts
the backups that hold at least these: hourly copies of the database never push out the nightly ones
that also hold the media, whereas a backup that holds more can take the place of one that holds less.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from .._errors import StoreError
from . import naming
from .listing import Backup

#: A backup may bear a time this far ahead: the next free second is taken when several start in one.
TOLERANCE = datetime.timedelta(minutes=5)


@dataclass(frozen=True)
class Policy:
    """The rules. A rule that is None or 0 was not given.

    :param keep_last: keep this many of the newest.
    :param keep_days: keep what is not older than this many days of 24 hours.
    :param keep_daily: keep the newest of each of the last so many days (in UTC) that have backups.
    :param keep_weekly: the same for weeks, which begin on Monday.
    :param keep_monthly: the same for months.
    :param keep_yearly: the same for years.
    :param min_keep: whatever the rules say, keep this many of the newest.
    :raises StoreError: ``retention_invalid`` for a negative number.
    """

    keep_last: int | None = None
    keep_days: int | None = None
    keep_daily: int | None = None
    keep_weekly: int | None = None
    keep_monthly: int | None = None
    keep_yearly: int | None = None
    min_keep: int = 1

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if value is not None and value < 0:
                raise StoreError("retention_invalid", option=option.name, value=value)

    @property
    def has_rules(self) -> bool:
        """Whether there is any rule; without one nothing is ever removed."""
        return any(getattr(self, option.name) for option in fields(self) if option.name != "min_keep")


@dataclass(frozen=True)
class Decision:
    """What happens to one backup.

    :param backup: the backup.
    :param reason: why.
    """

    backup: Backup
    reason: str

    @property
    def id(self) -> str:
        """The backup's id."""
        return self.backup.id


@dataclass(frozen=True)
class Plan:
    """What happens to all of them; each backup is in one of the three, newest first.

    :param kept: what rules keep.
    :param removed: what no rule keeps.
    :param ignored: what retention neither counts nor removes.
    """

    kept: tuple[Decision, ...]
    removed: tuple[Decision, ...]
    ignored: tuple[Decision, ...]


def _week(moment: datetime.datetime) -> str:
    year, week, _day = moment.isocalendar()
    return f"{year:04d}-W{week:02d}"


#: rule → the period that a moment falls into.
_PERIODS: dict[str, Callable[[datetime.datetime], str]] = {
    "daily": lambda moment: f"{moment:%Y-%m-%d}",
    "weekly": _week,
    "monthly": lambda moment: f"{moment:%Y-%m}",
    "yearly": lambda moment: f"{moment:%Y}",
}


def _apply(group: Sequence[Backup], policy: Policy, now: datetime.datetime) -> dict[str, str]:
    """Return file → the first rule that keeps it, for backups that are comparable, newest first."""
    reasons: dict[str, str] = {}
    for number, backup in enumerate(group[: policy.keep_last or 0], start=1):
        reasons.setdefault(backup.file, f"last {number} of {policy.keep_last}")
    if policy.keep_days:
        for backup in group:
            # Compared as numbers: a huge keep_days would leave the calendar's range.
            if (now - backup.created).total_seconds() <= policy.keep_days * 86_400:
                reasons.setdefault(backup.file, f"within {policy.keep_days} days")
    for rule, period_of in _PERIODS.items():
        wanted = getattr(policy, f"keep_{rule}") or 0
        newest: dict[str, Backup] = {}
        for backup in group:
            newest.setdefault(period_of(backup.created), backup)
        for period in list(newest)[:wanted]:
            reasons.setdefault(newest[period].file, f"{rule} {period}")
    for backup in group[: policy.min_keep]:
        reasons.setdefault(backup.file, f"one of the newest {policy.min_keep}")
    return reasons


def _why_ignored(backup: Backup) -> str | None:
    if backup.format != naming.FORMAT_1:
        return f"format {backup.format}"
    return None if backup.good else backup.state.replace("_", " ")


def plan(backups: Sequence[Backup], policy: Policy, now: datetime.datetime) -> Plan:
    """Return what happens to each backup.

    Only good ones count, and only good ones are ever removed. One that bears a time to come was made under
    a wrong clock: it stays, and doesn't count as the newest, or it would do so for ever. The newest good
    one of each exact set of components stays whatever the rules say.

    :param backups: in any order.
    :param now: a moment with its time zone.
    """
    ordered = sorted(backups, key=lambda backup: (backup.created, backup.file), reverse=True)
    ignored = [Decision(backup, reason) for backup in ordered for reason in [_why_ignored(backup)] if reason]
    good = [backup for backup in ordered if backup.good and backup.format == naming.FORMAT_1]
    if not policy.has_rules:
        return Plan(tuple(Decision(backup, "no rule was given") for backup in good), (), tuple(ignored))
    reasons = {backup.file: "from the future" for backup in good if backup.created > now + TOLERANCE}
    counted = [backup for backup in good if backup.file not in reasons]
    # dict.fromkeys: each set once, in an order that doesn't change from run to run.
    for components in dict.fromkeys(backup.components for backup in counted):
        group = [backup for backup in counted if backup.components >= components]
        for file, reason in _apply(group, policy, now).items():
            reasons.setdefault(file, reason)
        newest = next(backup for backup in group if backup.components == components)
        reasons.setdefault(newest.file, "the newest with these components")
    return Plan(
        kept=tuple(Decision(backup, reasons[backup.file]) for backup in good if backup.file in reasons),
        removed=tuple(Decision(backup, "no rule keeps it") for backup in good if backup.file not in reasons),
        ignored=tuple(ignored),
    )
