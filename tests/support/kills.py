# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed at a point that depends on their progress, not on time."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run


class Reports:
    """Counts a run's reports of phases and progress.

    :param deadly: number of the report at which the process is killed, counted from 1; 0 for none.
    """

    def __init__(self, deadly: int = 0) -> None:
        self.count = 0
        self._deadly = deadly
        self._numbers = itertools.count(1)
        self.run = Run(progress=self._take, add=self._take)

    def _take(self, **_position: Any) -> None:
        # Reports come from several threads; each report needs a unique number.
        self.count = next(self._numbers)
        if self.count == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def spread(self, parts: int) -> list[int]:
        """Return numbers of reports, evenly distributed over a completed run, beginning with the first one."""
        assert self.count >= parts
        return [1 + self.count * part // parts for part in range(parts)]
