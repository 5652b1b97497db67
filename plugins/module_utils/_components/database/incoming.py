# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup's database being restored to a server, with either placement."""

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

    :param server: the server, with the database's name there.
    :param entry: the manifest's.
    :param mark: the value recorded about its origin.
    """

    server: Server
    entry: DatabaseEntry
    source: Source
    options: LoadOptions
    mark: str

    def is_there(self, run: Run) -> bool:
        """Return whether the live database is still equal to the backup. Raise DatabaseError."""
        return self.source.holds_database(self.server, self.entry, self.mark, self.options.jobs, run)
