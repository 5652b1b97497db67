# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Content that one transaction writes to a live database; its commit decides the exchange."""

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
    """The transaction, which :meth:`fill` starts in ``transaction``.

    ``number`` is the transaction's number on the server, ``safety`` the path of the safety backup; :meth:`fill` sets
    both.
    """

    def __init__(self, database: Server) -> None:
        self.transaction = ExitStack()
        self.number = self.safety = ""
        self._database = database
        self._reached = ExitStack()

    @contextmanager
    def opened(self) -> Iterator[StagedTransaction]:
        """Roll the transaction back at the end, unless the exchange has committed it."""
        with self._reached, self.transaction:
            yield self

    def prepare(self, record: Record) -> Record:
        # A second connection, to read the outcome of the commit if the transaction's own connection is lost.
        self.server = self._reached.enter_context(TargetServer.reach(self._database))
        swap = replacement(self.server, self._database.database, self.number, self.safety)
        return replace(record, database=swap)

    def decide(self) -> None:
        self.transaction.close()
