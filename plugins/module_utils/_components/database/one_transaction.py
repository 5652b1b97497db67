# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database's placement: what is in it is replaced in one transaction, committed when everything else is in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ..._archive.manifest import DatabaseEntry
from ..._archive.reader import ArchiveReader
from ..._errors import HostError
from ..._postgres.server import Server
from ..._postgres.target import TargetServer
from ..._run.run import Run
from ..._swap.prepare import replacement
from ..._swap.record import Record
from ..component import Context, Need, Staged
from ..source import Source
from .in_place import check_in_place, load_in_place
from .in_place_checks import InPlaceOptions
from .load import Loaded, LoadOptions
from .options import IN_PLACE
from .safety import SafetyBackup
from .up_to_date import database_exists


class OneTransaction:
    """One such placement.

    :param mark: what the database remembers of its origin.
    :param lock_timeout: seconds to wait for those who use what is replaced.
    :param safety: how a database that holds anything is backed up before.
    """

    strategy = IN_PLACE
    #: What the database holds is not kept next to it.
    full = False

    def __init__(
        self,
        server: Server,
        entry: DatabaseEntry,
        source: Source,
        options: LoadOptions,
        mark: str,
        context: Context,
        *,
        lock_timeout: float,
        safety: SafetyBackup | None,
    ) -> None:
        if source.reader is None:
            raise HostError("in_place_needs_format_1", format=source.format)
        self._server = server
        self._entry = entry
        self._source = source
        self._reader: ArchiveReader = source.reader
        self._options = InPlaceOptions(options, context.policy.replaces, lock_timeout, safety)
        self._mark = mark
        self._dry_run = context.policy.dry_run
        self._notices = context.notices
        self.held = False
        self.loaded: Loaded | None = None

    def plan(self, run: Run, needs: list[Need]) -> None:
        """Look at the database in use; whether it can be replaced is checked by the transaction, and by a dry run."""
        jobs = self._options.load.jobs
        self.held = database_exists(self._server) and self._source.holds_database(
            self._server, self._entry, self._mark, jobs, run
        )
        if not self.held and self._dry_run:
            check_in_place(self._server, self._reader, self._entry, self._options, self._notices, self._mark)

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        """End the transaction at the end, without a commit unless the switch has made it."""
        with ExitStack() as server, ExitStack() as transaction:
            yield _Staged(self, self._server, server, transaction)

    def load(self, run: Run, transaction: ExitStack) -> Loaded:
        """Replace what the database holds and prove it, in a transaction that the end of the context commits."""
        self.loaded = transaction.enter_context(
            load_in_place(
                self._server, self._reader, self._entry, self._options, self._mark, self._notices, run
            )
        )
        return self.loaded


class _Staged(Staged):
    def __init__(
        self, placement: OneTransaction, server: Server, open_server: ExitStack, transaction: ExitStack
    ) -> None:
        self._placement = placement
        self._where = server
        self._open_server = open_server
        self._transaction = transaction
        self._loaded: Loaded | None = None

    def fill(self, run: Run) -> None:
        self._loaded = self._placement.load(run, self._transaction)

    def prepare(self, record: Record) -> Record:
        loaded = self._loaded
        self.server = self._open_server.enter_context(TargetServer.reach(self._where))
        safety = loaded.previous["path"] if loaded and loaded.previous else ""
        number = loaded.transaction if loaded else None
        swap = replacement(self.server, self._where.database, number or "", safety)
        return replace(record, database=swap)

    def decide(self) -> None:
        self._transaction.close()
