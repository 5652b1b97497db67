# Copyright: Contributors to the ticketz.sidekick collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds what a test run has left where a real run on this host keeps its jobs, journals and logs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.state_dir import state_dir


def host_directories() -> list[Path]:
    """Return where the real state is: root's, and this account's own."""
    return [state_dir("", {}, 0), state_dir("", {}, 1)]


def records_naming(mark: str, directories: Iterable[Path], since: float) -> list[Path]:
    """Return the files that were written since a time and say a word, such as the directory that only one run has.

    Other runs on this machine may write there meanwhile: theirs do not say it, and may vanish while they are read.
    """
    found = []
    for directory, _, names in (step for top in directories for step in os.walk(top)):
        for path in (Path(directory, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= since - 1 and mark.encode() in path.read_bytes():
                    found.append(path)
    return found
