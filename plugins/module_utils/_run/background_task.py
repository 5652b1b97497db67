# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs two pieces of work concurrently. If one fails, the other is stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from .._errors import CancelledError, SidekickError
from .run import Run

_OTHER_HALF = "the other half of the run has failed"


def _distance(error: BaseException) -> int:
    """Return the rank of an error: of the errors of both halves, the one with the lowest rank caused the other."""
    if not isinstance(error, SidekickError):
        return 0
    if error.code == "statement_cancelled":
        # The half that fails cancels the statements of both halves.
        return 2
    if error.code == "cancelled":
        return 3 if error.facts.get("signal") == _OTHER_HALF else 1
    return 0


class BackgroundTask:
    """Work in another thread. A context manager, whose block is the other piece of work.

    :param work: a function; the check of its argument raises if the block has failed.
    :param run: the run of both pieces.

    The block must use the attribute ``run``, whose check raises the error of the work, and must call :meth:`wait`.
    The work has always ended when the block is left.
    """

    def __init__(self, work: Callable[[Run], None], run: Run) -> None:
        self._work = work
        self._outer = run
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self.run = replace(run, check=self._check_work)

    def __enter__(self) -> BackgroundTask:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop.set()
        self._thread.join()
        if error is not None and self._error is not None and _distance(self._error) < _distance(error):
            raise self._error from error

    def wait(self) -> None:
        """Wait for the end of the work. Raise its error, or CancelledError."""
        while self._thread.is_alive():
            self._thread.join(0.5)
            self.run.check()
        self.run.check()

    def _run(self) -> None:
        try:
            self._work(replace(self._outer, check=self._check_block))
        except BaseException as error:  # raised in the block by its next check
            self._error = error

    def _check_block(self) -> None:
        self._outer.check()
        if self._stop.is_set():
            raise CancelledError("cancelled", signal=_OTHER_HALF)

    def _check_work(self) -> None:
        if self._error is not None:
            raise self._error
        self._outer.check()
