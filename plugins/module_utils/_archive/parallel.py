# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work by several threads with a bound on what is under way."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Callable, TypeVar

#: More threads than this would only add memory: one SHA-256 over the whole archive, one writer, and Python's
#: lock are what bounds the rate then.
MOST_THREADS = 8

#: Called with numbers of files and bytes that were done since the last call, from the calling thread.
Progress = Callable[[int, int], None]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def threads(jobs: int) -> int:
    """Return how many threads to use for a number of jobs that the user asked for."""
    return max(1, min(jobs, MOST_THREADS))


def ordered(pool: Executor, work: Callable[[_In], _Out], items: Iterable[_In], ahead: int) -> Iterator[_Out]:
    """Yield ``work(item)`` for each item, in their order, with at most ``ahead`` under way.

    Items are taken one by one as there is room. If anything raises, or the caller stops, what has not begun
    is cancelled and what has is waited for.
    """
    pending: collections.deque[Future[_Out]] = collections.deque()
    try:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        settle(pending)


def settle(pending: Iterable[Future[_Out]]) -> None:
    """Cancel what has not begun and wait for the rest, whatever comes of it."""
    futures = list(pending)
    for future in futures:
        future.cancel()
    for future in futures:
        if not future.cancelled():
            future.exception()
