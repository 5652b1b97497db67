# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proving a backup: that it is the file that was published, and that every byte in it makes sense."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .._archive.check import check_archive
from .._archive.keys import Key
from .._archive.reader import ArchiveReader
from .._errors import ArchiveError, Notice, SidekickError, StoreError
from .._store import proofs, rebuild, sidecar, times
from .._store.sidecar import DAMAGED, VERIFIED, Proof
from .._store.store import Store
from .._version import PRODUCER
from .locate import Located, locate
from .watch import Watch

QUICK, FULL = "quick", "full"


@dataclass(frozen=True)
class VerifyRequest:
    """Which backup to verify, and how deep.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param level: ``quick`` (size and SHA-256 against the sidecar) or ``full`` (every frame, part and file).
    :param jobs: threads.
    :param dry_run: do not record the proof.
    """

    backup: str
    backup_dir: Path | None
    level: str
    key: Key | None
    jobs: int
    dry_run: bool = False


@dataclass(frozen=True)
class Checked:
    """How much was proved; what a level does not look at is None."""

    bytes: int
    frames: int | None = None
    parts: int | None = None
    files: int | None = None
    rows: int | None = None


@dataclass(frozen=True)
class VerifyResult:
    """A proof.

    :param changed: whether something was written in the store that was not known before (a rebuilt sidecar).
    """

    id: str
    path: Path
    level: str
    checked: Checked
    changed: bool
    notices: tuple[Notice, ...]


def verify(request: VerifyRequest, watch: Watch) -> VerifyResult:
    """Verify a backup and record the proof in its sidecar.

    Raise SidekickError as soon as anything is wrong; damage is recorded too, so that retention no longer
    counts the backup as good.
    """
    located = locate(request.backup, request.backup_dir)
    notices: list[Notice] = []
    watch.phase(f"verifying {located.path.name}")
    try:
        checked, changed = (_quick if request.level == QUICK else _full)(request, located, notices, watch)
    except SidekickError as error:
        if (
            located.store
            and located.backup
            and located.backup.sidecar
            and _is_damage(error)
            and not request.dry_run
        ):
            _record(located.store, located.path, DAMAGED, request.level, notices)
        raise
    if located.store and not request.dry_run:
        _record(located.store, located.path, VERIFIED, request.level, notices)
    return VerifyResult(
        located.path.name.split(".")[0], located.path, request.level, checked, changed, tuple(notices)
    )


def _is_damage(error: SidekickError) -> bool:
    # A wrong key, a missing library or a mount that is away says nothing about the archive.
    if isinstance(error, ArchiveError):
        return error.code not in ("archive_missing", "archive_unreadable", "archive_newer", "archive_age")
    return error.code in ("size_differs", "sha256_differs")


def _record(store: Store, path: Path, kind: str, level: str, notices: list[Notice]) -> None:
    try:
        proofs.record_proof(store, path.name, kind, Proof(times.to_text(times.utc_now()), "verify", level))
    except SidekickError as error:
        # A store that can't be written is a nuisance, not damage.
        notices.append(Notice("proof_not_recorded", path=path, cause=error))


def _quick(
    request: VerifyRequest, located: Located, notices: list[Notice], watch: Watch
) -> tuple[Checked, bool]:
    found = sidecar.load(sidecar.sidecar_path(located.path))
    size, sha256 = rebuild.digest(located.path, on_bytes=watch.count_bytes)
    _compare(located.path, found, size, sha256)
    return Checked(bytes=size), False


def _compare(path: Path, found: sidecar.Sidecar, size: int, sha256: str) -> None:
    if size != found.size:
        raise StoreError("size_differs", path=path, found=size, expected=found.size)
    if sha256 != found.sha256:
        raise StoreError("sha256_differs", path=path)


def _full(
    request: VerifyRequest, located: Located, notices: list[Notice], watch: Watch
) -> tuple[Checked, bool]:
    with ArchiveReader.open(str(located.path), request.key) as reader:
        done = check_archive(reader, request.jobs, watch.count_files)
        manifest = reader.manifest
        size = reader.size
    checked = Checked(bytes=size, frames=done.frames, parts=done.parts, files=done.files, rows=done.rows)
    if located.store is None:
        return checked, False
    try:
        found = sidecar.load(sidecar.sidecar_path(located.path))
    except StoreError as error:
        notices.append(Notice("sidecar_rebuilt", path=located.path, cause=error))
        if not request.dry_run:
            rebuild.rebuild(located.store, located.path.name, manifest, producer=PRODUCER)
        return checked, True
    _compare(located.path, found, *rebuild.digest(located.path))
    return checked, False
