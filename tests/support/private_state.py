# Copyright: Contributors to the ticketz.sidekick collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds files that a test run has left in the host's real state directories (jobs, journals, logs)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.state_dir import state_dir

#: File → its inode and its size in bytes.
Seen = Mapping[Path, "tuple[int, int]"]


def host_directories() -> list[Path]:
    """Return the real state directories: root's, and this account's."""
    return [state_dir("", {}, 0), state_dir("", {}, 1)]


def seen(directories: Iterable[Path]) -> Seen:
    """Return the current files in directories, for :func:`records_naming`."""
    return {path: (status.st_ino, status.st_size) for path, status in _files(directories)}


def records_naming(mark: str, directories: Iterable[Path], before: Seen) -> list[Path]:
    """Return the files in which a word was written since ``before``.

    Other runs on this machine may write there at the same time, so files may vanish while they are read. Older content is
    ignored, because an earlier run may have written the same word.

    :param mark: a word that only one run writes, such as the name of its directory.
    :param before: result of :func:`seen`.
    """
    found = []
    for path, status in _files(directories):
        inode, size = before.get(path, (0, 0))
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            # Logs are appended to; all other files are replaced.
            file.seek(size if inode == status.st_ino else 0)
            if mark.encode() in file.read():
                found.append(path)
    return found


def _files(directories: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    for directory, _below, names in (step for top in directories for step in os.walk(top)):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                path = Path(directory, name)
                yield path, path.stat()
