# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring single tables, files and directories into a Ticketz that is in use, all of them or none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .._archive.reader import ArchiveReader
from .._errors import HostError, Notice, listed
from .._run.run import Run
from .restore_plan import DATABASE, DIRECTORIES, REPLACE, SWAP, RestoreRequest
from .selective_paths import PathRestore
from .selective_tables import RowFilter, TableRestore
from .undelete import plan_undelete


@dataclass(frozen=True)
class Selected:
    """What was restored (in a dry run: what would be).

    :param changed: whether anything was.
    :param database: None if no tables were asked for. ``tables``: rows of each table afterwards. ``changes``: for each
        of them the rows that were ``inserted``, ``updated``, ``removed`` and ``relinked`` (a reference of theirs, lost
        when the row that it was to was deleted, was set again).
    :param directories: by name: path, ``files`` and ``bytes`` that were written; ``created``, ``replaced``, ``kept``
        (another content, left alone) and ``unchanged`` files.
    :param sequences: those that give values to the tables' columns.
    :param whatsapp_sessions: rows that came without their session, of each table.
    :param previous: ``safety_backup`` (``backup``, ``path``) of the tables of which rows were updated or removed.
    :param undeleted: ``tickets`` and ``contacts``, the numbers of those that were asked for, or belong to them.
    """

    changed: bool
    database: dict[str, Any] | None = None
    directories: dict[str, Any] = field(default_factory=dict)
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    previous: dict[str, Any] | None = None
    undeleted: dict[str, list[int]] | None = None


def restore_selected(
    request: RestoreRequest,
    reader: ArchiveReader,
    notices: list[Notice],
    run: Run,
    rows: RowFilter | None = None,
) -> Selected:
    """Restore only the request's ``tables`` and ``paths``, or what belonged to its ``tickets`` and ``contacts``.

    Tables go into the existing database: what is not there is inserted, and the rest is as ``merge`` and
    ``if_not_empty`` say. Paths go into the existing directories, whose places ``directories`` tells.

    :param rows: only these rows of these tables, with ``merge``: table → column → values.

    Raise SidekickError; then the database and the directories are as they were. Only after ``selected_undecided`` the
    files are back, and the rows perhaps.
    """
    if request.tickets or request.contacts:
        plan = plan_undelete(request, reader, notices)
        tables = TableRestore(plan.request, reader, notices, run, {}, plan)
        return replace(_restore(plan.request, reader, notices, run, tables), undeleted=plan.found)
    _check(request, rows)
    tables = TableRestore(request, reader, notices, run, rows or {})
    return _restore(request, reader, notices, run, tables)


def _restore(
    request: RestoreRequest,
    reader: ArchiveReader,
    notices: list[Notice],
    run: Run,
    tables: TableRestore,
) -> Selected:
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
            if installed and getattr(error, "code", "") != "selected_undecided":
                paths.take_back()
            raise
        return _result(request, tables, paths)


def _result(request: RestoreRequest, tables: TableRestore, paths: PathRestore) -> Selected:
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
    return Selected(
        changed=done.changed or paths.changes,
        database=database,
        directories=paths.describe(),
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        previous=done.previous,
    )


def _check(request: RestoreRequest, rows: RowFilter | None) -> None:
    """Refuse what makes no sense together. Raise HostError (``option_invalid``)."""
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
    if rows and not request.merge:
        raise _invalid("rows", listed(rows), "it needs merge: true")


def _invalid(option: str, value: str, cause: str) -> HostError:
    return HostError("option_invalid", option=option, value=value, cause=cause)
