# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database that is being restored from a backup, with either placement."""

from __future__ import annotations

from dataclasses import dataclass

from ..._postgres.server import Server
from ..._run.run import Run
from ..source import Source
from .entry import DatabaseEntry
from .load import LoadOptions


@dataclass(frozen=True)
class Incoming:
    """The database being restored.

    :param server: the target server and the name of the target database.
    :param entry: the manifest's entry for the database.
    :param mark: the value recorded about its origin.
    """

    server: Server
    entry: DatabaseEntry
    source: Source
    options: LoadOptions
    mark: str

    def is_there(self, run: Run) -> bool:
        """Return whether the live database is equal to the backup. Raise DatabaseError."""
        return self.source.holds_database(self.server, self.entry, self.mark, self.options.jobs, run)
