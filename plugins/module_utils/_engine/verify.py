# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying a backup: that it is the file that was published, and that every byte in it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from .._archive.check import check_archive
from .._archive.demand import PLAIN
from .._archive.keys import Key
from .._archive.manifest import Manifest
from .._archive.reader import encryption_of
from .._errors import ArchiveError, CancelledError, HostError, Notice, SidekickError, StoreError
from .._run.run import Run
from .._store import naming, proofs, sidecar, times
from .._store.authenticity import ENCRYPTION, authenticator
from .._store.digest import digest
from .._store.sidecar import DAMAGED, DRILL_FAILED, DRILLED, VERIFIED, Proof
from .._version import PRODUCER
from .drill import Drilled, drill, predicted
from .drill_plan import DrillPlan, DrillRequest, plan_drill
from .locate import Located, locate
from .opening import demand, open_backup
from .rebuild_sidecar import rebuild

OPEN, QUICK, FULL, DRILL = "open", "quick", "full", "drill"

#: What an archive's reader says of a whole archive, too.
_NO_DAMAGE = ("archive_missing", "archive_unreadable", "archive_newer")


@dataclass(frozen=True)
class VerifyRequest:
    """Which backup to verify, and how deep.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param level: ``open`` (the key fits, and the list of contents is whole), ``quick`` (size and SHA-256 against
        the sidecar), ``full`` (every frame, part and file) or ``drill`` (all that, and a real restore).
    :param jobs: threads.
    :param drill: where to drill; needed for that level only.
    :param allow_plain: take an archive without encryption although a key, its name or its sidecar demands one.
    :param dry_run: do not record the proof, and do not restore.
    """

    backup: str
    backup_dir: Path | None
    level: str
    key: Key | None
    jobs: int
    drill: DrillRequest | None = None
    allow_plain: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Checked:
    """How much was verified; what a level does not look at is None."""

    bytes: int
    frames: int | None = None
    parts: int | None = None
    files: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class VerifyResult:
    """A proof.

    :param changed: whether something was written in the store that was not known before (a rebuilt sidecar).
    :param drill: what a drill did, or would do; None at the other levels.
    :param manifest: what is in it; None if the archive was not opened.
    """

    id: str
    path: Path
    level: str
    checked: Checked
    changed: bool
    notices: tuple[Notice, ...]
    drill: Drilled | None = None
    manifest: Manifest | None = None


def verify(request: VerifyRequest, run: Run) -> VerifyResult:
    """Verify a backup and record the proof in its sidecar.

    Raise SidekickError as soon as anything is wrong; damage is recorded too, so that retention no longer
    counts the backup as good; so is a drill that failed for another reason, so that health tells of it.
    """
    located = locate(request.backup, request.backup_dir)
    notices = list(located.notices)
    run.phase(f"verifying {located.path.name}")
    depth = FULL if request.level == DRILL else request.level
    plan = drilled = None
    try:
        if request.drill is not None and request.level == DRILL:
            plan = _plan(request, request.drill, located, notices)
        done = _DEPTHS[depth](request, located, notices, run)
        if plan is not None:
            depth = DRILL
            drilled = predicted(plan) if request.dry_run else _drill(request, plan, located, notices, run)
    except SidekickError as error:
        if located.backup and located.backup.sidecar:
            if _is_damage(error, located.backup.sidecar):
                _record(request, located, DAMAGED, _proof(depth), notices)
            elif request.level == DRILL and _is_failed_drill(error):
                failed = replace(_proof(DRILL), error=error.code)
                _record(request, located, DRILL_FAILED, failed, notices)
        raise
    if depth != OPEN:
        proof = _proof(FULL if depth == DRILL else depth)
        _record(request, located, VERIFIED, proof, notices, by_key=done.by_key)
    if drilled is not None:
        _record(request, located, DRILLED, _proof(DRILL, drilled), notices, by_key=done.by_key)
    name = located.path.name.split(".")[0]
    return VerifyResult(
        name, located.path, request.level, done.checked, done.changed, tuple(notices), drilled, done.manifest
    )


def _is_damage(error: SidekickError, known: sidecar.Sidecar) -> bool:
    # A wrong key, a missing library or a mount that is away says nothing about the archive, and neither does a
    # server.
    if isinstance(error, ArchiveError):
        return error.code not in _NO_DAMAGE
    if error.code == "archive_plain":
        # What was published here was encrypted; a key that is given for others says nothing about this one.
        return known.encryption != PLAIN
    return error.code in ("archive_differs", "backup_renamed", "encryption_differs")


def _is_failed_drill(error: SidekickError) -> bool:
    # Being stopped says nothing, and neither does a backup that has no database to drill.
    return not isinstance(error, CancelledError) and error.code != "drill_no_database"


def _proof(level: str, drilled: Drilled | None = None) -> Proof:
    when = times.to_text(times.utc_now())
    if drilled is None:
        return Proof(when, "verify", level)
    return Proof(
        when,
        "verify",
        level,
        duration=drilled.duration,
        rto=drilled.rto,
        covers=drilled.covers,
        server_version=drilled.database_version,
    )


def _record(
    request: VerifyRequest,
    located: Located,
    kind: str,
    proof: Proof,
    notices: list[Notice],
    *,
    by_key: bool = False,
) -> None:
    if located.store is None or request.dry_run:
        return
    try:
        known = proofs.record_proof(
            located.store, located.path.name, kind, proof, key=request.key, by_key=by_key
        )
    except SidekickError as error:
        # A store that can't be written is a nuisance, not damage.
        notices.append(Notice("proof_not_recorded", path=located.path, cause=error))
        return
    macs = authenticator(request.key, known.encryption) if kind == VERIFIED else None
    if macs and not macs.is_own(known, kind):
        notices.append(Notice("proof_only_claimed", id=known.id))


def _plan(request: VerifyRequest, wanted: DrillRequest, located: Located, notices: list[Notice]) -> DrillPlan:
    """Find out early whether the drill can be done: proving a large archive takes its time."""
    if located.backup and located.backup.format != naming.FORMAT_1:
        raise HostError("format_1_needed", path=located.path, format=located.backup.format)
    with open_backup(located, request.key, request.allow_plain) as reader:
        return plan_drill(wanted, reader, request.dry_run, notices)


def _drill(
    request: VerifyRequest, plan: DrillPlan, located: Located, notices: list[Notice], run: Run
) -> Drilled:
    with open_backup(located, request.key, request.allow_plain) as reader:
        return drill(plan, reader, request.jobs, notices, run)


class _Proved(NamedTuple):
    """How much was verified.

    :param changed: whether something was written that was not known before.
    :param manifest: what is in the archive; None if it was not opened.
    :param by_key: whether all of the archive was decrypted with a key that nobody else has.
    """

    checked: Checked
    changed: bool = False
    manifest: Manifest | None = None
    by_key: bool = False


def _open(request: VerifyRequest, located: Located, notices: list[Notice], run: Run) -> _Proved:
    with open_backup(located, request.key, request.allow_plain) as reader:
        return _Proved(Checked(bytes=reader.bytes_read), manifest=reader.manifest)


def _quick(request: VerifyRequest, located: Located, notices: list[Notice], run: Run) -> _Proved:
    found = sidecar.load(sidecar.sidecar_path(located.path))
    demand(located, request.key, request.allow_plain).check(
        encryption_of(str(located.path)), str(located.path)
    )
    size, sha256 = digest(located.path, on_bytes=run.count_bytes)
    _compare(located.path, found, size, sha256)
    return _Proved(Checked(bytes=size))


def _compare(path: Path, found: sidecar.Sidecar, size: int, sha256: str) -> None:
    if size != found.size:
        raise StoreError("archive_differs", problem="size", path=path, found=size, expected=found.size)
    if sha256 != found.sha256:
        raise StoreError("archive_differs", problem="sha256", path=path)


def _full(request: VerifyRequest, located: Located, notices: list[Notice], run: Run) -> _Proved:
    with open_backup(located, request.key, request.allow_plain) as reader:
        done = check_archive(reader, request.jobs, run.count_files)
        manifest = reader.manifest
        size = reader.size
        by_key = reader.encryption == ENCRYPTION
    checked = Checked(bytes=size, frames=done.frames, parts=done.parts, files=done.files, rows=done.rows)
    if located.store is None:
        return _Proved(checked, manifest=manifest)
    try:
        found = sidecar.load(sidecar.sidecar_path(located.path))
    except StoreError as error:
        notices.append(Notice("sidecar_rebuilt", path=located.path, cause=error))
        if not request.dry_run:
            rebuild(located.store, located.path.name, manifest, producer=PRODUCER)
        return _Proved(checked, True, manifest, by_key)
    _compare(located.path, found, *digest(located.path))
    return _Proved(checked, False, manifest, by_key)


_DEPTHS: dict[str, Callable[[VerifyRequest, Located, list[Notice], Run], _Proved]] = {
    OPEN: _open,
    QUICK: _quick,
    FULL: _full,
}
