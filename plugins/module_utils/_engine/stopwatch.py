# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long each step of a run takes, told by the phases that it reports."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .._run.run import Run


class Stopwatch:
    """Adds up the seconds of each step, by a clock that nobody sets.

    :param names: phase → step; a phase that is not named is a step of its own name.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._step: str | None = None
        self._since = 0.0
        #: step → seconds, in the order in which they were begun
        self.steps: dict[str, float] = {}

    def timed(self, run: Run) -> Run:
        """Return a run that also tells this stopwatch which phase begins."""

        def progress(**position: Any) -> None:
            if position.get("phase") is not None:
                self.begin(self._names.get(position["phase"], position["phase"]))
            run.progress(**position)

        return replace(run, progress=progress)

    def begin(self, step: str | None) -> None:
        """Begin a step (None: none), which ends the one before."""
        now = time.monotonic()
        if self._step is not None:
            self._add(self._step, now - self._since)
        if step is not None:
            self.steps.setdefault(step, 0.0)
        self._step, self._since = step, now

    @contextmanager
    def concurrently(self, step: str) -> Iterator[None]:
        """Time a step that runs at the same time as the others."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._add(step, time.monotonic() - started)

    def _add(self, step: str, seconds: float) -> None:
        self.steps[step] = self.steps.get(step, 0.0) + seconds

    def rounded(self) -> dict[str, float]:
        """Return the seconds to the millisecond."""
        return {step: round(seconds, 3) for step, seconds in self.steps.items()}
