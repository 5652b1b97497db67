# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The disk space of data that a switch has replaced.

Nobody changes it any more, so it is measured once, right after the switch, and kept in the record: who lists previous
data then needs neither the server nor a walk through a million files.
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

#: What ``stat`` counts blocks in, whatever the file system does.
_BLOCK = 512


class DatabaseSizes(Protocol):
    """What is needed of a database server."""

    def size(self, name: str) -> int | None:
        """Return the bytes that a database takes; None if it is gone. Raise DatabaseError."""


def tree_size(path: Path) -> int:
    """Return the bytes that a directory with everything in it takes on its disk. Raise OSError.

    Nothing of a file with several names counts twice.
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
    """Return a record with the sizes that it lacks, as far as they can be found out.

    :param server: with its database, if it has one; None leaves that out.
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
    """Measure what a switch took out of service, and write that down; the caller holds the journal's lock.

    The switch is done: trouble with this changes nothing about it, and who asks for the sizes measures then.
    """
    found = measured(record, server)
    with suppress(HostError):
        journal.write(found)
    return found
