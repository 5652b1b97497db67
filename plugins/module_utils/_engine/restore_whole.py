# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a whole database, whole directories and configuration files: all of it, or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path

from .._archive.manifest import DatabaseEntry
from .._components.config.restore import ConfigFile, config_staged
from .._components.database.in_place import check_in_place, load_in_place
from .._components.database.in_place_checks import InPlaceOptions
from .._components.database.load import Loaded, LoadOptions
from .._components.database.server_checks import check_server
from .._components.database.target_state import check_database, directories_to_restore, look_at_database
from .._components.database.up_to_date import CLEARED, database_exists
from .._components.directories import staging
from .._components.redis.restore import RedisRestore
from .._errors import DatabaseError, HostError, Notice, SidekickError, listed
from .._postgres.leave_out import LeaveOut
from .._postgres.target import Target, TargetServer
from .._run.background_task import BackgroundTask
from .._run.run import Run
from .._swap.journal import LOCK_TIMEOUT, Journal
from .._swap.places import Place, pairs, remove_leftovers
from .._swap.prepare import database_swap, directory_swaps, new_record, replacement
from .._swap.record import RESTORE, Record
from .._swap.sizes import record_sizes
from .._swap.switch import UNDECIDED, discard, exchange_database, no_decision, perform
from .opening import is_proved
from .outage import Outage
from .restore_plan import (
    AUTO,
    CONFIG,
    DATABASE,
    DIRECTORIES,
    IN_PLACE,
    REPLACE,
    SKIP,
    SWAP,
    PlacedDirectory,
    RestorePlan,
    RestoreRequest,
    check_space,
)
from .restore_result import Restored
from .restore_source import RestoreSource


@dataclass
class WholeRestore:
    """One restore, from its plan on.

    :param mark: what the database is to remember of its origin.
    """

    request: RestoreRequest
    plan: RestorePlan
    source: RestoreSource
    mark: str
    notices: list[Notice]
    run: Run
    outage: Outage
    connections: int = 0
    config: list[ConfigFile] = field(default_factory=list)
    redis: RedisRestore | None = None
    #: of the directories that are to be restored: bytes on their disks
    sizes: dict[Place, int] = field(default_factory=dict)

    def go(self) -> Restored:
        """Restore what is not there yet, or in a dry run make sure that it could be done."""
        self.config = self.source.config(self.plan.config, self.request.config_places, self.notices)
        self.redis = self._redis()
        entry = self.plan.database
        if entry is None:
            return self._files(self._wanted())
        if self.request.strategy == IN_PLACE:
            return self._in_place(entry)
        with Target.open(self.request.server) as target:
            if self.request.strategy != AUTO or target.may_create() or not target.exists():
                return self._swap(target, entry)
        return self._in_place(entry)

    def _redis(self) -> RedisRestore | None:
        """Look at Redis's keys, if they are to be restored."""
        reader, server = self.source.reader, self.request.redis
        if self.plan.redis is None or reader is None or server is None:
            return None
        found = RedisRestore(
            server,
            reader,
            replace=self.request.if_not_empty == REPLACE,
            skip=self.request.if_not_empty == SKIP,
            keep_previous=self.request.keep_previous,
            dry_run=self.request.dry_run,
            proved=self.request.force or is_proved(reader),
        )
        found.plan(self.notices)
        return found

    def _wanted(self) -> list[PlacedDirectory]:
        """Remove what killed runs have been filling; return the directories that are to be restored."""
        if not self.request.dry_run:
            for _entry, place in self.plan.directories:
                self.notices += remove_leftovers(place)
        wanted = directories_to_restore(self.request, self.plan.directories, self.source)
        self.sizes = {place: self.source.disk_size(entry) for entry, place in wanted}
        check_space(wanted, self.sizes)
        return wanted

    def _files(self, wanted: Sequence[PlacedDirectory]) -> Restored:
        """Restore directories and configuration files alone, as far as they are not there yet."""
        changed = bool(wanted) or any(file.missing for file in self.config)
        changed = changed or self._changes_redis()
        entry = self.plan.database
        tables = _tables(entry) if entry else None
        if self.request.dry_run or not changed:
            return self._predicted(self._done(tables, changed=changed), None, wanted)
        with self._staged(wanted) as staged:
            self.run.phase("directories")
            self._unpack(wanted, staged, self.run)
            record = self._switch(staged, full=False)
        return self._done(tables, record)

    def _done(
        self,
        loaded: Loaded | None,
        record: Record | None = None,
        *,
        changed: bool = True,
        strategy: str = SWAP,
    ) -> Restored:
        done = Restored(
            changed=changed,
            directories=self.plan.describe(),
            config=[str(file.path) for file in self.config if file.missing],
            config_previous={str(file.path): str(file.aside) for file in self.config if file.aside},
            previous=record.describe() if record and record.keep else None,
            redis=asdict(self.redis.result) if self.redis else None,
            application=self.outage.describe(),
        )
        if loaded:
            done.database = {
                "name": self.request.server.database,
                "strategy": strategy,
                "tables": loaded.tables,
                "adaptations": loaded.adaptations,
            }
            done.sequences = loaded.sequences
            done.whatsapp_sessions = loaded.whatsapp_sessions
        return done

    def _changes_redis(self) -> bool:
        return self.redis is not None and self.redis.result.changed

    def _predicted(self, done: Restored, database: str | None, wanted: Sequence[PlacedDirectory]) -> Restored:
        """Add what would be stopped, where anything would be exchanged."""
        if self.request.dry_run:
            live = [place.live for _entry, place in wanted]
            done.application = self.outage.predict(database, live, redis=self._changes_redis())
        return done

    def _options(self) -> LoadOptions:
        return LoadOptions(
            self.connections or self.request.jobs,
            self.request.role_mapping,
            fix_sequences=self.request.fix_sequences,
            clear_sessions=self.request.clear_sessions,
            leave_out=LeaveOut(frozenset(self.request.leave_out)),
        )

    @contextmanager
    def _staged(self, wanted: Sequence[PlacedDirectory]) -> Iterator[list[staging.Staged]]:
        """Make a staging directory beside each target; remove what was not exchanged at the end of the block."""
        staged: list[staging.Staged] = []
        try:
            for _entry, place in wanted:
                staged.append(staging.stage(place))
            yield staged
        finally:
            for item in staged:
                item.remove()

    def _unpack(self, wanted: Sequence[PlacedDirectory], staged: Sequence[staging.Staged], run: Run) -> None:
        """Fill the staging directories, and prove what is in them."""
        places = {entry: item.staging for (entry, _place), item in zip(wanted, staged)}
        if places:
            self.notices += self.source.unpack(places, self.request.jobs, self.request.force, run)

    def _swap(self, target: Target, entry: DatabaseEntry) -> Restored:
        """Load a new database beside the target, and exchange both at the end."""
        request = self.request
        if not request.dry_run:
            target.drop_leftovers()
        check_server(target, entry, request.role_mapping, [])
        wanted = self._wanted()
        found = look_at_database(request, target, entry, self.source, self.mark, self.run)
        if found.held:
            return self._files(wanted)
        files = staging.sizes(self.sizes).values()
        check_database(request, target, entry, found, self.notices, files)
        # The run itself gives the warnings of it; a dry run has no other chance.
        self.source.check(target, entry, self._options(), self.notices if request.dry_run else None)
        self.connections = target.connections(request.jobs, self.notices)
        if request.dry_run:
            return self._predicted(self._done(_tables(entry)), request.server.database, wanted)
        with self._staged(wanted) as staged:
            loaded = self._load_beside(target, entry, wanted, staged)
            try:
                target.set_mark(loaded.name, CLEARED, loaded.digests)
                record = self._switch(staged, full=bool(found.contents), target=target, incoming=loaded.name)
            except BaseException as error:
                if getattr(error, "code", "") not in UNDECIDED:
                    with suppress(DatabaseError):
                        target.drop(loaded.name)
                raise
        return self._done(loaded, record)

    def _load_beside(
        self,
        target: Target,
        entry: DatabaseEntry,
        wanted: Sequence[PlacedDirectory],
        staged: Sequence[staging.Staged],
    ) -> Loaded:
        """Load the new database and fill the directories at the same time.

        The one waits for the server and the log, the other for the disk.
        """
        with BackgroundTask(lambda run: self._unpack(wanted, staged, run), self.run) as background:
            loaded = self.source.load(
                target, self.request.server, entry, self._options(), self.mark, self.notices, background.run
            )
            try:
                self.run.phase("directories")
                background.wait()
            except BaseException:
                target.drop(loaded.name)
                raise
        return loaded

    def _in_place(self, entry: DatabaseEntry) -> Restored:
        """Replace what is in the database in one transaction, which is committed when the directories are in place."""
        request, reader = self.request, self.source.reader
        if reader is None:
            raise HostError("in_place_needs_format_1", format=self.source.format)
        wanted = self._wanted()
        options = InPlaceOptions(
            self._options(), request.if_not_empty == REPLACE, request.lock_timeout, request.safety
        )
        if database_exists(request.server) and self.source.holds_database(
            request.server, entry, self.mark, request.jobs, self.run
        ):
            return self._files(wanted)
        if request.dry_run:
            check_in_place(request.server, reader, entry, options, self.notices, self.mark)
            done = self._done(_tables(entry), strategy=IN_PLACE)
            return self._predicted(done, request.server.database, wanted)
        with ExitStack() as stack:
            staged = stack.enter_context(self._staged(wanted))
            background = stack.enter_context(
                BackgroundTask(lambda run: self._unpack(wanted, staged, run), self.run)
            )
            with ExitStack() as transaction:
                loaded = transaction.enter_context(
                    load_in_place(
                        request.server, reader, entry, options, self.mark, self.notices, background.run
                    )
                )
                self.run.phase("directories")
                background.wait()
                record = self._switch(staged, full=False, loaded=loaded, commit=transaction.close)
        done = self._done(loaded, record, strategy=IN_PLACE)
        if loaded.previous:
            # What was in the database is not kept beside it, but in a backup.
            done.previous = {**record.describe(), "safety_backup": loaded.previous}
        return done

    def _switch(
        self,
        staged: Sequence[staging.Staged],
        *,
        full: bool,
        target: Target | None = None,
        incoming: str | None = None,
        loaded: Loaded | None = None,
        commit: Callable[[], None] = no_decision,
    ) -> Record:
        """Put everything in place, or nothing.

        :param full: whether the database that goes holds anything.
        :param target: with a database that is exchanged for ``incoming``.
        :param loaded: in place, by a transaction that ``commit`` makes happen.
        """
        self.run.phase("switching")
        keep = self.request.keep_previous and (full or any(item.place.full for item in staged))
        journal = Journal(self.request.journal)
        with config_staged(self.config, self.notices) as config, ExitStack() as stack:
            if self.redis:
                stack.enter_context(self.redis.staged())
            stack.enter_context(journal.lock("restore", self.request.job_id).acquire(LOCK_TIMEOUT))
            directories, renamings = directory_swaps([(item.place, item.staging) for item in staged])
            record = new_record(RESTORE, self.source.manifest.id, keep=keep, directories=directories)
            if keep and self.redis:
                record = replace(record, redis=self.redis.aside)
            record = replace(record, config=tuple(os.fsdecode(pair.live) for pair in config.pairs))
            server: TargetServer | None = target
            decide: Callable[[], None] = commit
            if target and incoming:
                swap = database_swap(target, incoming, target.outgoing_name(keep=keep))
                record = replace(record, database=swap)
                decide = partial(
                    exchange_database, record, target, evict=self.request.if_not_empty == REPLACE
                )
            elif loaded:
                server = stack.enter_context(TargetServer.reach(self.request.server))
                safety = loaded.previous["path"] if loaded.previous else ""
                swap = replacement(server, self.request.server.database, loaded.transaction or "", safety)
                record = replace(record, database=swap)
            moves = chain.from_iterable(
                pairs(item.place, renaming.source, renaming.spare)
                for item, renaming in zip(staged, renamings)
            )
            database = record.database.name if record.database else None
            live = [Path(item.live) for item in record.directories]
            with self.outage.around(database, live, redis=self._changes_redis()):
                record = perform(
                    journal,
                    record,
                    chain(moves, config.pairs),
                    server,
                    decide,
                    renamings=[*renamings, *config.renamings],
                )
                if self.redis:
                    self._switch_redis(self.redis)
            if not keep:
                try:
                    discard(journal, record, server)
                except SidekickError as error:
                    self.notices.append(Notice("previous_not_removed", cause=error))
            else:
                record = record_sizes(journal, record, server)
        return record

    def _switch_redis(self, redis: RedisRestore) -> None:
        """Put Redis's keys in place, as the last step: what is in place already stays."""
        try:
            redis.switch()
        except SidekickError as error:
            parts = [name for name, there in self._parts() if there]
            raise HostError(
                "redis_not_switched",
                server=redis.server.place,
                id=self.source.manifest.id,
                parts=listed(parts) or "-",
                cause=error,
            ) from error

    def _parts(self) -> list[tuple[str, bool]]:
        plan = self.plan
        return [
            (DATABASE, bool(plan.database)),
            (DIRECTORIES, bool(plan.directories)),
            (CONFIG, bool(plan.config)),
        ]


def _tables(entry: DatabaseEntry) -> Loaded:
    return Loaded("", {f"{table.schema}.{table.name}": table.rows for table in entry.tables})
