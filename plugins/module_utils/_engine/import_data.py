# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Importing what ``retrieve`` took from another system: tables as CSV, and the public folder.

The tables of a migrated database are filled in one transaction, whose commit comes last; the folder is unpacked beside
its target before that, and renamed right before the commit.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from .._archive.csvfields import projection, records
from .._archive.demand import PLAIN
from .._archive.keys import Key
from .._archive.legacy.entries import LegacyArchive
from .._archive.legacy.layouts import PUBLIC, RETRIEVED
from .._archive.legacy.survey import Totals, survey
from .._archive.legacy.tables import CsvTable, survey_tables
from .._archive.legacy.unpack import unpack
from .._archive.rawfile import open_archive
from .._components.database.sessions import clear_whatsapp_sessions
from .._components.directories import staging
from .._errors import DatabaseError, HostError, Notice, SidekickError, listed
from .._postgres.foreign_code import use_own_search_path
from .._postgres.sequences import move_sequences, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session
from .._postgres.table_import import (
    ExistingTable,
    Pieces,
    copy_csv,
    count_rows,
    drop_foreign_keys,
    existing_tables,
    lock,
    mark_seeds,
    recreate_foreign_keys,
)
from .._postgres.transaction import ask_whether_committed, transaction_number
from .._run.run import Run
from .._store.space import require_inodes, require_space
from .._store.state_dir import state_dir
from .._swap.journal import LOCK_TIMEOUT, Journal
from .._swap.places import Place, pairs, remove_leftovers
from .._swap.prepare import directory_swaps, new_record
from .._swap.record import RESTORE, Record
from .._swap.recover import recover
from .._swap.switch import discard, perform, take_back
from .locate import Located
from .opening import demand

#: the only directory that such an archive can have
NAME = "public"
FAIL, SKIP = "fail", "skip"
#: Those of the public repository ``ticketz-oss/ticketz``. They would add a default company, its settings, and a user who
#: may do everything and has a password that everybody knows; the application's own import marks them as done, too.
SEEDS = (
    "20200904070005-create-default-company.js",
    "20200904070006-create-default-user.js",
    "20200904070007-create-default-settings.js",
)
_NOT_EMPTY = ("import_not_empty", "import_target_full")


@dataclass(frozen=True)
class ImportRequest:
    """What to import, and where to.

    :param archive: ``retrieved_data.tar.gz``; None to import no tables.
    :param public_archive: ``public_data.tar.gz``; None to import no files.
    :param directories: where ``public`` is to be.
    :param if_not_empty: ``fail`` or ``skip``: what to do where there is something already.
    :param clear_sessions: disconnect WhatsApp and forget its keys.
    :param fix_sequences: move sequences on that are behind their tables.
    :param ignore_unknown: leave out tables and columns that the database does not have.
    :param seeds: names of the application's seeds that count as done afterwards.
    :param key: that of this host's backups: where one is given, an archive without encryption must be allowed.
    :param allow_plain: allows it.
    :param force: unpack symbolic links that lead out of their directory.
    :param dry_run: check everything, change nothing.
    :param journal: where switches of directories are written down.
    :param job_id: names the run to others who wait for the journal.
    """

    server: Server
    archive: Path | None
    public_archive: Path | None
    directories: Mapping[str, Path] = field(default_factory=dict)
    if_not_empty: str = FAIL
    clear_sessions: bool = True
    fix_sequences: bool = True
    ignore_unknown: bool = False
    seeds: tuple[str, ...] = SEEDS
    key: Key | None = None
    allow_plain: bool = False
    force: bool = False
    dry_run: bool = False
    journal: Path = field(default_factory=lambda: state_dir("switches"))
    job_id: str = ""


@dataclass(frozen=True)
class ImportResult:
    """What was imported (in a dry run: what would be)."""

    changed: bool
    backup: dict[str, Any]
    database: dict[str, Any] | None
    directories: dict[str, Any]
    sequences: list[dict[str, Any]]
    whatsapp_sessions: dict[str, int]
    seeds: list[str]
    duration: float
    notices: tuple[Notice, ...]


@dataclass
class _Done:
    """What has been imported, or would be."""

    changed: bool = False
    tables: dict[str, int] | None = None
    directories: dict[str, Any] = field(default_factory=dict)
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    seeds: list[str] = field(default_factory=list)


def import_data(request: ImportRequest, run: Run) -> ImportResult:
    """Import tables and files, all of them or none.

    Raise SidekickError; then database and directory are as they were, but for ``import_undecided``.
    """
    started = time.monotonic()
    check_request(request)
    for path in (request.archive, request.public_archive):
        if path is not None:
            # What retrieve has made is never encrypted.
            demand(Located(path), request.key, request.allow_plain).check(PLAIN, str(path))
    journal = Journal(request.journal)
    notices: list[Notice] = []
    if request.directories or not request.dry_run:
        notices = recover(
            journal, request.server, request.directories, dry_run=request.dry_run, job_id=request.job_id
        )
    try:
        done = _Run(request, notices, run).run()
    except SidekickError as error:
        if not (request.if_not_empty == SKIP and error.code in _NOT_EMPTY):
            raise
        notices.append(Notice("restore_skipped", reason=error))
        done = _Done()
    run.phase("done")
    shown = request.archive or request.public_archive or Path()
    database = None
    if done.tables is not None:
        database = {
            "name": request.server.database,
            "strategy": "in_place",
            "tables": done.tables,
            "adaptations": [],
        }
    return ImportResult(
        changed=done.changed,
        backup={"id": shown.name.split(".")[0], "path": str(shown), "format": "retrieved"},
        database=database,
        directories=done.directories,
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        seeds=done.seeds,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
    )


def check_request(request: ImportRequest) -> None:
    """Make sure that the options fit together. Raise HostError (``option_invalid``)."""
    if request.archive is None and request.public_archive is None:
        cause = "archive or public_archive must say what to import"
        raise HostError("option_invalid", option="archive", value="-", cause=cause)
    if (request.public_archive is None) != (NAME not in request.directories):
        cause = f"it and directories, with a path for {NAME}, go together"
        value = request.public_archive or request.directories.get(NAME)
        raise HostError("option_invalid", option="public_archive", value=value, cause=cause)
    others = listed(sorted(name for name in request.directories if name != NAME))
    if others:
        raise HostError(
            "component_absent", component=f"directories: {others}", id="public_archive", present=NAME
        )


@contextmanager
def _opened(path: Path, kind: str, **options: Any) -> Iterator[LegacyArchive]:
    fd = open_archive(str(path))
    try:
        yield LegacyArchive(fd, str(path), RETRIEVED if kind == "tables" else PUBLIC, **options)
    finally:
        os.close(fd)


def prove_tables(path: Path, run: Run) -> list[CsvTable]:
    """Read an archive of tables to its end; return what is in it. Raise ArchiveError."""
    with _opened(path, "tables") as archive:
        return survey_tables(archive, run.count_files)


def prove_public(path: Path, run: Run) -> Totals:
    """Read an archive of the public folder to its end, whatever its links lead to. Raise ArchiveError."""
    with _opened(path, "files", allow_unsafe_links=True) as archive:
        return survey(archive, lambda _entry, _content: None, run.count_files).get(NAME, Totals())


class _Run:
    """One import."""

    def __init__(self, request: ImportRequest, notices: list[Notice], run: Run) -> None:
        self._request = request
        self._notices = notices
        self._run = run
        self._done = _Done()

    def run(self) -> _Done:
        """Import, or in a dry run make sure that it could be done."""
        request = self._request
        with ExitStack() as stack:
            archive: LegacyArchive | None = None
            tables: list[CsvTable] = []
            if request.archive is not None:
                archive = stack.enter_context(_opened(request.archive, "tables"))
                self._run.phase(f"proving {request.archive.name}")
                tables = survey_tables(archive, self._run.count_files)
            staged = self._files(stack)
            if archive is None:
                if not request.dry_run and staged:
                    self._switch(staged)
                self._done.changed = True
                return self._done
            with Session.open(request.server) as session:
                self._run.phase("looking at the tables")
                tables, targets = self._targets(session, tables)
                self._done.tables = {targets[table.name].key: table.rows for table in tables}
                self._done.changed = True
                if not request.dry_run:
                    self._load(session, archive, tables, targets, staged)
        return self._done

    def _files(self, stack: ExitStack) -> staging.Staged | None:
        """Prove the public folder's archive, and unpack it beside its target; return where."""
        request = self._request
        if request.public_archive is None:
            return None
        place = staging.check_place(NAME, request.directories[NAME])
        if place.full:
            raise HostError("import_target_full", name=NAME, path=place.live, count=place.count)
        archive = stack.enter_context(
            _opened(request.public_archive, "files", allow_unsafe_links=request.force)
        )
        self._run.phase(f"proving {request.public_archive.name}")
        totals = survey(archive, lambda _entry, _content: None, self._run.count_files).get(NAME, Totals())
        require_inodes(place.beside, totals.files)
        require_space(place.beside, totals.bytes)
        self._done.directories[NAME] = {
            "path": str(place.live),
            "files": totals.files,
            "bytes": totals.bytes,
        }
        return None if request.dry_run else self._unpack(stack, archive, place)

    def _unpack(self, stack: ExitStack, archive: LegacyArchive, place: Place) -> staging.Staged:
        self._notices += remove_leftovers(place)
        staged = staging.stage(place)
        stack.callback(staged.remove)
        self._run.phase("directories", bytes=self._done.directories[NAME]["bytes"])
        found = unpack(archive, {NAME: str(staged.staging)}, self._run.count_files)
        self._notices += found[NAME].notices
        return staged

    def _load(
        self,
        session: Session,
        archive: LegacyArchive,
        tables: Sequence[CsvTable],
        targets: Mapping[str, ExistingTable],
        staged: staging.Staged | None,
    ) -> None:
        """Fill the tables in one transaction, at whose end the directory changes too."""
        ordered = [targets[table.name] for table in tables]
        switched: Record | None = None
        transaction = ""
        try:
            with session.transaction():
                self._fill(session, archive, tables, targets)
                # Whatever is put off until the commit happens now, while it can still be told from a lost connection.
                session.execute("SET CONSTRAINTS ALL IMMEDIATE")
                transaction = transaction_number(session)
                if staged is not None:
                    switched = self._switch(staged, keep_record=True)
                self._run.phase("committing")
        except BaseException as error:
            if not _committed(self._request.server, transaction, error):
                if switched is not None:
                    take_back(Journal(self._request.journal), switched, None)
                raise
        if switched is not None:
            self._discard(switched)
        self._run.phase("statistics")
        # Another session: this one's may be what was lost at the commit.
        with Session.open(self._request.server) as other:
            use_own_search_path(other)
            for table in ordered:
                other.execute(f"ANALYZE {table.quoted}", context=table.key)

    def _fill(
        self,
        session: Session,
        archive: LegacyArchive,
        tables: Sequence[CsvTable],
        targets: Mapping[str, ExistingTable],
    ) -> None:
        ordered = [targets[table.name] for table in tables]
        lock(session, ordered)
        _check_empty(session, ordered)  # as it is now that nobody else can write
        keys = drop_foreign_keys(session, ordered)
        self._run.phase(
            "data", rows=sum(table.rows for table in tables), bytes=sum(table.bytes for table in tables)
        )
        wanted = {table.path: table for table in tables}
        for item, content in archive.items():
            table = wanted.get(item.path)
            if table is not None:
                self._copy(session, targets[table.name], table, content())
        self._run.phase("counting rows")
        found = count_rows(session, ordered)
        for table in tables:
            target = targets[table.name]
            if found[target.key] != table.rows:
                raise _rows_lost(target, table, found[target.key])
        self._run.phase("foreign keys")
        for _key in recreate_foreign_keys(session, keys):
            self._run.check()
        self._run.phase("sequences")
        if self._request.fix_sequences:
            changes = plan_sequences(session, notices=self._notices)
            move_sequences(session, changes)
            self._done.sequences = [asdict(change) for change in changes]
        if self._request.clear_sessions:
            self._done.whatsapp_sessions = clear_whatsapp_sessions(session)
        self._done.seeds = mark_seeds(session, self._request.seeds)

    def _targets(
        self, session: Session, tables: Sequence[CsvTable]
    ) -> tuple[list[CsvTable], dict[str, ExistingTable]]:
        """Return the tables that are imported, and those of the database that they go to.

        Raise DatabaseError: ``import_tables_unknown``, ``import_columns_unknown``, ``import_columns_missing``,
        ``import_not_owner``, ``import_not_empty``.
        """
        found = existing_tables(session, [table.name for table in tables])
        facts = {"database": session.server.database, "server": session.server.place}
        ignored: list[Notice] = []

        def refuse(code: str, names: Iterable[str], **more: object) -> None:
            shown = listed(names)
            if shown:
                raise DatabaseError(code, tables=shown, **facts, **more)

        def unknown(code: str, names: Sequence[str]) -> None:
            if not self._request.ignore_unknown:
                refuse(code, names)
            elif names:
                ignored.append(Notice("import_ignored", names=listed(names)))

        unknown("import_tables_unknown", [table.name for table in tables if table.name not in found])
        known = [table for table in tables if table.name in found]
        unknown(
            "import_columns_unknown",
            [
                f"{table.name}.{name}"
                for table in known
                for name in table.columns
                if not found[table.name].takes(name)
            ],
        )
        refuse("import_tables_unknown", [] if known else [table.name for table in tables])
        refuse(
            "import_columns_missing",
            (
                f"{table.name}.{column}"
                for table in known
                for column in found[table.name].required
                if table.rows and column not in table.columns
            ),
        )
        owned = (target.key for target in found.values() if not target.owned)
        refuse("import_not_owner", owned, user=session.server.user)
        _check_empty(session, [found[table.name] for table in known])
        self._notices += ignored
        return known, found

    def _copy(
        self, session: Session, target: ExistingTable, table: CsvTable, content: Iterator[memoryview]
    ) -> None:
        def counted() -> Iterator[memoryview]:
            for piece in content:
                self._run.count_bytes(len(piece))
                yield piece

        places = [number for number, column in enumerate(table.columns) if target.takes(column)]
        pieces: Iterator[bytes | memoryview] = counted()
        if len(places) < len(table.columns):
            pieces = map(projection(places), records(bytes(piece) for piece in counted()))
        columns = [table.columns[place] for place in places]
        loaded = copy_csv(session, target, columns, Pieces(pieces), table.file)
        if loaded != table.rows:
            raise _rows_lost(target, table, loaded)
        self._run.count(loaded, 0)

    def _switch(self, staged: staging.Staged, *, keep_record: bool = False) -> Record:
        """Give the directory its name.

        :param keep_record: so that it can still be taken back.
        """
        self._run.phase("switching")
        journal = Journal(self._request.journal)
        with journal.lock("import", self._request.job_id).acquire(LOCK_TIMEOUT):
            directories, renamings = directory_swaps([(staged.place, staged.staging)])
            backup = (self._request.public_archive or Path()).name.split(".")[0]
            record = new_record(RESTORE, backup, keep=False, directories=directories)
            moves = chain.from_iterable(
                pairs(staged.place, renaming.source, renaming.spare) for renaming in renamings
            )
            record = perform(journal, record, moves, None, renamings=renamings)
            if not keep_record:
                self._discard(record)
        return record

    def _discard(self, record: Record) -> None:
        try:
            discard(Journal(self._request.journal), record, None)
        except SidekickError as error:
            self._notices.append(Notice("previous_not_removed", cause=error))


def _rows_lost(target: ExistingTable, table: CsvTable, found: int) -> DatabaseError:
    return DatabaseError(
        "import_rows_lost", table=target.key, file=table.file, expected=table.rows, found=found
    )


def _check_empty(session: Session, tables: Sequence[ExistingTable]) -> None:
    full = {name: rows for name, rows in count_rows(session, tables).items() if rows}
    if full:
        raise DatabaseError(
            "import_not_empty",
            database=session.server.database,
            server=session.server.place,
            tables=listed(f"{name} ({rows} rows)" for name, rows in full.items()),
        )


def _committed(server: Server, transaction: str, error: BaseException) -> bool:
    """Return whether a transaction was committed although its answer was lost.

    Raise DatabaseError (``import_undecided``) if the server can't be asked.
    """
    if not (transaction and isinstance(error, DatabaseError) and error.code == "connection_lost"):
        return False
    return ask_whether_committed(server, transaction, "import_undecided")
