# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a backup: source → snapshot → archive → store."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._archive.allocator import trim_heap
from .._archive.codec import Codec, codec
from .._archive.component_entry import ComponentEntry
from .._archive.keys import Key
from .._archive.manifest import Manifest
from .._archive.names import BACKUP_JSON
from .._archive.readback import check_readback, restorable
from .._archive.writer import ArchiveWriter
from .._components import registry
from .._components.database.pack import check_readable, missing_objects, pack_database
from .._components.packing import Archive, Packing
from .._components.point_in_time import PointInTime
from .._errors import Notice, listed
from .._postgres import properties
from .._postgres.connections import connections_for
from .._postgres.dump import Dumper
from .._postgres.session import Session
from .._postgres.soundness import doubts
from .._run.run import Run
from .._stack.pg_dump import find_dumper
from .._stack.quiesce import resume_orphaned_containers
from .._store import leftovers, naming, pins, proofs, times
from .._store.listing import GOOD, Backup, list_backups
from .._store.losses import find_losses
from .._store.newest import Newest, newest
from .._store.publish import Publication
from .._store.sidecar import VERIFIED, Proof, Sidecar
from .._store.space import require_inodes, require_space
from .._store.store import Source, Store
from .._swap.journal import Journal
from .._swap.recover import recover
from .._version import PRODUCER, VERSION
from .backup_request import BackupRequest
from .contents import described, sidecar_of

#: lowest expected ratio of a table's bytes in the archive; Ticketz's tables reach about 0.2
_ROWS_COMPRESSED = 0.1
#: Files that a backup creates: the archive, its sidecar, and the list of files made while Ticketz is quiesced.
_FILES = 3


@dataclass(frozen=True)
class BackupResult:
    """The new backup, or the existing one.

    :param changed: whether a backup was made (in a dry run: would be).
    :param backup: the backup, in the form of the result.
    :param notices: what the backup could not include, and other warnings.
    :param quiesced: which containers were quiesced, how, and for how long; None if none had to be.
    """

    changed: bool
    backup: dict[str, Any]
    notices: tuple[Notice, ...]
    quiesced: dict[str, Any] | None = None


def backup(request: BackupRequest, run: Run) -> BackupResult:
    """Make a backup, verify it on the disk, and publish it.

    Raise SidekickError; then the store is unchanged.
    """
    packer = codec(request.compression, request.compression_level)
    journal = Journal(request.journal)
    # Otherwise a restore that was interrupted between two renames would be backed up half done.
    found = recover(journal, request.server, request.directories, dry_run=request.dry_run, job_id=run.job_id)
    if not request.dry_run:
        found += resume_orphaned_containers()
    store = Store.open(request.backup_dir)
    for part in request.parts:
        part.look(store.path)
    if not request.init:
        # Checked before anything is written, even the lock.
        store.require_present()
    notices = [*found, *store.notices]
    if request.dry_run:
        return _predict(request, store, notices)
    run.phase("waiting for the store's lock")
    with store.lock("backup", run.job_id).acquire(request.lock_timeout, check=run.check) as lock:
        notices += leftovers.clean_leftovers(store, lock).notices(store.path)
        recent = _recent(request, store, notices)
        if recent:
            return BackupResult(False, recent.describe(), tuple(notices))
        source, dumper, jobs = _preflight(request, store, packer, notices)
        limited = replace(
            request,
            database=replace(request.database, connections=jobs),
            # A point in time, not a duration, from here on: archive and sidecar must agree.
            pin=pins.parse_pin(request.pin, times.utc_now()) if request.pin else None,
        )
        return _make(limited, store, source, packer, dumper, notices, run)


def _recent(request: BackupRequest, store: Store, notices: list[Notice]) -> Backup | None:
    """Return the newest good backup with the same components, if it is recent enough."""
    if request.if_older_than is None:
        return None
    known = _newest(store)
    recent = next((found for found in known.counted if found.components == request.components), None)
    if recent is None or (known.now - recent.created).total_seconds() >= request.if_older_than:
        return None
    notices += known.ahead_notices()
    # Another backup would be just as incomplete, and many would fill the disk; still give a warning.
    notices += known.incomplete_notices(recent)
    if request.pin and not pins.is_pinned(recent, known.now):
        notices.append(Notice("pin_not_set", id=recent.id))
    return recent


def _newest(store: Store) -> Newest:
    return newest(list_backups(store.path), times.utc_now())


def _preflight(
    request: BackupRequest, store: Store, packer: Codec, notices: list[Notice]
) -> tuple[Source, Dumper, int]:
    """Check everything that can be checked before anything is written.

    Return the source, the pg_dump to use, and how many connections may read tables.
    """
    with Session.open(request.server) as session:
        found = properties.identity(session)
        # If the account may not read the system identifier, use the server's address.
        system = found.system_identifier or f"at {request.server.place}"
        source = Source(system, found.database, found.restored_from)
        changed_hands = store.claim(source, adopt=request.adopt_store, init=request.init, dry_run=True)
        if changed_hands:
            notices.append(changed_hands)
        check_readable(session, request.database.exclude_table_data)
        if request.dry_run:
            notices += missing_objects(session)
        notices += doubts(session)
        dumper = find_dumper(session.version, request.pg_dump, request.container)
        # The leader replaces this session, and pg_dump needs one more.
        jobs = connections_for(session, request.database.jobs, 1, notices)
        known = _newest(store)
        notices += known.ahead_notices()
        before = next((found for found in known.counted if request.components <= found.components), None)
        require_inodes(store.path, _FILES)
        # An estimate; a disk that fills up anyway is handled when it happens.
        require_space(store.path, before.size if before else _estimate(request, session, packer))
    for part in request.parts:
        part.check(notices)
        if request.dry_run:
            part.predict(notices)
    return source, dumper, jobs


def _estimate(request: BackupRequest, session: Session, packer: Codec) -> int:
    """Return a low estimate of the size of a backup that is the first of its kind, in bytes."""
    rows = 0 if packer.name == "none" else _ROWS_COMPRESSED
    size = int(properties.data_size(session) * (rows or 1))
    return size + sum(part.estimate(packer) for part in request.parts)


def _predict(request: BackupRequest, store: Store, notices: list[Notice]) -> BackupResult:
    recent = _recent(request, store, notices)
    if recent:
        return BackupResult(False, recent.describe(), tuple(notices))
    _preflight(request, store, codec(request.compression, request.compression_level), notices)
    running = request.migrators.running() if request.migrators else []
    if running:
        notices.append(Notice("migration_running", signs=listed(running)))
    backup_id = naming.new_id(times.utc_now(), store.taken_ids())
    file = naming.archive_file(backup_id, request.compression, request.encryption)
    return BackupResult(
        True,
        {
            "id": backup_id,
            "path": str(store.path / file),
            "compression": request.compression,
            "encryption": request.encryption,
            "components": sorted(request.components),
        },
        tuple(notices),
        request.quiesce_options.predict() if request.quiesce_options else None,
    )


def _make(
    request: BackupRequest,
    store: Store,
    source: Source,
    packer: Codec,
    dumper: Dumper,
    notices: list[Notice],
    run: Run,
) -> BackupResult:
    started = time.monotonic()
    backup_id = naming.new_id(times.utc_now(), store.taken_ids())
    file = naming.archive_file(backup_id, request.compression, request.encryption)
    with Publication(store, file, request.ownership) as publication, ExitStack() as stack:
        writer = ArchiveWriter(
            str(publication.partial), packer, request.key, descriptor=publication.file.fileno()
        )
        archive = Archive(writer, packer, store.path, notices)
        packings = [stack.enter_context(part.packing(archive)) for part in request.parts]
        moment = PointInTime(request.quiesce_options, packings, notices, run)
        try:
            with restorable(writer.path):
                manifest = _write(request, backup_id, dumper, archive, packings, moment, run)
                run.phase("syncing")
                written = writer.finish(manifest, mtime=int(time.time()))
        except BaseException:
            writer.discard()
            raise
        run.phase("reading back")
        check_readback(writer.path, written, request.key, request.database.jobs)
        found = sidecar_of(
            manifest,
            file,
            written.size,
            written.sha256,
            duration=round(time.monotonic() - started, 3),
            producer=PRODUCER,
            key_fingerprint=writer.fingerprint,
        )
        key = request.key if isinstance(request.key, Key) else None
        proof = Proof(times.to_text(times.utc_now()), "backup", "quick")
        found = proofs.sign_new(store, found, VERIFIED, proof, key)
        shown = _listed(found, store.path / file, request.ownership.mode)
        notices += _losses(store, shown)
        found = replace(found, warnings=tuple(notice.text() for notice in notices))
        # Only now, so that a store whose first backup failed belongs to no database.
        store.claim(source, adopt=request.adopt_store, init=request.init)
        published = publication.publish(found)
    run.phase("done")
    shown = replace(shown, sidecar=published)
    images = manifest.stack["images"] if manifest.stack else []
    return BackupResult(
        True,
        {**shown.describe(), **described(manifest).made, "images": images},
        tuple(notices),
        moment.describe(),
    )


def _listed(found: Sidecar, path: Path, mode: int) -> Backup:
    """Return the new backup in the form in which the store lists it."""
    return Backup(
        id=found.id,
        file=found.file,
        path=path,
        format=naming.FORMAT_1,
        created=times.from_text(found.created),
        size=found.size,
        mode=mode,
        state=GOOD,
        sidecar=found,
        proved=frozenset(kind for kind, proof in found.proofs.items() if proof.mac),
    )


def _losses(store: Store, made: Backup) -> list[Notice]:
    """Return what an earlier backup has and the new one lacks."""
    earlier = [backup for backup in _newest(store).counted if backup.components == made.components]
    return [loss.notice() for loss in find_losses([made, *earlier], store.accepted())]


def _write(
    request: BackupRequest,
    backup_id: str,
    dumper: Dumper,
    archive: Archive,
    packings: Sequence[Packing],
    moment: PointInTime,
    run: Run,
) -> Manifest:
    writer, notices = archive.writer, archive.notices
    producer = {
        "name": "ticketz.sidekick",
        "version": VERSION,
        "python": platform.python_version(),
        # For a sidecar that has to be recreated.
        **pins.to_producer(request.label, request.pin),
    }
    started = times.to_text(times.utc_now())
    opening = {"format": 1, "id": backup_id, "created": started, "producer": producer, **_source(request)}
    first = writer.add_member(BACKUP_JSON, json.dumps(opening, indent=1).encode(), mtime=int(time.time()))
    database = pack_database(request.server, dumper, writer, request.database, run, moment, request.migrators)
    notices += database.missing
    if database.migration:
        notices.append(Notice("migration_running", signs=database.migration))
    trim_heap()
    # The database's locks have been released.
    packed = [packing.pack(run) for packing in packings]
    entries = {entry.key: entry for entry in (database.entry, *(each.entry for each in packed)) if entry}
    return Manifest(
        format=1,
        id=backup_id,
        created=database.created,
        finished=times.to_text(times.utc_now()),
        producer=producer,
        compression=request.compression,
        encryption=request.encryption,
        entries=_in_order(entries),
        members=(first, *database.members, *(member for each in packed for member in each.members)),
        frames=(),
        notices=tuple(
            {"code": notice.code, "facts": {name: str(value) for name, value in notice.facts.items()}}
            for notice in notices
        ),
        stack=request.stack,
    )


def _in_order(entries: Mapping[str, ComponentEntry]) -> dict[str, ComponentEntry]:
    """Return the components' entries in the manifest, including those for absent components."""
    told = ((kind.key, entries.get(kind.key) or kind.nothing()) for kind in registry.KINDS)
    return {key: entry for key, entry in told if entry is not None}


def _source(request: BackupRequest) -> dict[str, Any]:
    said: dict[str, Any] = {"host": platform.node(), "database": request.server.database, "directories": {}}
    for part in request.parts:
        said.update(part.source())
    return {"source": {**said, **({"stack": request.stack} if request.stack else {})}}
