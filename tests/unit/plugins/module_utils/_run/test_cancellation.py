# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import CancelledError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.cancellation import (
    Cancellation,
    cancellation,
)

each_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])


@pytest.fixture(autouse=True)
def _listening() -> Iterator[None]:
    """Restore the default signal handlers: runs keep ignored signals ignored, and nohup ignores SIGHUP for the tests."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    former = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


def _refused(check: Callable[[], None]) -> str:
    with pytest.raises(CancelledError) as caught:
        check()
    return str(caught.value)


@each_signal
def test_a_signal_asks_for_a_stop_and_is_listened_to_no_longer_than_that(number: signal.Signals) -> None:
    former = signal.getsignal(number)
    with cancellation() as stop:
        stop.check()
        os.kill(os.getpid(), number)
        assert number.name in _refused(stop.check)
    assert signal.getsignal(number) is former


@each_signal
def test_a_signal_before_a_run_within_another_stops_both(number: signal.Signals) -> None:
    with cancellation() as outer:
        os.kill(os.getpid(), number)
        with cancellation() as inner:
            assert number.name in _refused(inner.check)
        assert number.name in _refused(outer.check)


@each_signal
def test_a_signal_at_the_end_of_a_run_within_another_stops_the_other(number: signal.Signals) -> None:
    with cancellation() as outer:
        with cancellation():
            pass
        with cancellation():
            os.kill(os.getpid(), number)
        assert number.name in _refused(outer.check)
        assert outer.event.is_set()


def test_a_later_run_is_not_stopped_by_what_stopped_an_earlier_one() -> None:
    with cancellation():
        os.kill(os.getpid(), signal.SIGTERM)
    with cancellation() as stop:
        stop.check()


def test_an_ignored_signal_stays_ignored() -> None:
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with cancellation() as outer, cancellation() as inner:
            os.kill(os.getpid(), signal.SIGHUP)
            inner.check()
            os.kill(os.getpid(), signal.SIGTERM)
            assert "SIGTERM" in _refused(outer.check)
    finally:
        signal.signal(signal.SIGHUP, former)


def test_another_thread_has_one_of_its_own() -> None:
    found: list[Cancellation] = []

    def work() -> None:
        with cancellation() as stop:
            found.append(stop)

    with cancellation() as outer:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert found[0] is not outer
