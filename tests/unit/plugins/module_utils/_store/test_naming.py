# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._store import naming

UTC = datetime.timezone.utc


@pytest.mark.parametrize("compression", sorted(naming.COMPRESSIONS))
@pytest.mark.parametrize("encryption", sorted(naming.ENCRYPTIONS))
def test_a_name_says_what_is_inside(compression: str, encryption: str) -> None:
    file = naming.archive_file("backup_20260131_020000", compression, encryption)
    name = naming.parse(file)
    assert name is not None
    assert (name.id, name.format, name.compression, name.encryption) == (
        "backup_20260131_020000",
        "1",
        compression,
        encryption,
    )
    assert name.created == datetime.datetime(2026, 1, 31, 2, 0, 0, tzinfo=UTC)
    assert name.id == file.split(".")[0]


def test_the_files_of_earlier_tools_are_known() -> None:
    old = naming.parse("ticketz-backup-20240229235959.tar.gz")
    assert old is not None
    assert (old.format, old.created) == ("sidekick", datetime.datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC))
    for file in ("retrieved_data.tar.gz", "public_data.tar.gz"):
        retrieved = naming.parse(file)
        assert retrieved is not None
        assert (retrieved.format, retrieved.created) == ("retrieved", None)


@pytest.mark.parametrize(
    "file",
    [
        "",
        "backup_20260131_020000",
        "backup_20260231_020000.tar.gz",
        "backup_20260131_246000.tar.gz",
        "backup_20260131_020000.tar.gz\n",
        "backup_20260131_020000.tar.gz.json",
        "backup_20260131_020000.tar.bz2",
        "backup_20260131_020000.tar.gz.enc.age",
        "backup_٢٠٢٦٠١٣١_٠٢٠٠٠٠.tar.gz",
        "my_backup_20260131_020000.tar.gz",
        ".backup_20260131_020000.tar.gz.0123456789abcdef.partial",
        "ticketz-backup-20240230000000.tar.gz",
        "ticketz-backup-2024.tar.gz",
        "retrieved_data.tar.gz.old",
    ],
)
def test_other_files_are_nobodys_backups(file: str) -> None:
    assert naming.parse(file) is None


def test_two_backups_in_one_second_get_two_ids() -> None:
    now = datetime.datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    first = naming.new_id(now, set())
    second = naming.new_id(now, {first})
    assert (first, second) == ("backup_20261231_235959", "backup_20270101_000000")


def test_ids_are_in_utc_wherever_the_clock_is() -> None:
    sao_paulo = datetime.timezone(datetime.timedelta(hours=-3))
    assert (
        naming.new_id(datetime.datetime(2026, 1, 1, 23, 0, tzinfo=sao_paulo), ()) == "backup_20260102_020000"
    )


@given(st.datetimes(min_value=datetime.datetime(1000, 1, 1), timezones=st.just(UTC)), st.integers(0, 20))
def test_new_ids_are_free_and_parse_back(now: datetime.datetime, number: int) -> None:
    if now.year > 9998:
        now = now.replace(year=9998, day=1)
    taken: list[str] = []
    for _turn in range(number + 1):
        taken.append(naming.new_id(now, taken))
    assert taken == sorted(set(taken))
    assert naming.time_of(taken[-1]) == now.replace(microsecond=0) + datetime.timedelta(seconds=number)
