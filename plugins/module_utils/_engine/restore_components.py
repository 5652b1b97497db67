# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a restore of whole components, all or nothing. No component is named here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from typing import Any

from .._components.component import Change, Need, Policy, Staged
from .._errors import Notice, SidekickError
from .._run.background_task import BackgroundTask
from .._run.run import Run
from .._swap.journal import LOCK_TIMEOUT, Journal
from .._swap.prepare import new_record
from .._swap.record import RESTORE, Record
from .._swap.sizes import record_sizes
from .._swap.switch import discard, no_decision, perform
from .outage import Outage
from .restore_result import Restored


@dataclass(frozen=True)
class Switching:
    """Options for putting a backup's components in place.

    :param backup: its id.
    :param outage: stops the application that uses what is exchanged.
    :param verb: name of the run for others who wait for the journal.
    """

    backup: str
    policy: Policy
    journal: Journal
    outage: Outage
    notices: list[Notice]
    verb: str = RESTORE


def restore_components(changes: Sequence[Change], switching: Switching, run: Run) -> Restored:
    """Restore components that differ from the backup, or in a dry run check that it is possible.

    Order: remove leftovers; plan all; fill those that take long, concurrently; stage the late ones; exchange.

    :param changes: opened; planned in this order, in which the first refusal ends the restore.

    Raise SidekickError; then everything is unchanged.
    """
    if not switching.policy.dry_run:
        # Before any of them is planned: the refusal of one ends the restore.
        for change in changes:
            switching.notices.extend(change.clean())
    needs: list[Need] = []
    for change in changes:
        change.plan(run, needs)
    pending = [change for change in changes if change.pending]
    if switching.policy.dry_run or not pending:
        used = frozenset(chain.from_iterable(change.used for change in pending))
        application = switching.outage.predict(used) if switching.policy.dry_run else None
        return _restored(changes, bool(pending), application)
    with ExitStack() as stack:
        long = [(change, stack.enter_context(change.stage())) for change in pending if not change.late]
        _fill(long, run)
        run.phase("switching")
        late = [(change, stack.enter_context(change.stage())) for change in pending if change.late]
        record = _switch([*long, *late], switching, run)
    return _restored(changes, True, switching.outage.describe(), record)


def _fill(staged: Sequence[tuple[Change, Staged]], run: Run) -> None:
    """Fill all concurrently: the deciding one waits for its server and WAL, the others for the disk."""
    others = [(change.component, each) for change, each in staged if not change.decides]

    def fill_others(run: Run) -> None:
        for _component, each in others:
            each.fill(run)

    deciding = [each for change, each in staged if change.decides]
    if not deciding:
        for component, each in others:
            run.phase(component)
            each.fill(run)
        return
    with BackgroundTask(fill_others, run) as background:
        for each in deciding:
            each.fill(background.run)
        for component, _each in others:
            run.phase(component)
        background.wait()


def _switch(staged: Sequence[tuple[Change, Staged]], switching: Switching, run: Run) -> Record:
    """Put everything in place, or nothing."""
    journal, policy = switching.journal, switching.policy
    keep = policy.keep_previous and any(change.full for change, _staged in staged)
    used = frozenset(chain.from_iterable(change.used for change, _staged in staged))
    parts = [each for _change, each in staged]
    with journal.lock(switching.verb, run.job_id).acquire(LOCK_TIMEOUT):
        record = new_record(RESTORE, switching.backup, keep=keep)
        for each in parts:
            record = each.prepare(record)
        decide, server = no_decision, None
        for change, each in staged:
            if change.decides:
                decide, server = each.decide, each.server
        with switching.outage.around(used):
            record = perform(
                journal,
                record,
                chain.from_iterable(each.pairs() for each in parts),
                server,
                decide,
                renamings=[renaming for each in parts for renaming in each.renamings()],
            )
            for change, each in staged:
                each.settle(record, [other.component for other, _staged in staged if other is not change])
        if keep:
            return record_sizes(journal, record, server)
        try:
            discard(journal, record, server)
        except SidekickError as error:
            switching.notices.append(Notice("previous_not_removed", cause=error))
        return record


def _restored(
    changes: Sequence[Change],
    changed: bool,
    application: dict[str, Any] | None,
    record: Record | None = None,
) -> Restored:
    members: dict[str, Any] = {}
    kept: dict[str, str] = {}
    for change in changes:
        members.update(change.report())
        kept.update(change.previous())
    previous = {**record.describe(), **kept} if record and (record.keep or kept) else None
    return Restored(changed=changed, previous=previous, application=application, **members)
