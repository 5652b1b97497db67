# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Importing the output of ``retrieve`` from another system: tables as CSV, and the public folder.

The tables of a migrated database are filled in one transaction, whose commit comes last; the folder is unpacked next to
its target at the same time, and renamed right before the commit.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._archive.demand import PLAIN
from .._archive.directory_entry import DirectoryEntry
from .._archive.keys import Key
from .._archive.legacy.tables import survey_tables
from .._components.component import FAIL, SKIP, Change, Context, Policy
from .._components.directories import staging
from .._components.directories.restore import DirectoriesChange
from .._errors import HostError, Notice, SidekickError, listed
from .._postgres.server import Server
from .._run.run import Run
from .._sources.retrieved import NAME, PublicFolder, opened, public_totals
from .._store.state_dir import state_dir
from .._swap.journal import Journal
from .._swap.recover import recover
from .import_tables import ImportedTables, TableOptions
from .locate import Located
from .opening import demand
from .outage import Outage
from .restore_components import Switching, restore_components
from .restore_result import Restored

#: Those of the public repository ``ticketz-oss/ticketz``. They would add a default company, its settings, and
#: an administrator with a well-known password. The application's own import marks them as done, too.
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
    :param directories: ``public`` → its target directory.
    :param if_not_empty: ``fail`` or ``skip``: what to do if a target is not empty.
    :param clear_sessions: disconnect WhatsApp and delete its keys.
    :param fix_sequences: advance sequences that are behind their tables.
    :param ignore_unknown: leave out tables and columns that the database does not have.
    :param seeds: names of the application's seeds that count as done afterwards.
    :param key: the key of this host's backups; if one is given, unencrypted archives must be allowed
        explicitly.
    :param allow_plain: allows them.
    :param force: unpack symbolic links that point outside their directory.
    :param dry_run: check everything, change nothing.
    :param journal: directory of the journal of exchanges.
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


@dataclass(frozen=True)
class ImportResult:
    """The result (in a dry run: the plan)."""

    changed: bool
    backup: dict[str, Any]
    database: dict[str, Any] | None
    directories: dict[str, Any]
    sequences: list[dict[str, Any]]
    whatsapp_sessions: dict[str, int]
    seeds: list[str]
    duration: float
    notices: tuple[Notice, ...]


def import_data(request: ImportRequest, run: Run) -> ImportResult:
    """Import tables and files, all of them or none.

    Raise SidekickError; then database and directory are unchanged, except after ``import_undecided``.
    """
    started = time.monotonic()
    check_request(request)
    for path in (request.archive, request.public_archive):
        if path is not None:
            # Archives of retrieve are never encrypted.
            demand(Located(path), request.key, request.allow_plain).check(PLAIN, str(path))
    journal = Journal(request.journal)
    notices: list[Notice] = []
    if request.directories or not request.dry_run:
        notices = recover(
            journal, request.server, request.directories, dry_run=request.dry_run, job_id=run.job_id
        )
    shown = request.archive or request.public_archive or Path()
    seeds: list[str] = []
    try:
        done = _import(request, journal, notices, seeds, run)
    except SidekickError as error:
        if not (request.if_not_empty == SKIP and error.code in _NOT_EMPTY):
            raise
        notices.append(Notice("restore_skipped", reason=error))
        done = Restored(changed=False)
    run.phase("done")
    return ImportResult(
        changed=done.changed,
        backup={"id": _id(shown), "path": str(shown), "format": "retrieved"},
        database=done.database,
        directories=done.directories,
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        seeds=seeds,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
    )


def _id(path: Path) -> str:
    return path.name.split(".")[0]


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


def _import(
    request: ImportRequest, journal: Journal, notices: list[Notice], seeds: list[str], run: Run
) -> Restored:
    """Import, or in a dry run check that it is possible."""
    policy = Policy(request.if_not_empty, keep_previous=False, dry_run=request.dry_run, force=request.force)
    context = Context(policy, notices=notices)
    backup = _id(request.public_archive or request.archive or Path())
    switching = Switching(backup, policy, journal, Outage(None, notices, run), notices, verb="import")
    with ExitStack() as stack:
        changes: list[Change] = []
        tables = (
            stack.enter_context(_tables(request, request.archive, context, stack, run))
            if request.archive
            else None
        )
        if request.public_archive:
            changes.append(stack.enter_context(_folder(request, request.public_archive, context, stack, run)))
        if tables:
            changes.append(tables)
        done = restore_components(changes, switching, run)
        if tables and not request.dry_run:
            tables.analyze(run)
            seeds += tables.seeds
        return done


def _tables(
    request: ImportRequest, path: Path, context: Context, stack: ExitStack, run: Run
) -> ImportedTables:
    """Verify the archive of the tables. Raise ArchiveError."""
    archive = stack.enter_context(opened(path, "tables"))
    run.phase(f"proving {path.name}")
    found = survey_tables(archive, run.count_files)
    options = TableOptions(
        request.clear_sessions, request.fix_sequences, request.ignore_unknown, request.seeds
    )
    return ImportedTables(request.server, archive, found, options, context.notices)


def _folder(request: ImportRequest, path: Path, context: Context, stack: ExitStack, run: Run) -> Change:
    """Verify the public folder's archive. Raise ArchiveError, HostError (``import_target_full``)."""
    place = staging.check_place(NAME, request.directories[NAME])
    if place.full:
        raise HostError("import_target_full", name=NAME, path=place.live, count=place.count)
    archive = stack.enter_context(opened(path, "files", allow_unsafe_links=request.force))
    run.phase(f"proving {path.name}")
    totals = public_totals(archive, run)
    entry = DirectoryEntry(NAME, str(place.live), totals.files, totals.bytes, ())
    return DirectoriesChange([(entry, place)], PublicFolder(archive), 1, context)
