# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cancellation: signals set an event that loops check, so that a run can clean up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from .._errors import CancelledError

#: SIGHUP is sent when the connection over which a run was started is lost.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Cancellation:
    """The state of a request to stop a run.

    :ivar event: set when a stop was requested; loops can wait for it.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self._by = ""

    def cancel(self, by: str) -> None:
        """Request a stop. Only the first request is recorded.

        :param by: source of the request, such as ``SIGTERM``.
        """
        if not self.event.is_set():
            self._by = by
            self.event.set()

    def listen(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self.cancel(signal.Signals(number).name)

    def check(self) -> None:
        """Raise CancelledError (``cancelled``) if a stop was requested."""
        if self.event.is_set():
            raise CancelledError("cancelled", signal=self._by)


@contextmanager
def cancellation() -> Iterator[Cancellation]:
    """Make signals request a stop instead of ending the process, during the block.

    Signals that the process ignores are still ignored (``nohup``). In Python, only the main thread can handle
    signals; in another thread, only :meth:`Cancellation.cancel` can request a stop.

    A nested run, such as a step of a plan, uses the outer run's object, so that a signal between two steps is
    not lost.
    """
    if threading.current_thread() is not threading.main_thread():
        yield Cancellation()
        return
    outer = _outer_cancellation()
    if outer is not None:
        yield outer
        return
    state = Cancellation()
    former = {}
    try:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, state.listen)
        yield state
    finally:
        for number, handler in former.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _outer_cancellation() -> Cancellation | None:
    """Return the object of an outer run that already handles signals, if any."""
    owners = (getattr(signal.getsignal(number), "__self__", None) for number in _SIGNALS)
    return next((owner for owner in owners if isinstance(owner, Cancellation)), None)
