# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite.inventory import Copy, Inventory
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite.plan import Plan, plan
from ansible_collections.ticketz.sidekick.tests.support.store_samples import NOW, id_before

AHEAD = [id_before(days=-days) for days in (7000, 30)]
PAST = [id_before(days=days) for days in (0, 1, 2)]


def _inventory(*ids: str) -> Inventory:
    copies = tuple(Copy(f"{id}.tar.gz", 10, "0" * 64, "good") for id in ids)
    return Inventory(copies, {}, 10**9, None, {})


def _plan(newest: int | None, *there: str) -> Plan:
    source, destination = _inventory(*AHEAD, *PAST), _inventory(*there)
    return plan(source, destination, newest=newest, recheck_after=None, now=NOW, where="vault")


@pytest.mark.parametrize("newest", [1, 2, 3])
def test_a_backup_of_a_time_to_come_takes_no_newer_ones_place(newest: int) -> None:
    found = _plan(newest)
    assert [copy.id for copy in found.missing] == PAST[:newest]
    assert list(found.ahead) == AHEAD


def test_where_all_are_copied_those_come_last() -> None:
    assert [copy.id for copy in _plan(None).missing] == [*PAST, *AHEAD]
    assert [copy.id for copy in _plan(None, *PAST).missing] == AHEAD
