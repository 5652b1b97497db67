# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup: store → archive → staging → check → switch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._archive.manifest import DatabaseEntry
from .._archive.reader import ArchiveReader
from .._archive.unpack import unpack_directory
from .._errors import Notice, SidekickError
from .._postgres.target import Target
from . import staging
from .beside import Beside
from .config_files import ConfigFile, config_written, plan_config
from .database_target import Loaded, LoadOptions, load_database
from .locate import Located, locate
from .restore_plan import RestorePlan, RestoreRequest, check_database, make_plan
from .watch import Watch

_NOT_EMPTY = ("target_not_empty", "restore_target_full")


@dataclass(frozen=True)
class RestoreResult:
    """What was restored (in a dry run: what would be)."""

    changed: bool
    backup: dict[str, Any]
    database: dict[str, Any] | None
    directories: dict[str, Any]
    config: list[str]
    sequences: list[dict[str, Any]]
    whatsapp_sessions: dict[str, int]
    duration: float
    notices: tuple[Notice, ...]


@dataclass
class _Done:
    """What has been restored, or would be."""

    changed: bool = True
    database: dict[str, Any] | None = None
    directories: dict[str, Any] = field(default_factory=dict)
    config: list[str] = field(default_factory=list)
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)


def restore(request: RestoreRequest, watch: Watch) -> RestoreResult:
    """Restore a backup beside what is there, prove it, and switch.

    Raise SidekickError; then everything is as it was before, but for leftovers of a killed run, which
    the next one removes.
    """
    started = time.monotonic()
    notices: list[Notice] = []
    located = locate(request.backup, request.backup_dir)
    watch.phase(f"opening {located.path.name}")
    with ArchiveReader.open(str(located.path), request.key) as reader:
        try:
            plan = make_plan(request, reader.manifest, notices)
            mark = f"{reader.manifest.id}@{_store_id(located)}"
            done = _Run(request, plan, reader, mark, notices, watch).go()
        except SidekickError as error:
            if not (request.skip_not_empty and error.code in _NOT_EMPTY):
                raise
            notices.append(Notice("restore_skipped", reason=error))
            done = _Done(changed=False)
        shown = {"id": reader.manifest.id, "path": str(located.path), "format": "1"}
    watch.phase("done")
    return RestoreResult(
        changed=done.changed,
        backup=shown,
        database=done.database,
        directories=done.directories,
        config=done.config,
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
    )


def _store_id(located: Located) -> str:
    record = located.store.record() if located.store else None
    return record.uuid if record else ""


@dataclass
class _Run:
    """One restore, from its plan on.

    :param mark: what the database is to remember of its origin.
    """

    request: RestoreRequest
    plan: RestorePlan
    reader: ArchiveReader
    mark: str
    notices: list[Notice]
    watch: Watch
    config: list[ConfigFile] = field(default_factory=list)

    def go(self) -> _Done:
        """Restore, or in a dry run make sure that it could be done."""
        entry = self.plan.database
        self.config = plan_config(self.reader, self.plan.config)
        if entry is None:
            return self._predicted() if self.request.dry_run else self._files_only()
        with Target.open(self.request.server) as target:
            check_database(self.request, target, entry, self.notices)
            if self.request.dry_run:
                return self._predicted()
            target.drop_leftovers()
            return self._everything(target, entry)

    def _predicted(self) -> _Done:
        entry = self.plan.database
        tables = {f"{table.schema}.{table.name}": table.rows for table in entry.tables} if entry else {}
        return self._done(Loaded("", tables) if entry else None)

    def _done(self, loaded: Loaded | None) -> _Done:
        config = [str(file.path) for file in self.config if file.missing]
        done = _Done(
            changed=bool(loaded or self.plan.directories or config),
            directories=self.plan.describe(),
            config=config,
        )
        if loaded:
            done.database = {
                "name": self.request.server.database,
                "strategy": "swap",
                "tables": loaded.tables,
                "adaptations": loaded.adaptations,
            }
            done.sequences = loaded.sequences
            done.whatsapp_sessions = loaded.whatsapp_sessions
        return done

    @contextmanager
    def _staged(self) -> Iterator[list[staging.Staged]]:
        """Make a staging directory beside each target; remove what was not exchanged at the end of the block."""
        for _entry, target in self.plan.directories:
            staging.remove_leftovers(target)
        staged: list[staging.Staged] = []
        try:
            for entry, target in self.plan.directories:
                staged.append(staging.stage(entry.name, target))
            yield staged
        finally:
            for item in staged:
                item.remove()

    def _unpack(self, staged: list[staging.Staged], watch: Watch) -> None:
        """Fill the staging directories, and prove what is in them."""
        for (entry, _target), item in zip(self.plan.directories, staged):
            unpacked = unpack_directory(
                self.reader,
                entry,
                str(item.staging),
                jobs=self.request.jobs,
                allow_unsafe_links=self.request.force,
                progress=watch.count_files,
            )
            self.notices += unpacked.notices

    def _files_only(self) -> _Done:
        with self._staged() as staged:
            self.watch.phase("directories")
            self._unpack(staged, self.watch)
            self.watch.phase("switching")
            with config_written(self.config):
                staging.exchange(staged)
        return self._done(None)

    def _everything(self, target: Target, entry: DatabaseEntry) -> _Done:
        options = LoadOptions(
            self.request.jobs,
            self.request.role_mapping,
            fix_sequences=self.request.fix_sequences,
            clear_sessions=self.request.clear_sessions,
        )
        with self._staged() as staged:
            # At the same time: the one waits for the server and the log, the other for the disk.
            with Beside(lambda watch: self._unpack(staged, watch), self.watch) as beside:
                loaded = load_database(
                    target,
                    self.request.server,
                    self.reader,
                    entry,
                    options,
                    self.mark,
                    self.notices,
                    beside.watch,
                )
                try:
                    self.watch.phase("directories")
                    beside.wait()
                except BaseException:
                    target.drop(loaded.name)
                    raise
            self.watch.phase("switching")
            with config_written(self.config):
                _switch(target, loaded, staged)
        return self._done(loaded)


def _switch(target: Target, loaded: Loaded, staged: list[staging.Staged]) -> None:
    """Put the directories and the new database in place; all of them or none.

    The database comes last: what was renamed in the file system can be taken back whatever happens, a
    database only while nobody is connected.
    """
    try:
        staging.exchange(staged)
        try:
            old = target.take_place(loaded.name)
        except BaseException:
            staging.take_back(staged)
            raise
    except BaseException:
        target.drop(loaded.name)
        raise
    if old:
        target.drop(old)
