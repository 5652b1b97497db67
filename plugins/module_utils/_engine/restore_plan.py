# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore was asked for, and whether it can be done: every check that needs nothing to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from .._archive.keys import Key
from .._archive.manifest import DatabaseEntry, DirectoryEntry, Manifest, MemberEntry
from .._errors import DatabaseError, HostError, Notice
from .._postgres.server import Server
from .._postgres.target import Target
from .._store.space import require_space
from .._store.units import human_size
from . import staging
from .database_target import role_map, roles_of

DATABASE, DIRECTORIES, CONFIG = "database", "directories", "config"


@dataclass(frozen=True)
class RestoreRequest:
    """What to restore, from which backup, to where.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param components: of ``database``, ``directories`` and ``config``; None for the first two, as far as the call
        can place them.
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
class RestorePlan:
    """What is to be restored, and where to.

    :param database: the manifest's entry, or None if no database is to be restored.
    :param directories: entries of the manifest with their resolved targets.
    """

    database: DatabaseEntry | None
    directories: tuple[tuple[DirectoryEntry, Path], ...]
    config: tuple[MemberEntry, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return the directories as results show them."""
        return {
            entry.name: {"path": str(target), "files": entry.files, "bytes": entry.bytes}
            for entry, target in self.directories
        }


def make_plan(request: RestoreRequest, manifest: Manifest, notices: list[Notice]) -> RestorePlan:
    """Choose what of a backup to restore, and make sure that its directories can be put there.

    Raise HostError: ``component_absent``, ``directories_unplaced``, ``option_invalid``, ``disk_full``, and what
    :func:`.staging.check_target` raises.
    """
    components = request.components or (DATABASE, DIRECTORIES)
    database = manifest.database if DATABASE in components else None
    if database is None and request.components and DATABASE in request.components:
        raise HostError("component_absent", component=DATABASE, id=manifest.id, present="directories")
    entries = {entry.name: entry for entry in manifest.directories}
    present = ", ".join(entries) or "-"
    wanted = request.directories if DIRECTORIES in components else {}
    for name in wanted:
        if name not in entries:
            raise HostError(
                "component_absent", component=f"directories: {name}", id=manifest.id, present=present
            )
    if request.components and DIRECTORIES in request.components and entries and not wanted:
        raise HostError("directories_unplaced", id=manifest.id, present=present)
    left = [name for name in entries if name not in wanted]
    if left and DIRECTORIES in components:
        notices.append(Notice("directories_left", names=", ".join(left), id=manifest.id))
    targets = [(entries[name], staging.check_target(name, path)) for name, path in wanted.items()]
    _check_apart({name: target for name, (_entry, target) in zip(wanted, targets)})
    for path, size in staging.sizes({target: entry.bytes for entry, target in targets}).values():
        require_space(path, size)
    config = manifest.config if CONFIG in components else ()
    if CONFIG in components and not config:
        raise HostError("component_absent", component=CONFIG, id=manifest.id, present=present)
    return RestorePlan(database, tuple(targets), config)


def _check_apart(targets: Mapping[str, Path]) -> None:
    for (name, path), (other, beside) in combinations(targets.items(), 2):
        if path == beside or path in beside.parents or beside in path.parents:
            cause = f"{name} and {other} can't be in the same place or in each other"
            raise HostError("option_invalid", option="directories", value=f"{path}, {beside}", cause=cause)


def check_database(
    request: RestoreRequest, target: Target, entry: DatabaseEntry, notices: list[Notice]
) -> None:
    """Make sure that the database can be put there.

    Raise DatabaseError: ``server_too_old``, ``createdb_missing``, ``role_unknown``, ``target_not_empty``,
    ``target_in_use``, ``server_space``.
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
    # The run itself gives the warnings of it; a dry run has no other chance.
    missing = notices if request.dry_run else []
    role_map(roles_of(entry), target.roles(), request.role_mapping, target.user, missing)
    if target.exists():
        # Asked before we look inside: a connection of our own is seen for a moment after its end.
        in_use = None if target.is_unused() else target.in_use()
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
        notices.append(
            Notice("server_space_unknown", server=request.server.place, needed=human_size(entry.size))
        )
    elif free < entry.size:
        raise DatabaseError(
            "server_space", server=request.server.place, needed=human_size(entry.size), free=human_size(free)
        )
