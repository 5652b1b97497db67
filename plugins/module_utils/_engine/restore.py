# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring a backup: store → archive → staging → check → switch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._archive.keys import Key
from .._archive.manifest import DatabaseEntry, DirectoryEntry, Manifest
from .._archive.reader import ArchiveReader
from .._archive.unpack import unpack_directory
from .._errors import DatabaseError, HostError, Notice, SidekickError
from .._postgres.server import Server
from .._postgres.target import Target
from .._store.space import require_space
from .._store.units import human_size
from . import staging
from .database_target import Loaded, LoadOptions, load_database
from .locate import Located, locate
from .watch import Watch

DATABASE, DIRECTORIES = "database", "directories"
_NOT_EMPTY = ("target_not_empty", "restore_target_full")


@dataclass(frozen=True)
class RestoreRequest:
    """What to restore, from which backup, to where.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param components: of ``database`` and ``directories``; None for all that the call can place.
    :param directories: name in the backup → directory to restore to.
    :param skip_not_empty: do nothing, instead of failing, where the target holds data.
    :param clear_sessions: disconnect WhatsApp and forget its keys.
    :param fix_sequences: move sequences on that are behind their tables.
    :param role_mapping: role in the backup → role on this server.
    :param force: restore symbolic links that lead out of their directory.
    :param dry_run: check everything that can be checked, change nothing.
    """

    server: Server
    backup: str
    backup_dir: Path | None
    jobs: int
    components: tuple[str, ...] | None = None
    directories: Mapping[str, Path] = field(default_factory=dict)
    skip_not_empty: bool = False
    clear_sessions: bool = True
    fix_sequences: bool = True
    role_mapping: Mapping[str, str] = field(default_factory=dict)
    key: Key | None = None
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class RestoreResult:
    """What was restored (in a dry run: what would be)."""

    changed: bool
    backup: dict[str, Any]
    database: dict[str, Any] | None
    directories: dict[str, Any]
    sequences: list[dict[str, Any]]
    whatsapp_sessions: dict[str, int]
    duration: float
    notices: tuple[Notice, ...]


@dataclass
class _Plan:
    """What the preflight has found out."""

    database: DatabaseEntry | None
    directories: list[tuple[DirectoryEntry, Path]]


@dataclass
class _Done:
    """What has been restored, or would be."""

    changed: bool = True
    database: dict[str, Any] | None = None
    directories: dict[str, Any] = field(default_factory=dict)
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)


def restore(request: RestoreRequest, watch: Watch) -> RestoreResult:
    """Restore a backup beside what is there, prove it, and switch.

    Raise SidekickError; then everything is as it was before, but for leftovers of a killed run, which
    the next one removes.
    """
    started = time.monotonic()
    notices: list[Notice] = []
    located = locate(request.backup, request.backup_dir)
    watch.phase(f"opening {located.path.name}")
    with ArchiveReader.open(str(located.path), request.key) as reader:
        try:
            plan = _plan(request, reader.manifest, notices)
            mark = f"{reader.manifest.id}@{_store_id(located)}"
            done = _run(request, plan, reader, mark, notices, watch)
        except SidekickError as error:
            if not (request.skip_not_empty and error.code in _NOT_EMPTY):
                raise
            notices.append(Notice("restore_skipped", reason=error))
            done = _Done(changed=False)
        shown = {"id": reader.manifest.id, "path": str(located.path), "format": "1"}
    watch.phase("done")
    return RestoreResult(
        changed=done.changed,
        backup=shown,
        database=done.database,
        directories=done.directories,
        sequences=done.sequences,
        whatsapp_sessions=done.whatsapp_sessions,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
    )


def _plan(request: RestoreRequest, manifest: Manifest, notices: list[Notice]) -> _Plan:
    components = request.components or (DATABASE, DIRECTORIES)
    database = manifest.database if DATABASE in components else None
    if database is None and request.components and DATABASE in request.components:
        raise HostError("component_absent", component=DATABASE, id=manifest.id, present="directories")
    entries = {entry.name: entry for entry in manifest.directories}
    present = ", ".join(entries) or "-"
    wanted = request.directories if DIRECTORIES in components else {}
    for name in wanted:
        if name not in entries:
            raise HostError("component_absent", component=f"directories: {name}", id=manifest.id, present=present)
    if request.components and DIRECTORIES in request.components and entries and not wanted:
        raise HostError("directories_unplaced", id=manifest.id, present=present)
    left = [name for name in entries if name not in wanted]
    if left and DIRECTORIES in components:
        notices.append(Notice("directories_left", names=", ".join(left), id=manifest.id))
    targets = [(entries[name], staging.check_target(name, path)) for name, path in wanted.items()]
    return _Plan(database, targets)


def _store_id(located: Located) -> str:
    record = located.store.record() if located.store else None
    return record.uuid if record else ""


def _run(
    request: RestoreRequest, plan: _Plan, reader: ArchiveReader, mark: str, notices: list[Notice], watch: Watch
) -> _Done:
    _require_space(plan)
    if plan.database is None:
        staging.remove([path for _, target in plan.directories for path in staging.leftovers(target)])
        if request.dry_run:
            return _predicted(plan, request)
        return _directories_only(request, plan, reader, notices, watch)
    with Target.open(request.server) as target:
        _check_database(request, target, plan.database, notices)
        if request.dry_run:
            return _predicted(plan, request)
        target.drop_leftovers()
        return _everything(request, target, plan, reader, mark, notices, watch)


def _require_space(plan: _Plan) -> None:
    needed = staging.sizes({target: entry.bytes for entry, target in plan.directories})
    for path, size in needed.values():
        require_space(path, size)


def _check_database(request: RestoreRequest, target: Target, entry: DatabaseEntry, notices: list[Notice]) -> None:
    """Make sure that the database can be put there.

    Raise DatabaseError: ``server_too_old``, ``createdb_missing``, ``target_not_empty``, ``target_in_use``.
    """
    if target.version // 10000 < entry.server_version_num // 10000:
        raise DatabaseError(
            "server_too_old",
            source=entry.server_version_num // 10000,
            target=target.version // 10000,
            server=request.server.place,
        )
    if not target.may_create():
        raise DatabaseError("createdb_missing", user=target.user, server=request.server.place)
    if target.exists():
        # Asked before we look inside: a connection of our own is seen for a moment after its end.
        in_use = target.in_use() if target.sessions() else None
        contents = target.contents()
        if contents:
            raise DatabaseError(
                "target_not_empty",
                database=target.name,
                server=request.server.place,
                tables=", ".join(contents),
            )
        if in_use:
            raise in_use
    free = target.free_space()
    if free is None:
        notices.append(Notice("server_space_unknown", server=request.server.place, needed=human_size(entry.size)))
    elif free < entry.size:
        raise DatabaseError(
            "server_space", server=request.server.place, needed=human_size(entry.size), free=human_size(free)
        )


def _predicted(plan: _Plan, request: RestoreRequest) -> _Done:
    done = _Done(directories=_shown(plan))
    if plan.database:
        done.database = {
            "name": request.server.database,
            "strategy": "swap",
            "tables": {f"{table.schema}.{table.name}": table.rows for table in plan.database.tables},
            "adaptations": [],
        }
    return done


def _shown(plan: _Plan) -> dict[str, Any]:
    return {
        entry.name: {"path": str(target), "files": entry.files, "bytes": entry.bytes}
        for entry, target in plan.directories
    }


@contextmanager
def _staged(
    request: RestoreRequest, plan: _Plan, reader: ArchiveReader, notices: list[Notice], watch: Watch
) -> Iterator[list[staging.Staged]]:
    """Restore all directories beside their targets. What was not exchanged at the end of the block is removed."""
    staging.remove([path for _, target in plan.directories for path in staging.leftovers(target)])
    staged: list[staging.Staged] = []
    try:
        for entry, target in plan.directories:
            watch.phase(f"directory {entry.name}")
            item = staging.stage(entry.name, target)
            staged.append(item)
            done = unpack_directory(
                reader,
                entry,
                str(item.staging),
                jobs=request.jobs,
                allow_unsafe_links=request.force,
                progress=watch.count_files,
            )
            notices += done.notices
        yield staged
    finally:
        staging.remove([item.staging for item in staged])


def _directories_only(
    request: RestoreRequest, plan: _Plan, reader: ArchiveReader, notices: list[Notice], watch: Watch
) -> _Done:
    with _staged(request, plan, reader, notices, watch) as staged:
        watch.phase("switching")
        staging.exchange(staged)
    return _Done(changed=bool(staged), directories=_shown(plan))


def _everything(
    request: RestoreRequest,
    target: Target,
    plan: _Plan,
    reader: ArchiveReader,
    mark: str,
    notices: list[Notice],
    watch: Watch,
) -> _Done:
    assert plan.database is not None
    options = LoadOptions(
        request.jobs, request.role_mapping, request.fix_sequences, clear_sessions=request.clear_sessions
    )
    with _staged(request, plan, reader, notices, watch) as staged:
        loaded = load_database(
            target, request.server, reader, plan.database, options, mark, notices, watch
        )
        watch.phase("switching")
        _switch(target, loaded, staged)
    return _Done(
        database={
            "name": target.name,
            "strategy": "swap",
            "tables": loaded.tables,
            "adaptations": loaded.adaptations,
        },
        directories=_shown(plan),
        sequences=loaded.sequences,
        whatsapp_sessions=loaded.whatsapp_sessions,
    )


def _switch(target: Target, loaded: Loaded, staged: list[staging.Staged]) -> None:
    """Put the new database and directories in place; all of them or none."""
    try:
        old = target.take_place(loaded.name)
    except BaseException:
        target.drop(loaded.name)
        raise
    try:
        staging.exchange(staged)
    except BaseException:
        target.give_back(loaded.name, old)
        target.drop(loaded.name)
        raise
    if old:
        target.drop(old)
