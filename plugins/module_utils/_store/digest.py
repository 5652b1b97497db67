# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Computes the size and the SHA-256 of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from .._os_errors import Reading
from .._pagecache import read_through


def digest(path: Path, *, on_bytes: Callable[[int], None] | None = None) -> tuple[int, str]:
    """Return a file's size in bytes and its SHA-256.

    :param on_bytes: called with the bytes of each piece read; may raise to stop.
    :raises HostError: ``file_unreadable``.
    """
    sha256, size = hashlib.sha256(), 0
    with Reading(path), open(path, "rb", buffering=0) as file:
        for piece in read_through(file):
            sha256.update(piece)
            size += len(piece)
            if on_bytes:
                on_bytes(len(piece))
    return size, sha256.hexdigest()
