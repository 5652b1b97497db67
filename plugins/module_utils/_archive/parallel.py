# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work by several threads with a bound on what is under way."""

from __future__ import annotations

import collections
import contextlib
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Callable, Generic, TypeVar

#: More threads than this would only add memory: one SHA-256 over the whole archive, one writer, and Python's
#: lock are what bounds the rate then.
MOST_THREADS = 8

#: Bytes that may be under way in one place: what is read of an archive, and what it decompresses to. Frames have 4 MB, so that
#: nothing waits for it but what is much larger than that.
MOST_IN_FLIGHT = 128 * 1024 * 1024

#: Called with numbers of files and bytes that were done since the last call, from the calling thread.
Progress = Callable[[int, int], None]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def threads(jobs: int) -> int:
    """Return how many threads to use for a number of jobs that the user asked for."""
    return max(1, min(jobs, MOST_THREADS))


class Window(Generic[_Out]):
    """What is under way, in the order in which it was begun, bounded in number and in bytes.

    There is no lock: the caller that adds something first takes results from the front until there is room, so that nothing
    ever waits for what comes after it. What is larger than the bound goes alone.

    :param ahead: how many may be under way.
    :param most: how many bytes.
    """

    def __init__(self, ahead: int, most: int = MOST_IN_FLIGHT) -> None:
        self._ahead = ahead
        self._most = most
        self._bytes = 0
        self._pending: collections.deque[tuple[Future[_Out], int]] = collections.deque()

    def __len__(self) -> int:
        return len(self._pending)

    def fits(self, cost: int) -> bool:
        """Return whether something of that many bytes may begin now."""
        return not self._pending or (len(self._pending) < self._ahead and self._bytes + cost <= self._most)

    def add(self, future: Future[_Out], cost: int) -> None:
        """Take what has begun."""
        self._pending.append((future, cost))
        self._bytes += cost

    def take(self) -> _Out:
        """Return the first result, once it is there."""
        future, cost = self._pending.popleft()
        self._bytes -= cost
        return future.result()

    def settle(self) -> None:
        """See :func:`settle`."""
        settle(future for future, _cost in self._pending)


def settle(pending: Iterable[Future[_Out]]) -> None:
    """Cancel what has not begun and wait for the rest, whatever comes of it."""
    futures = list(pending)
    for future in futures:
        future.cancel()
    for future in futures:
        if not future.cancelled():
            future.exception()


def ordered(
    pool: Executor,
    work: Callable[[_In], _Out],
    items: Iterable[_In],
    ahead: int,
    cost: Callable[[_In], int] = lambda _item: 0,
) -> Iterator[_Out]:
    """Yield ``work(item)`` for each item, in their order, with at most ``ahead`` under way.

    Items are taken one by one as there is room. If anything raises, or the caller stops, what has not begun
    is cancelled and what has is waited for.

    :param cost: bytes that an item needs until its result is yielded; at most :data:`MOST_IN_FLIGHT` are under way, or one item.
    """
    window: Window[_Out] = Window(ahead)
    try:
        for item in items:
            size = cost(item)
            while not window.fits(size):
                yield window.take()
            window.add(pool.submit(work, item), size)
        while window:
            yield window.take()
    finally:
        window.settle()


class Budget:
    """Bytes that threads may have under way, each for itself: who asks for more than are left waits for the others.

    It is given out in the order of asking, so that what is large is not overtaken forever. What is larger than all of it waits
    until nobody else has any. A thread that has some must not ask for more.
    """

    def __init__(self, most: int = MOST_IN_FLIGHT) -> None:
        self._most = most
        self._taken = 0
        self._changed = threading.Condition()
        self._waiting: collections.deque[object] = collections.deque()

    @contextlib.contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Take that many bytes for the length of the block."""
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(
                    lambda: (
                        self._waiting[0] is ticket and (not self._taken or self._taken + size <= self._most)
                    )
                )
                self._taken += size
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= size
                self._changed.notify_all()
