# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores over data in use, and their undoing, struck at random steps: old state or new, complete, always."""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

from ansible_collections.ticketz.sidekick.tests.support import swap_faults
from ansible_collections.ticketz.sidekick.tools import servers


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Kill the process or stop the server at many steps; return what was wrong."""
    with servers.start_server(16) as started:
        stage = swap_faults.stage(started, work)

        def restart() -> swap_faults.Stage:
            started.restart()
            return replace(stage, postmaster=started.pid)

        tally = swap_faults.Tally()
        chance = random.Random(options.seed)
        wrong = list(swap_faults.series(stage, restart, options.strikes, chance, tally))
        print(f"swaps: {tally}", flush=True)
        return wrong
