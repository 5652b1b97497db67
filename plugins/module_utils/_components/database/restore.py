# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores the database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..._errors import DatabaseError, HostError, Notice
from ..._postgres.leave_out import LeaveOut
from ..._postgres.properties import check_properties
from ..._postgres.server import Server
from ..._postgres.target import Target
from ..._run.run import Run
from ..._stack.migrations import unknown_migrations
from ..absence import absent
from ..component import Change, Context, Need, Staged, Used
from ..source import Source
from .entry import DATABASE, DatabaseEntry
from .incoming import Incoming
from .load import LoadOptions
from .new_database import NewDatabase
from .options import AUTO, IN_PLACE
from .safety import SafetyBackup

if TYPE_CHECKING:
    from .one_transaction import OneTransaction


def database_in_use(name: str) -> Used:
    """Return the resource that stands for a database."""
    return (DATABASE, name)


@dataclass(frozen=True)
class DatabasePart:
    """Target and options of a database restore.

    :param asked: whether it was requested explicitly, so that a backup without one is an error.
    :param strategy: ``auto``, ``swap`` or ``in_place``.
    :param role_mapping: role in the backup → role on this server.
    :param leave_out: constraints, indexes, triggers and tables of a broken source that are not restored or not
        validated.
    :param fix_sequences: advance sequences that are behind their tables.
    :param clear_sessions: disconnect WhatsApp and delete its keys.
    :param migrations: names of the migrations in the application's image; empty if unknown.
    :param lock_timeout: seconds to wait for the locks of other sessions, if the database is replaced in place.
    :param safety: makes a backup of a database that is not empty before it is replaced in place.
    """

    server: Server
    asked: bool
    jobs: int
    strategy: str = AUTO
    role_mapping: Mapping[str, str] = field(default_factory=dict)
    leave_out: frozenset[str] = frozenset()
    fix_sequences: bool = True
    clear_sessions: bool = True
    migrations: frozenset[str] = frozenset()
    lock_timeout: float = 60
    safety: SafetyBackup | None = None

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose the database, if the backup contains one.

        Raise HostError (``component_absent``, ``application_older``), ArchiveError (``properties_invalid``).
        """
        entry = DatabaseEntry.of(source.manifest)
        if entry is None:
            if self.asked:
                raise absent(DATABASE, source.manifest)
            return None
        if not context.policy.force:
            self._check_application(source.manifest.id, entry)
        if source.reader:
            check_properties(entry.properties)
        return DatabaseChange(self, entry, source, context)

    def _check_application(self, backup: str, entry: DatabaseEntry) -> None:
        """Check that the application is not older than the data, because migrations only go forward."""
        names = entry.application.get("migration_names")
        unknown = unknown_migrations(names if isinstance(names, list) else (), self.migrations)
        if unknown:
            raise HostError("application_older", id=backup, count=len(unknown), last=unknown[-1])

    def options(self) -> LoadOptions:
        """Return the options for loading the database."""
        return LoadOptions(
            self.jobs,
            self.role_mapping,
            fix_sequences=self.fix_sequences,
            clear_sessions=self.clear_sessions,
            leave_out=LeaveOut(self.leave_out),
        )

    def mark(self, backup: str, store: str) -> str:
        """Return the value to record about the database's origin, including the names of objects that are left out."""
        left = f"@{','.join(sorted(self.leave_out))}" if self.leave_out else ""
        return f"{backup}{left}@{store}"


class DatabaseChange(Change):
    """The restore of the database, to a new database or in one transaction."""

    component = DATABASE
    decides = True

    def __init__(self, part: DatabasePart, entry: DatabaseEntry, source: Source, context: Context) -> None:
        super().__init__()
        self._part = part
        self._entry = entry
        self._source = source
        self._context = context
        self._placement: NewDatabase | OneTransaction

    def clean(self) -> list[Notice]:
        # Ignore errors here: they will also fail the restore, unless another component is refused or skipped first.
        with suppress(DatabaseError), Target.open(self._part.server) as target:
            target.drop_leftovers()
        return []

    def plan(self, run: Run, needs: list[Need]) -> None:
        self._placement = self._placed()
        self._placement.plan(run, needs)

    def _placed(self) -> NewDatabase | OneTransaction:
        """Choose the placement; an existing database is replaced in place only if none can be created."""
        part, source, context = self._part, self._source, self._context
        mark = part.mark(source.manifest.id, context.store)
        incoming = Incoming(part.server, self._entry, source, part.options(), mark)
        if part.strategy != IN_PLACE:
            target = self._open.enter_context(Target.open(part.server))
            if part.strategy != AUTO or target.may_create() or not target.exists():
                return NewDatabase(target, incoming, context)
            self._open.close()
        # Imported late: not needed if a database can be created, as nearly everywhere.
        from .one_transaction import OneTransaction

        return OneTransaction(incoming, context, lock_timeout=part.lock_timeout, safety=part.safety)

    @property
    def pending(self) -> bool:
        return not self._placement.up_to_date

    @property
    def full(self) -> bool:
        return self._placement.full

    @property
    def used(self) -> frozenset[Used]:
        return frozenset([database_in_use(self._part.server.database)])

    def stage(self) -> AbstractContextManager[Staged]:
        return self._placement.stage()

    def report(self) -> dict[str, Any]:
        loaded = self._placement.loaded
        tables = {f"{table.schema}.{table.name}": table.rows for table in self._entry.tables}
        database = {
            "name": self._part.server.database,
            "strategy": self._placement.strategy,
            "tables": loaded.tables if loaded else tables,
            "adaptations": loaded.adaptations if loaded else [],
        }
        return {
            DATABASE: database,
            "sequences": loaded.sequences if loaded else [],
            "whatsapp_sessions": loaded.whatsapp_sessions if loaded else {},
        }

    def previous(self) -> dict[str, Any]:
        loaded = self._placement.loaded
        # The replaced contents are kept in a backup, not next to the new ones.
        return {"safety_backup": loaded.previous} if loaded and loaded.previous else {}
