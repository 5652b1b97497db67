# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying missing archives to the other side, and verifying them there."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .._errors import HostError, Notice, SidekickError, listed
from .._run.run import Run
from .._store import proofs, times
from .._store.sidecar import SYNCED, Proof
from .._store.store import Store
from .._store.units import human_size
from . import child, incoming, record, rsync
from .destination import BY, Destination, LocalDestination
from .inventory import Copy, Inventory
from .plan import Plan, plan
from .remote import RemoteDestination, RemoteSource
from .source import LocalSource, Source
from .target import PUSH, Target

#: Bytes to leave free for sidecars, locks and retention on the other side.
_MARGIN = 4 * 1024 * 1024


@dataclass(frozen=True)
class OffsiteRequest:
    """The request for copying.

    :param backup_dir: the store; with ``pull`` the directory of copies on this host.
    :param direction: ``push`` (this host sends) or ``pull`` (this host fetches).
    :param target: the other host.
    :param newest: copy at most that many of the newest; None for all.
    :param recheck_after: seconds after which a copy is compared with its sidecar again; None for never.
    :param time_limit: seconds for one archive, and for one answer.
    :param dry_run: only list both sides.
    :param now: reference time for ages; None for the current time.
    """

    backup_dir: Path
    direction: str
    target: Target
    newest: int | None = None
    recheck_after: int | None = None
    time_limit: int = 86_400
    dry_run: bool = False
    now: datetime.datetime | None = None


@dataclass
class OffsiteResult:
    """The result, or the plan.

    :param copied: archives that were copied and verified, with their sizes.
    :param known: number of intact copies that existed before.
    :param checked: archives that were compared with their sidecars again, and are intact.
    :param recorded: whether ``store.json`` was written.
    :param problems: problems that need attention.
    :param notices: what else the user should know.
    """

    copied: list[Copy] = field(default_factory=list)
    known: int = 0
    checked: list[str] = field(default_factory=list)
    recorded: bool = False
    problems: list[Notice] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything new is on the other side, or would be."""
        return bool(self.copied or self.recorded)


class _Sides:
    """Both sides of a run, whichever is the other host."""

    def __init__(self, request: OffsiteRequest, run: Run) -> None:
        self.request, self.run, self.target = request, run, request.target
        self.pushing = request.direction == PUSH
        limit = request.time_limit
        self.source: Source
        self.destination: Destination
        if self.pushing:
            self.source = LocalSource(request.backup_dir)
            self.destination = RemoteDestination(request.target, limit, run.check)
        else:
            # The other side first: if it does not answer, it does not matter whether this one can be written.
            self.source = RemoteSource(request.target, limit, run.check)
            self.destination = LocalDestination(request.backup_dir, write=not request.dry_run)

    @property
    def where(self) -> str:
        """The destination, for messages."""
        return self.target.label if self.pushing else str(self.request.backup_dir)

    def transfer(self, file: str) -> None:
        """Transfer an archive to the destination's private directory. Raise HostError."""
        if isinstance(self.source, LocalSource):
            self._run(rsync.push_command(self.target, self.source.archive(file)), file, ())
        elif isinstance(self.destination, LocalDestination):
            with incoming.lock(self.destination.path).acquire() as held:
                place = incoming.prepare(self.destination.path, file)
                # The child also has the lock, since it may outlive a killed run.
                self._run(rsync.pull_command(self.target, file, place), file, (held.descriptor,))

    def _run(self, command: list[str], file: str, descriptors: tuple[int, ...]) -> None:
        ended = child.run(
            command,
            limit=self.request.time_limit,
            check=self.run.check,
            pass_fds=descriptors,
        )
        failed = rsync.failure(self.target, ended, file, self.where)
        if failed:
            raise failed


def offsite(request: OffsiteRequest, run: Run) -> OffsiteResult:
    """Copy missing archives to the other side, newest first, and verify each copy there.

    Nothing is ever removed or replaced on either side. Copies made before a failure stay, and the next run
    continues from there.

    :raises HostError: the connection, its keys, the disk.
    :raises StoreError: one of the two directories can't be used.
    """
    sides = _Sides(request, run)
    run.phase("comparing")
    here, there = sides.source.inventory(), sides.destination.inventory()
    now = request.now or times.utc_now()
    found = plan(
        here,
        there,
        newest=request.newest,
        recheck_after=request.recheck_after,
        now=now,
        where=sides.where,
    )
    result = OffsiteResult(known=len(found.known), problems=list(found.notices))
    if found.ahead:
        facts = {"ids": listed(found.ahead), "now": times.to_text(now)}
        result.notices.append(Notice("backup_from_future", **facts))
    _require_space(sides, found, there)
    if request.dry_run:
        return _predicted(sides, found, result)
    result.recorded = _records(sides, here, there, result)
    for name in found.stale:
        sides.destination.discard(name)
    _copy_all(sides, found, result)
    for copy in found.known:
        _remember(sides, copy, result)
    _recheck(sides, found, result)
    return result


def _require_space(sides: _Sides, found: Plan, there: Inventory) -> None:
    """Fail if the newest archive can't fit. It is needed most; the others may fit after the other side's retention."""
    if not found.missing:
        return
    first = found.missing[0]
    needed = first.size - there.staged.get(first.file, 0) + _MARGIN
    if needed > there.free:
        raise HostError(
            "offsite_no_space",
            host=sides.where,
            file=first.file,
            needed=human_size(needed),
            free=human_size(there.free),
        )


def _predicted(sides: _Sides, found: Plan, result: OffsiteResult) -> OffsiteResult:
    result.copied = list(found.missing)
    result.checked = [copy.file for copy in found.recheck]
    return result


def _records(sides: _Sides, here: Inventory, there: Inventory, result: OffsiteResult) -> bool:
    """Copy ``store.json`` and the audit log; return whether the former was new: each run adds to the latter."""
    changed = False
    if here.record is not None and here.record != there.record:
        changed = sides.destination.put_record(here.record)
    for file in record.APPEND_ONLY:
        at = there.extents.get(file, record.NOTHING)
        if at == here.extents.get(file, record.NOTHING):
            continue
        more = sides.source.rest(file, at)
        if more is None and at != record.NOTHING:
            result.problems.append(Notice("offsite_log_changed", file=file, where=sides.where))
        elif more:
            sides.destination.append(file, at, more)
    return changed


def _copy_all(sides: _Sides, found: Plan, result: OffsiteResult) -> None:
    run = sides.run
    run.phase("copying", bytes=sum(copy.size for copy in found.missing))
    for copy in found.missing:
        described = sides.source.sidecar(copy.file)
        try:
            sides.transfer(copy.file)
        except HostError as error:
            if error.code == "offsite_disk_full":
                # The received part would prevent the other side's retention from freeing space.
                _forget(sides, copy.file)
            raise
        # The sidecar is sent only now: without it, the received archive is not a backup.
        sides.destination.publish(copy.file, described)
        result.copied.append(copy)
        run.count_bytes(copy.size)
        _remember(sides, replace(copy, synced=None), result)


def _forget(sides: _Sides, file: str) -> None:
    try:
        sides.destination.discard(file)
    except SidekickError:
        # Report the full disk to the user.
        pass


def _remember(sides: _Sides, copy: Copy, result: OffsiteResult) -> None:
    """Record a verified copy in the source's sidecar, if the source is on this host and the copy is not yet recorded."""
    if not isinstance(sides.source, LocalSource) or copy.synced is not None:
        return
    try:
        store = Store.open(sides.source.path)
        proof = Proof(times.to_text(times.utc_now()), f"{BY} {sides.target.label}")
        proofs.record_proof(store, copy.file, SYNCED, proof)
    except SidekickError as error:
        result.notices.append(Notice("proof_not_recorded", path=sides.source.path / copy.file, cause=error))


def _recheck(sides: _Sides, found: Plan, result: OffsiteResult) -> None:
    sides.run.phase("checking", bytes=sum(copy.size for copy in found.recheck))
    for copy in found.recheck:
        if sides.destination.check(copy.file):
            result.checked.append(copy.file)
        else:
            result.problems.append(
                Notice("offsite_copy_damaged", file=copy.file, where=sides.where, state="damaged")
            )
        sides.run.count_bytes(copy.size)


def describe(result: OffsiteResult, language: str) -> dict[str, Any]:
    """Return it as a module's result shows it."""
    return {
        "copied": [{"file": copy.file, "size": copy.size} for copy in result.copied],
        "known": result.known,
        "checked": result.checked,
        "healthy": not result.problems,
        "problems": [{"code": item.code, "message": item.text(language)} for item in result.problems],
    }
