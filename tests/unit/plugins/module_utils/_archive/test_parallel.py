# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.parallel import (
    MOST_IN_FLIGHT,
    Budget,
    ordered,
)
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

HALF = MOST_IN_FLIGHT // 2


class Meter:
    """Counts the bytes that are being processed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.peak = self.number = 0

    def add(self, size: int) -> None:
        with self.lock:
            self.now += size
            self.number += 1 if size > 0 else -1
            self.peak = max(self.peak, self.now)


@pytest.mark.parametrize("seed", range(20))
def test_an_ordered_pool_has_no_more_bytes_under_way_than_it_may(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice([1, HALF // 8, HALF - 1, HALF, HALF + 1, 3 * HALF]) for _number in range(60)]
    meter = Meter()

    def work(size: int) -> int:
        meter.add(size)
        return size

    with ThreadPoolExecutor(8) as pool:
        done = []
        for size in ordered(pool, work, sizes, 9, lambda size: size):
            done.append(size)
            meter.add(-size)
    assert done == sizes
    # Items that the consumer has received are no longer counted as in flight, but are still counted here.
    assert meter.peak <= MOST_IN_FLIGHT + 3 * HALF


def test_an_ordered_pool_that_fails_leaves_nothing_behind() -> None:
    def work(size: int) -> int:
        if size == 7:
            raise ValueError("seven")
        return size

    with ThreadPoolExecutor(4) as pool:
        found = []
        with pytest.raises(ValueError, match="seven"):
            for size in ordered(pool, work, range(20), 5, lambda size: HALF):
                found.append(size)
    assert found == list(range(7))


def test_threads_share_a_budget_and_each_of_them_goes_on() -> None:
    budget, meter = Budget(100), Meter()

    def work(size: int) -> None:
        with budget.taken(size):
            meter.add(size)
            if size > 100:
                assert meter.number == 1, "what is larger than the budget is not alone"
            meter.add(-size)

    chance = random.Random(1)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [chance.choice([1, 30, 60, 100, 250]) for _number in range(400)]))
    assert meter.now == 0
    assert meter.peak <= 250


def test_what_is_large_is_not_overtaken() -> None:
    budget = Budget(100)
    order: list[str] = []

    def work(name: str, size: int) -> None:
        with budget.taken(size):
            order.append(name)

    with budget.taken(60):
        large = threading.Thread(target=work, args=("large", 80))
        large.start()
        wait_until(lambda: len(budget._waiting) == 1)
        small = threading.Thread(target=work, args=("small", 10))
        small.start()
        wait_until(lambda: len(budget._waiting) == 2)
        assert order == []
    large.join()
    small.join()
    assert order == ["large", "small"]


def test_a_failure_gives_back_what_was_taken() -> None:
    budget = Budget(100)
    with pytest.raises(ValueError, match="no"), budget.taken(100):
        raise ValueError("no")
    with budget.taken(100):
        pass
