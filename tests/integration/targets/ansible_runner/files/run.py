# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook as AWX does in an execution environment, and cancels it once a file is there.

run.py DIRECTORY PLAYBOOK IDENT [CANCEL]
"""

from __future__ import annotations

import sys
from pathlib import Path

import ansible_runner


def main() -> int:
    directory, playbook, ident = sys.argv[1:4]
    cancel = Path(sys.argv[4]) if len(sys.argv) > 4 else None
    run = ansible_runner.run(
        private_data_dir=directory,
        playbook=playbook,
        ident=ident,
        quiet=True,
        # AWX asks this every second or so, whether somebody has pressed "Cancel".
        cancel_callback=lambda: cancel is not None and cancel.exists(),
    )
    print(run.status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
