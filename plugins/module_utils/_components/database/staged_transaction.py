# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Content that one transaction brings into a database in use, whose commit decides the switch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ..._postgres.server import Server
from ..._postgres.target import TargetServer
from ..._swap.prepare import replacement
from ..._swap.record import Record
from ..component import Staged


class StagedTransaction(Staged):
    """One such transaction, which :meth:`fill` begins in ``transaction``.

    ``number`` is the server's for it, known when it is filled, and ``safety`` the path of a backup that was made before.
    """

    def __init__(self, database: Server) -> None:
        self.transaction = ExitStack()
        self.number = self.safety = ""
        self._database = database
        self._reached = ExitStack()

    @contextmanager
    def opened(self) -> Iterator[StagedTransaction]:
        """End the transaction at the end, without a commit unless the switch has made it."""
        with self._reached, self.transaction:
            yield self

    def prepare(self, record: Record) -> Record:
        # Another connection: how the commit ended is asked for where that of the transaction is lost.
        self.server = self._reached.enter_context(TargetServer.reach(self._database))
        swap = replacement(self.server, self._database.database, self.number, self.safety)
        return replace(record, database=swap)

    def decide(self) -> None:
        self.transaction.close()
