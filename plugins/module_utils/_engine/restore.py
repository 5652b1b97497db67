# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup: store → archive → staging → check → switch."""

from __future__ import annotations

import time

from .._errors import HostError, Notice, SidekickError
from .._postgres.properties import check_properties
from .._run.run import Run
from .._stack.quiesce import resume_orphaned_containers
from .._swap.journal import Journal
from .._swap.recover import recover
from .locate import Located, locate
from .outage import Outage
from .restore_plan import SKIP, UNDO, RestoreRequest, exclude_paths, make_plan
from .restore_result import Restored, RestoreResult
from .restore_source import RestoreSource, open_source
from .restore_whole import WholeRestore
from .selective import restore_selected
from .undo import undo

_NOT_EMPTY = ("target_not_empty", "target_written", "restore_target_full")


def restore(request: RestoreRequest, run: Run) -> RestoreResult:
    """Restore a backup beside what is there, prove it, and switch; or only some tables and paths of it.

    What is there already is left alone. Raise SidekickError; then everything is as it was before, but for leftovers
    of a killed run, which the next one removes or brings to an end.
    """
    started = time.monotonic()
    journal = Journal(request.journal)
    notices = recover(
        journal, request.server, request.directories, dry_run=request.dry_run, job_id=request.job_id
    )
    if not request.dry_run:
        notices += resume_orphaned_containers()
    outage = Outage(request.outage, notices, run)
    located = locate(request.backup, request.backup_dir)
    notices += located.notices
    with open_source(
        located,
        request.key,
        run,
        force=request.force,
        allow_plain=request.allow_plain,
        format=request.format,
        exclude=request.exclude_paths,
    ) as source:
        done = _restore(request, located, source, outage, notices, run)
        shown = {"id": source.manifest.id, "path": str(located.path), "format": source.format}
        stack = request.config_places.stack(source.manifest.stack)
    try:
        outage.wait()
    except HostError as error:
        raise _unhealthy(request, done, error, run) from error
    run.phase("done")
    return RestoreResult(
        changed=done.changed,
        backup=shown,
        database=done.database,
        directories=done.directories,
        config=done.config,
        config_previous=done.config_previous,
        redis=done.redis,
        stack=stack,
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        previous=done.previous,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
        application=outage.describe() or done.application,
        undeleted=done.undeleted,
    )


def _unhealthy(request: RestoreRequest, done: Restored, error: HostError, run: Run) -> SidekickError:
    """Return what is said where the application is not well after the exchange; undo that first where it is asked for."""
    if error.code != "application_unhealthy":
        return error
    if not done.previous:
        return HostError("application_unhealthy_for_good", **error.facts)
    if request.if_unhealthy != UNDO:
        return error
    try:
        undo(request, run)
    except SidekickError as failed:
        return HostError("application_unhealthy_twice", trouble=error, cause=failed)
    return HostError("application_unhealthy_undone", **error.facts)


def _restore(
    request: RestoreRequest,
    located: Located,
    source: RestoreSource,
    outage: Outage,
    notices: list[Notice],
    run: Run,
) -> Restored:
    if request.selective:
        if source.reader is None:
            raise HostError("selection_needs_format_1", path=located.path, format=source.format)
        found = restore_selected(request, source.reader, notices, run, request.rows)
        return Restored(
            changed=found.changed,
            database=found.database,
            directories=found.directories,
            sequences=found.sequences,
            whatsapp_sessions=found.whatsapp_sessions,
            previous=found.previous,
            undeleted=found.undeleted,
        )
    try:
        plan = make_plan(request, source.manifest, notices)
        if request.exclude_paths and source.reader:
            plan = exclude_paths(plan, source.reader, request.exclude_paths, notices)
        if plan.database and source.reader:
            check_properties(plan.database.properties)
        # A database without something of the backup is not the same as one with it.
        left = f"@{','.join(sorted(request.leave_out))}" if request.leave_out else ""
        mark = f"{source.manifest.id}{left}@{_store_id(located)}"
        return WholeRestore(request, plan, source, mark, notices, run, outage).go()
    except SidekickError as error:
        if not (request.if_not_empty == SKIP and error.code in _NOT_EMPTY):
            raise
        notices.append(Notice("restore_skipped", reason=error))
        return Restored(changed=False)


def _store_id(located: Located) -> str:
    record = located.store.record() if located.store else None
    return record.uuid if record else ""
