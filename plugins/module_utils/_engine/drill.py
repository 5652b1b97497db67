# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill: a real restore into a scratch database, verified and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from .._archive.reader import ArchiveReader
from .._components.database.entry import DATABASE
from .._components.database.load import Loaded, LoadOptions, load_database
from .._components.database.server_checks import check_server_space
from .._errors import ArchiveError, DatabaseError, Notice, SidekickError, listed
from .._postgres.embedded import embedded
from .._postgres.properties import name_list
from .._postgres.scratch_database import ScratchDatabase, is_predefined
from .._postgres.sequence_probe import UNPROVED, SequenceProof, probe_sequences
from .._postgres.server import Server
from .._run.background_task import BackgroundTask
from .._run.run import Run
from . import scratch_place
from .drill_files import DrilledFiles
from .drill_plan import DrillPlan, server_space
from .scratch import Scratch, scratch
from .stopwatch import Stopwatch

#: phase of the load → step of the drill
_STEPS = {
    "keys and indexes": "indexes",
    "comparing rows": "checks",
    "comparing the catalog": "checks",
    "directories": "waiting",
    "inserting": "inserts",
    "counting files": "count",
    "dropping": "cleanup",
}
#: More connections than the load has threads: one in addition to them, and one in reserve.
_MORE_SESSIONS = 2
#: Error code of a load for rows that differ from the backup.
_ROWS_DIFFER = "digest_differs"


@dataclass(frozen=True)
class Drilled:
    """The result of a drill, or, in a dry run, its plan.

    :param server: the server, as messages name it.
    :param database_version: version of the server for people.
    :param covers: the restored components: ``database``, ``directories:<name>``.
    :param tables: tables that were loaded.
    :param rows: rows that were loaded and compared.
    :param bytes: bytes of the rows' text, and of the files that were unpacked.
    :param files: files that were unpacked.
    :param duration: seconds without the verification of the archive; None in a dry run.
    :param complete: whether the database and every directory were restored.
    :param rto: seconds until a whole restore would have been ready for the exchange; None in a dry run, and if
        the drill was not complete.
    :param ready_after: seconds until the restored components were ready for the exchange; None in a dry run.
    :param steps: step → seconds.
    :param sequences: what was verified of each sequence.
    :param whatsapp_sessions: table → rows that were cleared.
    :param adaptations: definitions that differ from the backup.
    """

    server: str
    database_version: str
    covers: tuple[str, ...]
    tables: int
    rows: int
    bytes: int
    files: int
    complete: bool
    duration: float | None = None
    rto: float | None = None
    ready_after: float | None = None
    steps: dict[str, float] = field(default_factory=dict)
    sequences: tuple[SequenceProof, ...] = ()
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    adaptations: tuple[dict[str, str], ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return it in the form of the module's result."""
        return {
            **asdict(self),
            "covers": list(self.covers),
            "sequences": [asdict(proof) for proof in self.sequences],
            "adaptations": list(self.adaptations),
        }


def predicted(plan: DrillPlan) -> Drilled:
    """Return what a drill would do."""
    parts = plan.rehearsals
    return Drilled(
        server=plan.place,
        database_version=plan.version,
        covers=(DATABASE, *(name for part in parts for name in part.names)),
        tables=len(plan.database.tables),
        rows=sum(table.rows for table in plan.database.tables),
        bytes=sum(table.bytes for table in plan.database.tables) + sum(part.bytes for part in parts),
        files=sum(part.files for part in parts),
        complete=plan.complete,
    )


def drill(plan: DrillPlan, reader: ArchiveReader, jobs: int, notices: list[Notice], run: Run) -> Drilled:
    """Restore a backup, verify the result, and drop it.

    Everything is removed, whatever happens. Only a kill -9 leaves anything, which the next drill or restore
    removes.

    Raise SidekickError. ArchiveError means that the backup is damaged; every other error is about the server or
    this host.
    """
    with _scratch(plan) as room:
        drilling = _Drill(plan, reader, jobs, notices, run, room)
        with drilling.server() as server:
            return drilling.run_on(server)


@contextmanager
def _scratch(plan: DrillPlan) -> Iterator[Scratch | None]:
    scratch_place.clean(plan.rooms)
    if plan.room is None:
        yield None
        return
    with scratch(plan.room, passable=plan.installation is not None) as room:
        yield room


@dataclass
class _Drill:
    """A drill, starting with its plan."""

    plan: DrillPlan
    reader: ArchiveReader
    jobs: int
    notices: list[Notice]
    run: Run
    room: Scratch | None
    clock: Stopwatch = field(default_factory=lambda: Stopwatch(_STEPS))
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def server(self) -> Iterator[Server]:
        """Yield the server: an existing one, or one that runs only during the block."""
        if self.plan.installation is None or self.room is None:
            yield self.plan.server
            return
        self.run.phase("starting a server")
        self.clock.begin("server")
        with embedded(self.plan.installation, self.room.path, self.room.lock, self.run.check) as server:
            self.clock.begin(None)
            yield server

    def run_on(self, server: Server) -> Drilled:
        """Restore and prove."""
        with ScratchDatabase.attach(server, self.jobs + _MORE_SESSIONS) as target:
            try:
                drilled = self._restore(server, target)
            except SidekickError as error:
                if target.leftover:
                    error.facts["leftover"] = target.leftover
                raise
            self._report(drilled)
            if target.leftover:
                self.notices.append(
                    Notice("drill_leftover", database=target.leftover, server=self.plan.place)
                )
        return drilled

    def _report(self, drilled: Drilled) -> None:
        unproved = [
            proof for proof in drilled.sequences if proof.proof == UNPROVED and proof.table is not None
        ]
        if unproved:
            shown = listed(f"{proof.sequence} ({proof.detail})" for proof in unproved)
            self.notices.append(Notice("drill_sequences_unproved", count=len(unproved), sequences=shown))

    def _restore(self, server: Server, target: ScratchDatabase) -> Drilled:
        target.drop_leftovers()
        if self.plan.installation is None:
            check_server_space(target, server_space(self.plan.database), [])
        else:
            target.add_roles({self._stand_ins.get(role, role) for role in self.plan.roles})
        files = DrilledFiles(self.plan.rehearsals, self.room, self.clock)
        run = self.clock.timed(self.run)
        self.clock.begin("create")
        begun = time.monotonic()
        # Concurrently, as in a restore: the one waits for the server, the other for the disk.
        with BackgroundTask(partial(files.unpack, self.reader, self.jobs, self.notices), run) as background:
            loaded = self._load(server, target, background.run)
            try:
                background.run.phase("directories")
                background.wait()
                ready = time.monotonic()
                run.phase("inserting")
                proofs = self._insert(server.on(loaded.name), target)
                if files.rehearsals:
                    run.phase("counting files")
                    files.count()
            finally:
                run.progress(phase="dropping")
                target.drop(loaded.name)
                files.remove()
        self.clock.begin(None)
        return self._drilled(target, loaded, proofs, ready - begun)

    @cached_property
    def _stand_ins(self) -> dict[str, str]:
        """Predefined roles, of which some may run programs and read files, and their replacements.

        On an embedded server they own nothing and have no members.
        """
        if self.plan.installation is None:
            return {}
        return {role: f"stand_in_for_{role}" for role in self.plan.roles if is_predefined(role)}

    def _load(self, server: Server, target: ScratchDatabase, run: Run) -> Loaded:
        options = LoadOptions(
            self.jobs, self._stand_ins, fix_sequences=True, clear_sessions=True, trusting=False
        )
        try:
            return load_database(
                target,
                server,
                self.reader,
                self.plan.database,
                options,
                "",
                self.notices,
                run,
                connect=target.connect,
                administer=target.administer,
            )
        except DatabaseError as error:
            same = target.version // 10000 == self.plan.database.server_version_num // 10000
            if same and error.code == _ROWS_DIFFER:
                # The data are those of the backup, and the server has the source's version, so the backup is
                # damaged.
                raise ArchiveError(
                    "drill_rows_differ", path=self.reader.path, table=error.facts["table"], cause=error
                ) from error
            raise

    def _insert(self, server: Server, target: ScratchDatabase) -> tuple[SequenceProof, ...]:
        with target.connect(server) as session:
            session.execute(f"SET search_path = {name_list(self.plan.database.search_path)}")
            return tuple(probe_sequences(session, self.run.check))

    def _drilled(
        self,
        target: ScratchDatabase,
        loaded: Loaded,
        proofs: tuple[SequenceProof, ...],
        ready_after: float,
    ) -> Drilled:
        expected = predicted(self.plan)
        return replace(
            expected,
            database_version=target.product_version,
            tables=len(loaded.tables),
            rows=sum(loaded.tables.values()),
            duration=round(time.monotonic() - self.started, 3),
            rto=round(ready_after, 3) if self.plan.complete else None,
            ready_after=round(ready_after, 3),
            steps=self.clock.rounded(),
            sequences=proofs,
            whatsapp_sessions=loaded.whatsapp_sessions,
            adaptations=tuple(loaded.adaptations),
        )
