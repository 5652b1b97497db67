# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The placement ``swap``: the backup is loaded into a new database, which then replaces the live database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from ..._errors import DatabaseError
from ..._postgres.target import Target
from ..._run.run import Run
from ..._swap.prepare import database_swap
from ..._swap.record import Record
from ..._swap.switch import UNDECIDED, exchange_database
from ..component import Context, Need, Staged
from .incoming import Incoming
from .load import Loaded
from .options import SWAP
from .server_checks import check_server
from .target_state import TargetState, check_database, look_at_database
from .up_to_date import CLEARED


class NewDatabase:
    """A restore to a new database.

    :param target: stays connected to the server until the end of the restore.
    """

    strategy = SWAP

    def __init__(self, target: Target, incoming: Incoming, context: Context) -> None:
        self._target = target
        self._incoming = incoming
        self._policy = context.policy
        self._notices = context.notices
        self._found = TargetState(False)
        self.loaded: Loaded | None = None

    @property
    def up_to_date(self) -> bool:
        """Whether the live database is equal to the backup."""
        return self._found.up_to_date

    @property
    def full(self) -> bool:
        """Whether the replaced database contains anything."""
        return bool(self._found.contents)

    def plan(self, run: Run, needs: list[Need]) -> None:
        """Check the server, the live database, and that a new database can replace it."""
        target, policy, incoming = self._target, self._policy, self._incoming
        check_server(target, incoming.entry, incoming.options.role_mapping, [])
        self._found = look_at_database(target, may_be_used=policy.replaces)
        if self.full and incoming.is_there(run):
            self._found = replace(self._found, up_to_date=True)
            return
        check_database(
            target,
            incoming.server,
            incoming.entry,
            self._found,
            self._notices,
            needs,
            replaces=policy.replaces,
        )
        # A run gives these warnings later, while it loads; a dry run must give them now.
        warnings = self._notices if policy.dry_run else None
        incoming.source.check(target, incoming.entry, incoming.options, warnings)
        jobs = target.connections(incoming.options.jobs, self._notices)
        self._incoming = replace(incoming, options=replace(incoming.options, jobs=jobs))

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        """Yield the staged database. After an error, drop it, unless the result of the exchange is unknown."""
        try:
            yield _Staged(self, self._target, evict=self._policy.replaces)
        except BaseException as error:
            if self.loaded and getattr(error, "code", "") not in UNDECIDED:
                with suppress(DatabaseError):
                    self._target.drop(self.loaded.name)
            raise

    def load(self, run: Run) -> str:
        """Create, load and verify the new database; return its name. Raise SidekickError; then it does not exist."""
        incoming = self._incoming
        self.loaded = incoming.source.load(
            self._target, incoming.server, incoming.entry, incoming.options, incoming.mark, self._notices, run
        )
        self._target.set_mark(self.loaded.name, CLEARED, self.loaded.digests)
        return self.loaded.name


class _Staged(Staged):
    def __init__(self, placement: NewDatabase, target: Target, *, evict: bool) -> None:
        self._placement = placement
        self._target = target
        self._evict = evict
        self._incoming = ""
        self._record: Record | None = None
        self.server = target

    def fill(self, run: Run) -> None:
        self._incoming = self._placement.load(run)

    def prepare(self, record: Record) -> Record:
        outgoing = self._target.outgoing_name(keep=record.keep)
        self._record = replace(record, database=database_swap(self._target, self._incoming, outgoing))
        return self._record

    def decide(self) -> None:
        if self._record:
            exchange_database(self._record, self._target, evict=self._evict)
