# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal, which records switches before they begin, so that an interrupted one can be completed or reverted.

Each switch has one file with its :class:`.record.Record`, and one with a line for each name to exchange
(``.pairs``). There can be hundreds of thousands of names, so they are not loaded into memory together.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from .._errors import HostError
from .._os_errors import NO_SPACE, Writing, write_error
from .._store import times
from .._store.files import create_private, read_small, sync_directory, write_atomically
from .._store.lock import Lock
from .pairs import Pair
from .record import PREPARED, Record, record_from_json

_SUFFIX, _PAIRS = ".json", ".pairs"
_LOCK = "lock"
#: Seconds for which other runs wait for the journal's lock. A switch takes seconds.
LOCK_TIMEOUT = 60.0


def new_record_id() -> str:
    """Return an id. Ids sort by time, including those of the same second."""
    now = times.utc_now()
    return f"{times.to_stamp(now)}-{now.microsecond:06d}-{secrets.token_hex(4)}"


class Journal:
    """The switches of this host (for accounts other than root: of the account).

    :param path: directory of the journal; it need not exist for reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def lock(self, verb: str, job_id: str = "") -> Lock:
        """Return the lock for changing names, and for recovering an interrupted switch.

        Raise HostError (``journal_unusable``).
        """
        try:
            os.makedirs(self.path, mode=0o700, exist_ok=True)
        except OSError as error:
            if error.errno in NO_SPACE:
                raise write_error(self.path, error) from error
            raise HostError("journal_unusable", path=self.path, cause=error.strerror or error) from error
        return Lock(self.path / _LOCK, verb=verb, job_id=job_id)

    def records(self) -> list[Record]:
        """Return all records, oldest first. Raise HostError (``journal_damaged``)."""
        try:
            names = sorted(name for name in os.listdir(self.path) if name.endswith(_SUFFIX))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise HostError("journal_unusable", path=self.path, cause=error.strerror or error) from error
        found = []
        for name in names:
            path = self.path / name
            try:
                found.append(record_from_json(read_small(path), path))
            except FileNotFoundError:
                continue  # another run has just removed it
            except (OSError, ValueError) as error:
                raise HostError("journal_damaged", path=path, cause=error) from error
        undone = {record.undo_of for record in found if record.state != PREPARED}
        return [record for record in found if record.id not in undone]

    def unfinished(self) -> list[Record]:
        """Return the unfinished switches, and switches whose replaced data must still be removed."""
        return [record for record in self.records() if record.state == PREPARED or not record.keep]

    def write(self, record: Record) -> None:
        """Write a record durably. Raise HostError."""
        write_atomically(self.path / (record.id + _SUFFIX), record.to_json())

    def write_pairs(self, id: str, pairs: Iterable[Pair]) -> int:
        """Write the names that a switch exchanges, durably; return their number. Raise HostError."""
        path = self.path / (id + _PAIRS)
        count = 0
        with Writing(path):
            with os.fdopen(create_private(path), "w", encoding="ascii") as file:
                for pair in pairs:
                    count += 1
                    line = [os.fsdecode(pair.live), os.fsdecode(pair.spare), pair.new, pair.old]
                    file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
            sync_directory(self.path)
        return count

    def pairs(self, record: Record) -> Iterator[Pair]:
        """Yield the names that a switch exchanges. Raise HostError (``journal_damaged``)."""
        path = self.path / (record.id + _PAIRS)
        count = 0
        try:
            with open(path, encoding="ascii") as file:
                for line in file:
                    live, spare, new, old, *_later = json.loads(line)
                    count += 1
                    yield Pair(os.fsencode(live), os.fsencode(spare), new, old)
        except (OSError, ValueError, TypeError) as error:
            raise HostError("journal_damaged", path=path, cause=error) from error
        if count != record.pairs:
            raise HostError("journal_damaged", path=path, cause=f"{count} of {record.pairs} lines")

    def forget(self, record: Record) -> None:
        """Remove a record. Raise HostError (``write_failed``)."""
        with Writing(self.path):
            for suffix in (_SUFFIX, _PAIRS):
                (self.path / (record.id + suffix)).unlink(missing_ok=True)
                sync_directory(self.path)
