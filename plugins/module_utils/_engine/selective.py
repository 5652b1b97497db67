# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring single tables, files and directories into a live Ticketz, all of them or none."""

from __future__ import annotations

from dataclasses import replace

from .._archive.reader import ArchiveReader
from .._components.component import REPLACE
from .._components.database.entry import DATABASE
from .._components.database.options import SWAP
from .._components.directories.entry import DIRECTORIES
from .._errors import HostError, Notice, listed
from .._run.run import Run
from .restore_result import Restored
from .selective_paths import PathRestore
from .selective_request import SelectedRequest
from .selective_tables import TableRestore
from .undelete import plan_undelete


def restore_selected(
    request: SelectedRequest,
    reader: ArchiveReader,
    notices: list[Notice],
    run: Run,
) -> Restored:
    """Restore only the request's ``tables`` and ``paths``, or what belonged to its ``tickets`` and ``contacts``.

    Tables go into the existing database: missing rows are inserted; ``merge`` and ``if_not_empty`` decide about
    the others. Paths go into the existing directories in ``directories``.

    Raise SidekickError; then the database and the directories are unchanged. Only after ``commit_undecided``,
    the files are restored, and the rows may be.
    """
    if request.tickets or request.contacts:
        plan = plan_undelete(request, reader, notices)
        tables = TableRestore(plan.request, reader, notices, run, plan)
        return replace(_restore(plan.request, reader, notices, run, tables), undeleted=plan.found)
    _check(request)
    tables = TableRestore(request, reader, notices, run)
    return _restore(request, reader, notices, run, tables)


def _restore(
    request: SelectedRequest,
    reader: ArchiveReader,
    notices: list[Notice],
    run: Run,
    tables: TableRestore,
) -> Restored:
    paths = PathRestore(request, reader, notices, run)
    paths.plan()
    if request.dry_run:
        if request.tables:
            tables.run(paths.install)
        return _result(request, tables, paths)
    with paths.staged():
        if not request.tables:
            run.phase("switching")
            paths.install()
            return _result(request, tables, paths)
        installed = []

        def install() -> None:
            paths.install()
            installed.append(True)

        try:
            tables.run(install)
        except BaseException as error:
            if installed and getattr(error, "code", "") != "commit_undecided":
                paths.take_back()
            raise
        return _result(request, tables, paths)


def _result(request: SelectedRequest, tables: TableRestore, paths: PathRestore) -> Restored:
    done = tables.done
    database = None
    if request.tables:
        database = {
            "name": request.server.database,
            "strategy": "in_place",
            "tables": done.tables,
            "changes": done.changes,
            "adaptations": [],
        }
    return Restored(
        changed=done.changed or paths.changes,
        database=database,
        directories=paths.describe(),
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        previous=done.previous,
    )


def _check(request: SelectedRequest) -> None:
    """Refuse options that don't fit together. Raise HostError (``option_invalid``)."""
    wanted = [(DATABASE, request.tables, "tables"), (DIRECTORIES, request.paths, "paths")]
    components = request.components
    if components is not None:
        asked = {component for component, selected, _option in wanted if selected}
        odd = [component for component in components if component not in asked]
        for component, selected, option in wanted:
            if selected and component not in components:
                raise _invalid("components", listed(components), f"{option} needs {component}")
        if odd:
            cause = "with tables or paths nothing else is restored"
            raise _invalid("components", listed(odd), cause)
    if request.strategy == SWAP and request.tables:
        raise _invalid("strategy", SWAP, "single tables are brought back in the database as it is")
    if request.merge and request.if_not_empty == REPLACE:
        raise _invalid("if_not_empty", REPLACE, "merge leaves what is there")
    if request.rows and not request.merge:
        raise _invalid("rows", listed(request.rows), "it needs merge: true")


def _invalid(option: str, value: str, cause: str) -> HostError:
    return HostError("option_invalid", option=option, value=value, cause=cause)
