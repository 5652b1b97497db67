# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that nobody can change, root included."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: The mark that is taken and given is root's alone.
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file immutable")


@contextmanager
def immutable(*paths: Path, mark: str = "i") -> Iterator[None]:
    """Mark files or directories for the length of the block, wherever they are moved meanwhile within their parents."""
    subprocess.run(["chattr", f"+{mark}", *map(str, paths)], check=True)
    try:
        yield
    finally:
        for parent in {path.parent.parent for path in paths}:
            subprocess.run(["chattr", "-R", "-f", f"-{mark}", str(parent)], check=False)
