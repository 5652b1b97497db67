# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that nobody can change, not even root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Only root may set and clear the attribute.
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file immutable")


@contextmanager
def immutable(*paths: Path, mark: str = "i") -> Iterator[None]:
    """Set an attribute of files or directories during the block, even if they are moved within their grandparents."""
    subprocess.run(["chattr", f"+{mark}", *map(str, paths)], check=True)
    try:
        yield
    finally:
        for parent in {path.parent.parent for path in paths}:
            subprocess.run(["chattr", "-R", "-f", f"-{mark}", str(parent)], check=False)
