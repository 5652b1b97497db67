# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the disk space of data that a switch has replaced.

This data no longer changes, so it is measured once, right after the switch, and the size is stored in the
record. So listing previous data requires neither the server nor reading the status of a million files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from .._errors import DatabaseError, HostError
from .journal import Journal
from .record import Record

#: Unit of ``st_blocks``, on every file system.
_BLOCK = 512


class DatabaseSizes(Protocol):
    """The part of a database server's interface that is used here."""

    def size(self, name: str) -> int | None:
        """Return the size of a database in bytes; None if it does not exist. Raise DatabaseError."""


def tree_size(path: Path) -> int:
    """Return the disk space in bytes of a directory with its contents. Raise OSError.

    Files with several hard links count once.
    """
    seen: set[tuple[int, int]] = set()
    total = 0
    for found in _statuses(path):
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            if (found.st_dev, found.st_ino) in seen:
                continue
            seen.add((found.st_dev, found.st_ino))
        total += found.st_blocks * _BLOCK
    return total


def _statuses(path: Path) -> Iterator[os.stat_result]:
    yield os.lstat(path)
    waiting = [str(path)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def measured(record: Record, server: DatabaseSizes | None) -> Record:
    """Return a record with its missing sizes added, as far as they can be determined.

    :param server: server with the replaced database; None to leave out its size.
    """
    directories = []
    for item in record.directories:
        if item.full and item.bytes is None:
            with suppress(OSError):
                item = replace(item, bytes=tree_size(Path(item.spare)))
        directories.append(item)
    record = replace(record, directories=tuple(directories))
    database = record.database
    if server and database and database.outgoing and database.outgoing_bytes is None:
        with suppress(DatabaseError):
            size = server.size(database.outgoing)
            return replace(record, database=replace(database, outgoing_bytes=size))
    return record


def record_sizes(journal: Journal, record: Record, server: DatabaseSizes | None) -> Record:
    """Measure data replaced by a switch, and record the size. The caller must have the journal's lock.

    Errors are ignored, since the switch is done, and missing sizes are measured when they are requested.
    """
    found = measured(record, server)
    with suppress(HostError):
        journal.write(found)
    return found
