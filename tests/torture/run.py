# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long fault runs: damage, interrupted switches, concurrent changes, many tables,
quiesced stacks, memory.

`make torture ARGS="damage memory"` chooses, `ARGS=--short` takes minutes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.ticketz.sidekick.tests.torture import (
    damage,
    many_tables,
    memory,
    quiesce,
    swaps,
    under_load,
)

PARTS = {
    "damage": damage.run,
    "swaps": swaps.run,
    "concurrent": under_load.run,
    "tables": many_tables.run,
    "quiesce": quiesce.run,
    "memory": memory.run,
}

#: a little of everything, in minutes
SHORT = {
    "flips": 200,
    "cuts": 50,
    "minutes": 1.0,
    "tables": 1000,
    "gigabytes": [0.1],
    "files": 50_000,
    "media": 10_000,
    "kills": 6,
    "strikes": 20,
}


def main() -> int:
    """Run the chosen parts one after the other; return 1 if one of them found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without any")
    parser.add_argument("--flips", type=int, default=2000, help="bytes to flip in each archive")
    parser.add_argument("--cuts", type=int, default=500, help="lengths to cut each archive at")
    parser.add_argument(
        "--archives",
        nargs="*",
        default=damage.ARCHIVES,
        choices=damage.ARCHIVES,
        help="kinds of archives to damage",
    )
    parser.add_argument(
        "--minutes", type=float, default=10, help="how long to back up under concurrent changes"
    )
    parser.add_argument("--tables", type=int, default=5000, help="how many tables the database gets")
    parser.add_argument(
        "--gigabytes", type=float, nargs="*", default=[0.1, 1, 5], help="sizes of the databases"
    )
    parser.add_argument("--files", type=int, default=1_000_000, help="how many files the directory gets")
    parser.add_argument("--media", type=int, default=100_000, help="how many files a quiesced stack has")
    parser.add_argument("--kills", type=int, default=60, help="how many backups to kill that quiesce a stack")
    parser.add_argument("--strikes", type=int, default=300, help="how many restores and undoings to strike")
    parser.add_argument("--seed", type=int, default=1, help="chooses the steps")
    parser.add_argument(
        "--short", action="store_true", help="other defaults, with which all of it takes minutes"
    )
    if parser.parse_known_args()[0].short:
        parser.set_defaults(**SHORT)
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    wrong = 0
    for name in options.parts or PARTS:
        work = Path(tempfile.mkdtemp(prefix=f"ticketz-torture-{name}-"))
        work.chmod(0o755)
        started = time.monotonic()
        try:
            found = PARTS[name](options, work)
        finally:
            shutil.rmtree(work)
        for line in found:
            print(f"{name}: {line}", flush=True)
        print(f"{name}: {len(found)} findings in {time.monotonic() - started:.0f} s", flush=True)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
