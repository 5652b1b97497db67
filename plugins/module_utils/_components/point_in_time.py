# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The moment that a backup is of: as soon as the snapshot is taken, all components note what is there.

Until then the application can be quiesced.
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
    :param bound: seconds after which it goes on in any case.
    """

    application: Application
    mode: str
    bound: float

    def predict(self) -> dict[str, Any]:
        """Return what a run would quiesce, as results show it. Raise HostError (``quiesce_failed``)."""
        return {"mode": self.mode, "containers": self.application.running(), "seconds": None}


class PointInTime:
    """One moment, at which the application is quiesced where that is wanted.

    :param quiesce_options: None lets the application go on meanwhile.
    :param packings: note what is there at the moment.
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
        """Quiesce the application; yield what must be called as soon as the snapshot is taken.

        Whatever happens in the block, the application goes on at its end. Raise HostError.
        """
        # What was noted for an earlier snapshot is of no use for a later one.
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
        """Return what was quiesced, as results show it."""
        if self._quiesce_options is None:
            return None
        return {
            "mode": self._quiesce_options.mode,
            "containers": self._containers,
            "seconds": round(self._seconds, 3),
        }
