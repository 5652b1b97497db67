# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The placement ``in_place``: one transaction replaces the contents, and is committed after all other components."""

from __future__ import annotations

from contextlib import AbstractContextManager

from ..._archive.reader import ArchiveReader
from ..._errors import HostError
from ..._postgres.server import Server
from ..._run.run import Run
from ..component import Context, Need, Staged
from .in_place import check_in_place, load_in_place
from .in_place_checks import InPlaceOptions
from .incoming import Incoming
from .load import Loaded
from .options import IN_PLACE
from .safety import SafetyBackup
from .staged_transaction import StagedTransaction
from .up_to_date import database_exists


class OneTransaction:
    """A restore in one transaction.

    :param lock_timeout: seconds to wait for the locks of other sessions.
    :param safety: makes the safety backup; may be None for an empty database.
    """

    strategy = IN_PLACE
    #: The replaced contents are not kept next to the new ones.
    full = False

    def __init__(
        self, incoming: Incoming, context: Context, *, lock_timeout: float, safety: SafetyBackup | None
    ) -> None:
        if incoming.source.reader is None:
            id = incoming.source.manifest.id
            raise HostError("format_1_needed", path=id, format=incoming.source.format)
        self._incoming = incoming
        self._reader: ArchiveReader = incoming.source.reader
        self._options = InPlaceOptions(incoming.options, context.policy.replaces, lock_timeout, safety)
        self._dry_run = context.policy.dry_run
        self._notices = context.notices
        self.up_to_date = False
        self.loaded: Loaded | None = None

    def plan(self, run: Run, needs: list[Need]) -> None:
        """Check whether the live database is up to date and, in a dry run, whether it can be replaced."""
        incoming = self._incoming
        self.up_to_date = database_exists(incoming.server) and incoming.is_there(run)
        if not self.up_to_date and self._dry_run:
            check_in_place(
                incoming.server, self._reader, incoming.entry, self._options, self._notices, incoming.mark
            )

    def stage(self) -> AbstractContextManager[Staged]:
        """Replace and verify the contents, in a transaction that the exchange commits."""
        return _Staged(self, self._incoming.server).opened()

    def load(self, run: Run) -> AbstractContextManager[Loaded]:
        """Replace and verify the contents, in a transaction that is committed at the end of the context."""
        incoming = self._incoming
        return load_in_place(
            incoming.server, self._reader, incoming.entry, self._options, incoming.mark, self._notices, run
        )


class _Staged(StagedTransaction):
    def __init__(self, placement: OneTransaction, database: Server) -> None:
        super().__init__(database)
        self._placement = placement

    def fill(self, run: Run) -> None:
        loaded = self.transaction.enter_context(self._placement.load(run))
        self._placement.loaded = loaded
        self.number = loaded.transaction or ""
        self.safety = loaded.previous["path"] if loaded.previous else ""
