# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup: store → archive → staging → check → switch."""

from __future__ import annotations

import time
from contextlib import ExitStack

from .._components.component import Context
from .._components.source import Source
from .._errors import HostError, Notice, SidekickError
from .._run.run import Run
from .._stack.quiesce import resume_orphaned_containers
from .._swap.journal import Journal
from .._swap.recover import recover
from .locate import Located, locate
from .outage import Outage
from .restore_components import Switching, restore_components
from .restore_request import UNDO, RestoreRequest
from .restore_result import Restored, RestoreResult
from .restore_source import open_source

_NOT_EMPTY = ("target_not_empty", "target_written", "restore_target_full")


def restore(request: RestoreRequest, run: Run) -> RestoreResult:
    """Restore a backup next to the live data, verify it, and exchange the two; or restore only some tables and paths.

    Components that are already equal to the backup stay. Raise SidekickError; then everything is unchanged,
    except for leftovers of a killed run, which the next run removes or completes.
    """
    started = time.monotonic()
    here, policy, choice = request.installation, request.policy, request.archive
    journal = Journal(here.journal)
    notices = recover(journal, here.server, here.directories, dry_run=policy.dry_run, job_id=run.job_id)
    if not policy.dry_run:
        notices += resume_orphaned_containers()
    outage = Outage(here.outage, notices, run)
    located = locate(choice.backup, choice.backup_dir)
    notices += located.notices
    with open_source(
        located,
        choice.key,
        run,
        force=policy.force,
        allow_plain=choice.allow_plain,
        format=choice.format,
    ) as source:
        if request.selected:
            done = _restore_selected(request, located, source, notices, run)
        else:
            context = Context(policy, _store_id(located), notices)
            switching = Switching(source.manifest.id, policy, journal, outage, notices)
            done = _restore_whole(request, source, context, switching, run)
        shown = {"id": source.manifest.id, "path": str(located.path), "format": source.format}
        stack = source.manifest.stack
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
    """Return the error for an unhealthy application after the exchange; undo the restore first if requested."""
    if error.code != "application_unhealthy":
        return error
    if not done.previous:
        return HostError("application_unhealthy", **{**error.facts, "problem": "for_good"})
    if request.if_unhealthy != UNDO:
        return error
    from .undo import undo

    try:
        undo(request.installation, run)
    except SidekickError as failed:
        return HostError("application_unhealthy_twice", trouble=error, cause=failed)
    return HostError("application_unhealthy_undone", **error.facts)


def _restore_selected(
    request: RestoreRequest, located: Located, source: Source, notices: list[Notice], run: Run
) -> Restored:
    if source.reader is None or request.selected is None:
        raise HostError("format_1_needed", path=located.path, format=source.format)
    # Imported late: not needed for a restore of whole components.
    from .selective import restore_selected

    return restore_selected(request.selected, source.reader, notices, run)


def _restore_whole(
    request: RestoreRequest, source: Source, context: Context, switching: Switching, run: Run
) -> Restored:
    try:
        chosen = [part.choose(source, context) for part in request.parts]
        with ExitStack() as stack:
            changes = [stack.enter_context(change) for change in chosen if change]
            return restore_components(changes, switching, run)
    except SidekickError as error:
        if not (context.policy.skips and error.code in _NOT_EMPTY):
            raise
        context.notices.append(Notice("restore_skipped", reason=error))
        return Restored(changed=False)


def _store_id(located: Located) -> str:
    record = located.store.record() if located.store else None
    return record.uuid if record else ""
