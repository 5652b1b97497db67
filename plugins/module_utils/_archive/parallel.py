# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on several threads with bounded work in flight."""

from __future__ import annotations

import collections
import contextlib
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Callable, Generic, TypeVar

#: More threads would only use more memory: beyond this, the single SHA-256 over the archive, the single writer
#: and Python's GIL limit the rate.
MOST_THREADS = 8

#: Bytes that one window may have in flight: data read from an archive, and what they decompress to. Frames have
#: 4 MB, so only much larger pieces ever wait for this bound.
MOST_IN_FLIGHT = 128 * 1024 * 1024

#: Called from the calling thread with the numbers of files and bytes done since the last call.
Progress = Callable[[int, int], None]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def threads(jobs: int) -> int:
    """Return how many threads to use for a number of jobs that the user asked for."""
    return max(1, min(jobs, MOST_THREADS))


class Window(Generic[_Out]):
    """Work in flight, in the order of submission, bounded in number and in bytes.

    There is no lock: before adding work, the caller takes results from the front until there is room. So
    nothing ever waits for later work. An item larger than the bound runs alone.

    :param ahead: how many items may be in flight.
    :param most: how many bytes may be in flight.
    """

    def __init__(self, ahead: int, most: int = MOST_IN_FLIGHT) -> None:
        self._ahead = ahead
        self._most = most
        self._bytes = 0
        self._pending: collections.deque[tuple[Future[_Out], int]] = collections.deque()

    def __len__(self) -> int:
        return len(self._pending)

    def fits(self, cost: int) -> bool:
        """Return whether an item of that many bytes may start now."""
        return not self._pending or (len(self._pending) < self._ahead and self._bytes + cost <= self._most)

    def add(self, future: Future[_Out], cost: int) -> None:
        """Add a started item of that many bytes."""
        self._pending.append((future, cost))
        self._bytes += cost

    def take(self) -> _Out:
        """Wait for the first item and return its result."""
        future, cost = self._pending.popleft()
        self._bytes -= cost
        return future.result()

    def settle(self) -> None:
        """See :func:`settle`."""
        settle(future for future, _cost in self._pending)


def settle(pending: Iterable[Future[_Out]]) -> None:
    """Cancel what has not started and wait for the rest, ignoring results and errors."""
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
    """Yield ``work(item)`` for each item, in their order, with at most ``ahead`` in flight.

    Items are taken one by one as there is room. If anything raises, or the caller stops iterating, items that
    have not started are cancelled and the others are waited for.

    :param cost: bytes that an item needs until its result is yielded; at most :data:`MOST_IN_FLIGHT` are in
        flight, or a single item.
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
    """A budget of bytes that threads share: a thread that asks for more than is left waits for the others.

    Requests are served in order, so that small ones can't starve a large one. A request larger than the whole
    budget waits until nobody else uses any. A thread must not ask again before it has returned its bytes.
    """

    def __init__(self, most: int = MOST_IN_FLIGHT) -> None:
        self._most = most
        self._taken = 0
        self._changed = threading.Condition()
        self._waiting: collections.deque[object] = collections.deque()

    @contextlib.contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Reserve that many bytes while the block runs."""
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
