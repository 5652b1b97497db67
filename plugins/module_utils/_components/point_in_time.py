# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The point in time of a backup: as soon as the snapshot has been taken, all components record what exists.

The application can be quiesced until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .._errors import Notice, listed
from .._run.run import Run
from .._stack.quiesce import Application, Quiesce
from .packing import Packing


@dataclass(frozen=True)
class QuiesceOptions:
    """How the application is quiesced.

    :param application: its containers.
    :param mode: ``pause`` or ``stop``.
    :param bound: seconds after which it is resumed in any case.
    """

    application: Application
    mode: str
    bound: float

    def predict(self) -> dict[str, Any]:
        """Return what a run would quiesce, for its result. Raise HostError (``quiesce_failed``)."""
        return {"mode": self.mode, "containers": self.application.running(), "seconds": None}


class PointInTime:
    """A point in time, at which the application is quiesced if requested.

    :param quiesce_options: how to quiesce the application; None if it keeps running.
    :param packings: the components' packings, which record what exists at that time.
    """

    def __init__(
        self,
        quiesce_options: QuiesceOptions | None,
        packings: Sequence[Packing],
        notices: list[Notice],
        run: Run,
    ) -> None:
        self._quiesce_options = quiesce_options
        self._packings = packings
        self._notices = notices
        self._run = run
        self._seconds = 0.0
        self._containers: list[str] = []

    @contextmanager
    def around(self) -> Iterator[Callable[[], None]]:
        """Quiesce the application; yield a function to call as soon as the snapshot has been taken.

        The application is always resumed at the end of the block. Raise HostError.
        """
        # A new attempt takes a new snapshot, for which the earlier records are useless.
        for packing in self._packings:
            packing.forget()
        wanted = self._quiesce_options
        if wanted is None:
            yield self._note
            return
        self._run.phase("quiescing the application")
        quiesce = Quiesce(wanted.application, wanted.mode, wanted.bound, self._run.check, self._run.job_id)
        try:
            quiesce.begin()
            yield lambda: self._taken(quiesce)
        finally:
            quiesce.end()

    def _note(self) -> None:
        for packing in self._packings:
            packing.at_snapshot(self._run)

    def _taken(self, quiesce: Quiesce) -> None:
        self._note()
        quiesce.end()
        self._seconds += quiesce.seconds
        self._containers = quiesce.containers
        if quiesce.expired and self._quiesce_options:
            self._notices.append(
                Notice(
                    "quiesce_expired",
                    containers=listed(quiesce.containers),
                    seconds=f"{self._quiesce_options.bound:g}",
                )
            )

    def describe(self) -> dict[str, Any] | None:
        """Return what was quiesced, for the result."""
        if self._quiesce_options is None:
            return None
        return {
            "mode": self._quiesce_options.mode,
            "containers": self._containers,
            "seconds": round(self._seconds, 3),
        }
