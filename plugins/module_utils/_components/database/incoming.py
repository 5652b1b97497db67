# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup's database on its way to a server, however it is placed there."""

from __future__ import annotations

from dataclasses import dataclass

from ..._postgres.server import Server
from ..._run.run import Run
from ..source import Source
from .entry import DatabaseEntry
from .load import LoadOptions


@dataclass(frozen=True)
class Incoming:
    """One such database.

    :param server: with the name that it has there.
    :param entry: the manifest's.
    :param mark: what it remembers of its origin.
    """

    server: Server
    entry: DatabaseEntry
    source: Source
    options: LoadOptions
    mark: str

    def is_there(self, run: Run) -> bool:
        """Return whether the database in use still is what the backup holds. Raise DatabaseError."""
        return self.source.holds_database(self.server, self.entry, self.mark, self.options.jobs, run)
