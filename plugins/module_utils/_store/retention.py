# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backups stay and which go: a pure function of the list, the rules and the time.

A backup stays if any rule keeps it. Each rule looks at every set of components by itself and counts
the backups that hold at least these: hourly copies of the database never push out the nightly ones
that also hold the media, whereas a backup that holds more can take the place of one that holds less.
A component that is not whole is less than one that is: incomplete backups never push out whole ones.

Three things stand above the rules: what is young stays, what is pinned stays and doesn't count, and where much is
missing in the newest backup, the newest one that still has it stays.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._errors import StoreError
from . import naming, pins
from .listing import Backup
from .losses import Loss, find_losses
from .newest import newest
from .units import human_duration

RULES = ("keep_last", "keep_days", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly")
#: The documented defaults.
MIN_KEEP = 3
KEEP_WITHIN = 48 * 3600


@dataclass(frozen=True)
class Policy:
    """The rules. A rule that is None or 0 was not given.

    :param keep_last: keep this many of the newest.
    :param keep_days: keep what is not older than this many days of 24 hours.
    :param keep_daily: keep the newest of each of the last that many days that have backups.
    :param keep_weekly: the same for weeks, which begin on Monday.
    :param keep_monthly: the same for months.
    :param keep_yearly: the same for years.
    :param min_keep: whatever the rules say, keep this many of the newest.
    :param keep_within: whatever the rules say, keep what is not older than this many seconds.
    :param time_zone: where days, weeks, months and years begin; None for this host's.
    :param accept_changes: what the newest backup has lost is meant, and keeps none from before.
    :raises StoreError: ``option_invalid`` for a negative number.
    """

    keep_last: int | None = None
    keep_days: int | None = None
    keep_daily: int | None = None
    keep_weekly: int | None = None
    keep_monthly: int | None = None
    keep_yearly: int | None = None
    min_keep: int = MIN_KEEP
    keep_within: int = KEEP_WITHIN
    time_zone: datetime.tzinfo | None = None
    accept_changes: bool = False

    def __post_init__(self) -> None:
        for option in (*RULES, "min_keep"):
            value = getattr(self, option)
            if value is not None and value < 0:
                raise StoreError("option_invalid", problem="negative", option=option, value=value)

    @property
    def has_rules(self) -> bool:
        """Whether there is any rule; without one nothing is ever removed."""
        return any(getattr(self, option) for option in RULES)


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
    :param losses: what the newest backups have lost, unless that is accepted.
    """

    kept: tuple[Decision, ...]
    removed: tuple[Decision, ...]
    ignored: tuple[Decision, ...]
    losses: tuple[Loss, ...] = ()


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


def _age(backup: Backup, now: datetime.datetime) -> float:
    """Return an age in seconds: as a number, since a huge limit would leave the calendar's range."""
    return (now - backup.created).total_seconds()


def _apply(group: Sequence[Backup], policy: Policy, now: datetime.datetime) -> dict[str, str]:
    """Return file → the first rule that keeps it, for backups that are comparable, newest first."""
    reasons: dict[str, str] = {}
    for number, backup in enumerate(group[: policy.keep_last or 0], start=1):
        reasons.setdefault(backup.file, f"last {number} of {policy.keep_last}")
    if policy.keep_days:
        for backup in group:
            if _age(backup, now) <= policy.keep_days * 86_400:
                reasons.setdefault(backup.file, f"within {policy.keep_days} days")
    for rule, period_of in _PERIODS.items():
        wanted = getattr(policy, f"keep_{rule}") or 0
        first: dict[str, Backup] = {}
        for backup in group:
            first.setdefault(period_of(backup.created.astimezone(policy.time_zone)), backup)
        for period in list(first)[:wanted]:
            reasons.setdefault(first[period].file, f"{rule} {period}")
    for backup in group[: policy.min_keep]:
        reasons.setdefault(backup.file, f"one of the newest {policy.min_keep}")
    return reasons


def _why_ignored(backup: Backup) -> str | None:
    if backup.format != naming.FORMAT_1:
        return f"format {backup.format}"
    return None if backup.good else backup.state.replace("_", " ")


def _why_newest(first: Backup, counted: Sequence[Backup]) -> str:
    """Return what the newest backup of its components has that no newer one has."""
    newer = [each for each in counted[: counted.index(first)] if each.components == first.components]
    whole = sorted({name for each in newer for name in each.incomplete} - set(first.incomplete))
    return f"the newest that has all of {', '.join(whole)}" if whole else "the newest with these components"


def _protect(
    counted: Sequence[Backup], losses: Sequence[Loss], policy: Policy, now: datetime.datetime
) -> dict[str, str]:
    """Return file → why it stays whatever the rules say."""
    reasons = {
        backup.file: f"within {human_duration(policy.keep_within)}"
        for backup in counted
        if policy.keep_within and _age(backup, now) <= policy.keep_within
    }
    for loss in losses:
        reasons.setdefault(loss.before.file, f"has what {loss.after.id} has lost")
    return reasons


def plan(
    backups: Sequence[Backup],
    policy: Policy,
    now: datetime.datetime,
    accepted: datetime.datetime | None = None,
) -> Plan:
    """Return what happens to each backup.

    Only good ones count, and only good ones are ever removed. One that bears a time to come was made under
    a wrong clock: it stays, and doesn't count as the newest, or it would do so forever. The newest good
    one of each exact set of components stays whatever the rules say, and if it is not whole, so does the
    newest one that is.

    :param backups: in any order.
    :param now: a moment with its time zone.
    :param accepted: see :func:`.losses.find_losses`.
    """
    ordered = sorted(backups, key=lambda backup: (backup.created, backup.file), reverse=True)
    ignored = [Decision(backup, reason) for backup in ordered for reason in [_why_ignored(backup)] if reason]
    known = newest(backups, now)
    good = [*known.ahead, *known.counted]
    losses = () if policy.accept_changes else find_losses(known.counted, accepted)
    if not policy.has_rules:
        return Plan(
            tuple(Decision(backup, "no rule was given") for backup in good), (), tuple(ignored), losses
        )
    reasons = {backup.file: "from the future" for backup in known.ahead}
    reasons.update({backup.file: pins.reason(backup) for backup in good if pins.is_pinned(backup, now)})
    counted = [backup for backup in known.counted if backup.file not in reasons]
    # A dict: each set once, in an order that doesn't change from run to run.
    for example in {backup.contents: backup for backup in counted}.values():
        group = [backup for backup in counted if backup.contents >= example.contents]
        for file, reason in _apply(group, policy, now).items():
            reasons.setdefault(file, reason)
        first = next(backup for backup in group if backup.components == example.components)
        reasons.setdefault(first.file, _why_newest(first, counted))
    for file, reason in _protect(counted, losses, policy, now).items():
        reasons.setdefault(file, reason)
    return Plan(
        kept=tuple(Decision(backup, reasons[backup.file]) for backup in good if backup.file in reasons),
        removed=tuple(Decision(backup, "no rule keeps it") for backup in good if backup.file not in reasons),
        ignored=tuple(ignored),
        losses=losses,
    )
