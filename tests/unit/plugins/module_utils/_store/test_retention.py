# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.listing import Backup
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.newest import TOLERANCE
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.retention import Plan, Policy, plan
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    FULL,
    NOW,
    UTC,
    VERIFIED,
    backup_at,
    days_ago,
    pinned_at,
    with_missing,
    with_rows,
)

DATABASE = ("database",)
MORE = ("database", "directories:public", "directories:private")
DAY = datetime.timedelta(days=1)
#: Only the rules, without the defaults that keep additional backups.
rules = partial(Policy, min_keep=1, keep_within=0, time_zone=UTC)


def kept(found: Plan) -> list[str]:
    return [item.id for item in found.kept]


def ids(backups: Iterable[Backup]) -> list[str]:
    return [backup.id for backup in backups]


def test_without_a_rule_nothing_is_removed() -> None:
    backups = days_ago(*range(100))
    for policy in (rules(), rules(min_keep=3), rules(keep_last=0, keep_days=0, keep_yearly=0)):
        found = plan(backups, policy, NOW)
        assert (kept(found), found.removed) == (ids(backups), ())


def test_keep_last() -> None:
    backups = days_ago(*range(10))
    found = plan(backups, rules(keep_last=3), NOW)
    assert kept(found) == ids(backups[:3])
    assert [item.id for item in found.removed] == ids(backups[3:])
    assert found.kept[1].reason == "last 2 of 3"


def test_keep_days_counts_from_now_and_to_the_second() -> None:
    second = 1 / 86_400
    backups = days_ago(0.5, 6.9, 7, 7 + second, 30)
    found = plan(backups, rules(keep_days=7), NOW)
    assert kept(found) == ids(backups[:3])


def test_when_backups_stop_the_last_ones_stay() -> None:
    backups = days_ago(40, 41, 42, 43)
    assert kept(plan(backups, rules(keep_days=7), NOW)) == ids(backups[:1])
    assert kept(plan(backups, rules(keep_days=7, min_keep=3), NOW)) == ids(backups[:3])
    assert kept(plan(backups, rules(keep_days=7, min_keep=0), NOW)) == ids(backups[:1])


def test_periods_keep_the_newest_of_each_that_has_any() -> None:
    noon = datetime.datetime(2026, 6, 14, 12, tzinfo=UTC)
    backups = [
        backup_at(moment)
        for moment in (
            noon,
            noon - datetime.timedelta(hours=6),
            noon - DAY,
            noon - 9 * DAY,
            noon - 9 * DAY - datetime.timedelta(hours=1),
            noon - 40 * DAY,
        )
    ]
    found = plan(backups, rules(keep_daily=3), NOW)
    assert kept(found) == ids([backups[0], backups[2], backups[3]])
    assert [item.reason for item in found.kept] == [
        "daily 2026-06-14",
        "daily 2026-06-13",
        "daily 2026-06-05",
    ]


def test_weeks_begin_on_monday_and_years_where_weeks_do() -> None:
    moments = [
        datetime.datetime(2026, 1, 5, 2, tzinfo=UTC),  # Monday of the second week
        datetime.datetime(2026, 1, 4, 2, tzinfo=UTC),  # Sunday of the first week
        datetime.datetime(2025, 12, 29, 2, tzinfo=UTC),  # Monday of the first week
        datetime.datetime(2025, 12, 28, 2, tzinfo=UTC),
    ]
    backups = [backup_at(moment) for moment in moments]
    found = plan(backups, rules(keep_weekly=2), NOW)
    assert [item.reason for item in found.kept] == ["weekly 2026-W02", "weekly 2026-W01"]
    assert kept(plan(backups, rules(keep_yearly=5), NOW)) == ids([backups[0], backups[2]])
    assert kept(plan(backups, rules(keep_monthly=5), NOW)) == ids([backups[0], backups[2]])


def test_rules_add_up() -> None:
    backups = days_ago(*range(400))
    together = rules(keep_last=2, keep_daily=7, keep_weekly=4, keep_monthly=6, keep_yearly=2)
    alone = [
        rules(keep_last=2),
        rules(keep_daily=7),
        rules(keep_weekly=4),
        rules(keep_monthly=6),
        rules(keep_yearly=2),
    ]
    union = {id for policy in alone for id in kept(plan(backups, policy, NOW))}
    assert set(kept(plan(backups, together, NOW))) == union


def test_daily_runs_over_two_years_keep_what_the_rules_say() -> None:
    policy = rules(keep_daily=7, keep_weekly=4, keep_monthly=12, keep_yearly=2)
    present: list[Backup] = []
    for day in range(730):
        now = NOW + day * DAY
        present.append(backup_at(now))
        present = [item.backup for item in plan(present, policy, now).kept]
    reasons = [item.reason.split()[0] for item in plan(present, policy, now).kept]
    assert reasons.count("daily") == 7
    assert 2 <= reasons.count("weekly") <= 4
    assert 10 <= reasons.count("monthly") <= 12
    assert 20 <= len(present) <= 7 + 4 + 12 + 2


def test_what_is_not_good_neither_counts_nor_goes() -> None:
    good = days_ago(3, 4, 5)
    bad = [
        *days_ago(0, state=listing.SIZE_MISMATCH),
        *days_ago(1, state=listing.NO_SIDECAR),
        *days_ago(2, state=listing.OTHER_STORE),
        *days_ago(50, state=listing.DAMAGED),
    ]
    old = replace(days_ago(60, state=listing.OLD_FORMAT)[0], format="sidekick")
    found = plan([*bad, old, *good], rules(keep_last=1, keep_days=1), NOW)
    assert kept(found) == ids(good[:1])
    assert [item.id for item in found.removed] == ids(good[1:])
    assert [item.reason for item in found.ignored] == [
        "size mismatch",
        "no sidecar",
        "other store",
        "damaged",
        "format sidekick",
    ]


def test_hourly_copies_of_the_database_do_not_push_out_those_with_the_media() -> None:
    hourly = days_ago(*(hours / 24 for hours in range(1, 48)), components=DATABASE)
    nightly = days_ago(0.51, 1.51, 2.51, 3.51)
    found = plan([*hourly, *nightly], rules(keep_last=3), NOW)
    assert set(kept(found)) == {*ids(hourly[:3]), *ids(nightly[:3])}


def test_a_backup_that_holds_more_takes_the_place_of_one_that_holds_less() -> None:
    former = days_ago(10, 11, 12, 13)
    present = days_ago(1, 2, 3, components=MORE)
    found = plan([*former, *present], rules(keep_last=3), NOW)
    # The newest backup with exactly these components is still kept.
    assert kept(found) == [*ids(present), former[0].id]
    assert found.kept[-1].reason == "the newest with these components"


def test_a_backup_that_holds_less_does_not_take_the_place_of_one_that_holds_more() -> None:
    former = days_ago(10, 11, 12, 13, components=MORE)
    present = days_ago(1, 2, 3, 4)
    found = plan([*former, *present], rules(keep_last=3), NOW)
    assert kept(found) == [*ids(present[:3]), *ids(former[:3])]


@pytest.mark.parametrize(
    "missing",
    [("database",), ("directories:public",), ("directories:private", "directories:public"), MORE],
)
@pytest.mark.parametrize("policy", [rules(keep_last=1), rules(keep_days=1, min_keep=0), rules(keep_daily=3)])
def test_incomplete_backups_never_push_out_whole_ones(missing: tuple[str, ...], policy: Policy) -> None:
    whole = days_ago(10, 11, 12, 13, components=MORE)
    since = [with_missing(backup, *missing) for backup in days_ago(*range(2, 9), components=MORE)]
    alone = plan(whole, policy, NOW)
    found = plan([*since, *whole], policy, NOW)
    assert set(kept(alone)) <= set(kept(found))
    # These are subject to the rules separately, so that they do not accumulate.
    assert kept(found)[: len(kept(plan(since, policy, NOW)))] == kept(plan(since, policy, NOW))
    assert len(found.removed) >= 4


def test_an_incomplete_backup_goes_when_there_is_a_newer_whole_one() -> None:
    broken, whole = with_missing(days_ago(2)[0], "database"), days_ago(1, 3)
    found = plan([broken, *whole], rules(keep_last=1), NOW)
    assert (kept(found), [item.id for item in found.removed]) == ([whole[0].id], [broken.id, whole[1].id])


def test_each_component_stays_whole_somewhere() -> None:
    """If one of two directories is incomplete in each backup, the last complete one and the newest with each are kept."""
    newest, second, both = days_ago(1, 2, 3, components=MORE)
    found = plan(
        [with_missing(newest, "directories:public"), with_missing(second, "directories:private"), both],
        rules(keep_days=0, keep_last=1, min_keep=0),
        NOW,
    )
    assert kept(found) == [newest.id, second.id, both.id]
    again = plan(
        [with_missing(newest, "directories:public"), with_missing(second, "directories:public"), both],
        rules(keep_last=1, min_keep=0),
        NOW,
    )
    assert (kept(again), [item.id for item in again.removed]) == ([newest.id, both.id], [second.id])


def test_the_reason_says_what_is_whole() -> None:
    incomplete = [with_missing(backup, "database") for backup in days_ago(0, 1)]
    found = plan([*incomplete, *days_ago(30)], rules(keep_days=7, min_keep=0), NOW)
    assert found.kept[-1].reason == "the newest that has all of database"


def test_a_backup_of_something_else_pushes_out_no_incomplete_one() -> None:
    database = with_missing(days_ago(5, components=DATABASE)[0], "database")
    media = days_ago(1, 2, 3, components=("directories:public",))
    found = plan([database, *media], rules(keep_last=1), NOW)
    assert kept(found) == [media[0].id, database.id]


def test_a_backup_from_the_future_stays_and_does_not_count() -> None:
    ahead, normal = days_ago(-400, -300), days_ago(0, 1, 2)
    found = plan([*ahead, *normal], rules(keep_last=1), NOW)
    assert kept(found) == [*ids(ahead), normal[0].id]
    assert found.kept[0].reason == "from the future"


def test_where_the_clock_was_set_back_nothing_that_was_there_goes() -> None:
    before = days_ago(1, 2, 3)
    wrong = datetime.datetime(1970, 1, 2, tzinfo=UTC)
    made = backup_at(wrong)
    found = plan([made, *before], rules(keep_last=1, keep_days=1), wrong)
    assert found.removed == ()


def test_ids_of_the_next_free_seconds_are_not_the_future() -> None:
    backups = [backup_at(NOW + datetime.timedelta(seconds=seconds)) for seconds in (2, 1, 0)]
    assert kept(plan(backups, rules(keep_last=1), NOW)) == ids(backups[:1])


def test_a_negative_number_is_refused_by_name() -> None:
    with pytest.raises(StoreError, match="keep_weekly") as caught:
        rules(keep_weekly=-1)
    assert caught.value.facts.get("problem") == "negative"


def test_a_huge_number_is_no_trouble() -> None:
    backups = days_ago(*range(5))
    assert kept(plan(backups, rules(keep_days=10**12, keep_daily=10**12), NOW)) == ids(backups)


_RULES = st.none() | st.integers(0, 10)
_POLICIES = st.builds(
    rules,
    keep_last=_RULES,
    keep_days=_RULES,
    keep_daily=_RULES,
    keep_weekly=_RULES,
    keep_monthly=_RULES,
    keep_yearly=_RULES,
    min_keep=st.integers(0, 4),
    keep_within=st.sampled_from([0, 3600, 48 * 3600, 10**15]),
)


def _some_missing(backup: Backup, missing: Iterable[str]) -> Backup:
    return with_missing(backup, *missing)


_GENERATED = st.builds(
    backup_at,
    st.integers(-40 * 86_400, 900 * 86_400).map(lambda age: NOW - datetime.timedelta(seconds=age)),
    st.sampled_from([DATABASE, FULL, MORE, ("directories:public",)]),
    st.sampled_from(["good", "good", "good", "good", "damaged", "size_mismatch"]),
)
_BACKUPS = st.lists(
    st.builds(
        _some_missing, _GENERATED, st.sampled_from([(), (), (), ("database",), ("directories:public",), MORE])
    ),
    max_size=40,
    unique_by=lambda backup: backup.id,
)


def _past(backups: Sequence[Backup]) -> list[Backup]:
    good = [backup for backup in backups if backup.good and backup.created <= NOW + TOLERANCE]
    return sorted(good, key=lambda backup: backup.id, reverse=True)


@given(_BACKUPS, _POLICIES)
def test_every_backup_is_decided_once_and_only_good_ones_go(backups: list[Backup], policy: Policy) -> None:
    found = plan(backups, policy, NOW)
    decided = [item.id for item in (*found.kept, *found.removed, *found.ignored)]
    assert sorted(decided) == sorted(ids(backups))
    assert all(item.backup.good for item in found.removed)
    assert policy.has_rules or not found.removed


@given(_BACKUPS, _POLICIES)
def test_no_backup_goes_without_a_newer_good_one_of_the_same_components(
    backups: list[Backup], policy: Policy
) -> None:
    """In the newer backup, at least the same components must be complete."""
    found = plan(backups, policy, NOW)
    for item in found.removed:
        assert any(
            other.backup.components == item.backup.components
            and set(other.backup.incomplete) <= set(item.backup.incomplete)
            and item.id < other.id
            for other in found.kept
            if other.backup.created <= NOW + TOLERANCE
        )


@given(_BACKUPS, _POLICIES)
def test_the_newest_good_ones_always_stay(backups: list[Backup], policy: Policy) -> None:
    assert set(ids(_past(backups)[: policy.min_keep])) <= set(kept(plan(backups, policy, NOW)))


@given(_BACKUPS, _POLICIES)
def test_each_rule_is_kept_within_each_set_of_components(backups: list[Backup], policy: Policy) -> None:
    stays = set(kept(plan(backups, policy, NOW)))
    past = _past(backups)
    for contents in {backup.contents for backup in past}:
        group = [backup for backup in past if backup.contents >= contents]
        assert set(ids(group[: policy.keep_last or 0])) <= stays
        days = dict.fromkeys(backup.created.date() for backup in group)
        for day in list(days)[: policy.keep_daily or 0]:
            assert any(backup.created.date() == day and backup.id in stays for backup in group)
        for backup in group:
            assert (
                (NOW - backup.created) > (policy.keep_days or 0) * DAY
                or backup.id in stays
                or not policy.keep_days
            )


@given(
    _BACKUPS,
    _POLICIES,
    st.sampled_from(["keep_last", "keep_days", "keep_daily", "keep_monthly", "min_keep", "keep_within"]),
)
def test_more_to_keep_never_removes_more(backups: list[Backup], policy: Policy, rule: str) -> None:
    if not policy.has_rules:
        return
    more = replace(policy, **{rule: (getattr(policy, rule) or 0) + 1})
    assert set(kept(plan(backups, policy, NOW))) <= set(kept(plan(backups, more, NOW)))


@given(_BACKUPS, _POLICIES, st.lists(st.sampled_from(["", "proved", "damaged"]), min_size=40, max_size=40))
def test_what_anybody_writes_of_proofs_never_removes_more(
    backups: list[Backup], policy: Policy, forged: list[str]
) -> None:
    """Retention has no key, so it can't verify proofs."""
    claimed = [
        replace(backup, sidecar=replace(backup.sidecar, proofs=VERIFIED if what else {}))
        for backup, what in zip(backups, forged)
        if backup.sidecar
    ]
    before = plan(backups, policy, NOW)
    assert ids([item.backup for item in plan(claimed, policy, NOW).removed]) == ids(
        [item.backup for item in before.removed]
    )
    damaged = [
        replace(backup, state="damaged") if what == "damaged" and backup.good else backup
        for backup, what in zip(backups, forged)
    ]
    less = plan(damaged, policy, NOW)
    assert {item.id for item in less.removed} <= {item.id for item in before.removed}


@given(_BACKUPS, _POLICIES)
def test_a_second_run_removes_nothing(backups: list[Backup], policy: Policy) -> None:
    first = plan(backups, policy, NOW)
    rest = [item.backup for item in (*first.kept, *first.ignored)]
    assert plan(rest, policy, NOW).removed == ()


@given(_BACKUPS, _POLICIES, st.randoms())
def test_the_order_of_the_list_does_not_matter(backups: list[Backup], policy: Policy, random: object) -> None:
    shuffled = list(backups)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, policy, NOW) == plan(backups, policy, NOW)


def _ages(found: Plan) -> list[float]:
    return [(NOW - item.backup.created).total_seconds() / 3600 for item in found.kept]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(keep_last=1, min_keep=0),
        Policy(keep_days=1, min_keep=0),
        Policy(keep_daily=7, min_keep=0),
        Policy(keep_weekly=1, keep_yearly=1, min_keep=1),
    ],
)
def test_no_rule_removes_what_was_made_in_the_last_two_days(policy: Policy) -> None:
    hours = (0, 1, 2, 20, 47.9, 48)
    backups = days_ago(*(hour / 24 for hour in hours), *(50 + hour / 24 for hour in range(5)))
    found = plan(backups, replace(policy, time_zone=UTC), NOW)
    assert set(hours) <= set(_ages(found))
    assert found.removed


def test_a_second_backup_of_the_day_removes_nothing() -> None:
    backups = days_ago(0, 0.01, *range(1, 7))
    assert plan(backups, Policy(keep_daily=7), NOW).removed == ()
    assert [item.id for item in plan(backups, rules(keep_daily=7), NOW).removed] == [backups[1].id]


def test_how_long_the_young_are_kept_is_an_option() -> None:
    backups = days_ago(0, 0.5, 3, 6, 9)
    week = plan(backups, rules(keep_last=1, keep_within=7 * 86_400), NOW)
    assert kept(week) == ids(backups[:4])
    assert week.kept[-1].reason == "within 7 d"


def test_three_stay_by_default() -> None:
    backups = days_ago(10, 11, 12, 13)
    assert kept(plan(backups, Policy(keep_days=1), NOW)) == ids(backups[:3])


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("UTC", ["2026-06-14", "2026-06-13"]),
        ("America/Sao_Paulo", ["2026-06-13", "2026-06-12"]),
        ("Asia/Tokyo", ["2026-06-14", "2026-06-13"]),
    ],
)
def test_days_are_those_of_a_time_zone(zone: str, days: list[str]) -> None:
    # 22:00 in São Paulo is 01:00 UTC of the next day.
    backups = [backup_at(datetime.datetime(2026, 6, day, 1, tzinfo=UTC)) for day in (14, 13)]
    found = plan(backups, rules(keep_daily=2, time_zone=times.zone(zone)), NOW)
    assert [item.reason for item in found.kept] == [f"daily {day}" for day in days]


def test_an_evening_and_the_next_morning_are_two_days_where_people_live() -> None:
    evening = backup_at(datetime.datetime(2026, 5, 2, 1, tzinfo=UTC))  # 22:00 of the first at UTC−3
    morning = backup_at(datetime.datetime(2026, 5, 2, 12, tzinfo=UTC))
    local = times.zone("America/Sao_Paulo")
    assert kept(plan([evening, morning], rules(keep_daily=5), NOW)) == [morning.id]
    assert kept(plan([evening, morning], rules(keep_daily=5, time_zone=local), NOW)) == ids(
        [morning, evening]
    )
    # This is also the last day of a month and of a year.
    new_year = backup_at(datetime.datetime(2026, 1, 1, 1, tzinfo=UTC))
    found = plan([new_year, morning], rules(keep_monthly=9, keep_yearly=9, time_zone=local), NOW)
    assert found.kept[1].reason == "monthly 2025-12"


def test_the_time_zone_is_the_hosts_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    backup = backup_at(datetime.datetime(2026, 6, 14, 1, tzinfo=UTC))
    try:
        for zone, day in (("America/Sao_Paulo", "2026-06-13"), ("UTC", "2026-06-14")):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert plan([backup], rules(keep_daily=1, time_zone=None), NOW).kept[0].reason == f"daily {day}"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("pin", ["forever", "2026-06-15T12:00:01Z", "2031-01-01T00:00:00Z"])
def test_what_is_pinned_stays_and_does_not_count(pin: str) -> None:
    pinned = [pinned_at(backup, pin) for backup in days_ago(5, 400)]
    others = days_ago(10, 11, 12)
    found = plan([*pinned, *others], rules(keep_last=1), NOW)
    assert kept(found) == [pinned[0].id, others[0].id, pinned[1].id]
    assert found.kept[0].reason == ("pinned" if pin == "forever" else f"pinned until {pin}")


def test_a_pin_that_has_ended_is_none() -> None:
    backups = [*days_ago(10), pinned_at(days_ago(11)[0], "2026-06-15T12:00:00Z")]
    assert kept(plan(backups, rules(keep_last=1), NOW)) == [backups[0].id]


def test_the_last_backup_from_before_a_loss_stays_whatever_the_rules_say() -> None:
    before, after = days_ago(30, 31, 32), [with_rows(backup, 2) for backup in days_ago(3, 4, 5, 29)]
    found = plan([*before, *after], rules(keep_last=1), NOW)
    assert kept(found) == [after[0].id, before[0].id]
    assert found.kept[1].reason == f"has what {after[0].id} has lost"
    assert [(loss.before.id, loss.after.id) for loss in found.losses] == [(before[0].id, after[0].id)]
    accepted = plan([*before, *after], rules(keep_last=1, accept_changes=True), NOW)
    assert (kept(accepted), accepted.losses) == ([after[0].id], ())
    assert plan([*before, *after], rules(keep_last=1), NOW, after[1].created).losses == ()


def test_a_loss_is_told_without_any_rule() -> None:
    found = plan([*days_ago(2), with_rows(days_ago(1)[0], 0)], rules(), NOW)
    assert len(found.losses) == 1
    assert found.removed == ()
