# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore was asked for, and whether it can be done: every check that needs nothing to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from .._archive.index_totals import remaining
from .._archive.keys import Key
from .._archive.manifest import ConfigEntry, DatabaseEntry, DirectoryEntry, Manifest, RedisEntry
from .._archive.reader import ArchiveReader
from .._archive.walk import Excludes
from .._components.config.places import ConfigPlaces
from .._components.directories import staging
from .._errors import HostError, Notice, listed
from .._postgres.server import Server
from .._stack.migrations import unknown_migrations
from .._stack.redis_server import RedisServer
from .._store.space import require_inodes, require_space
from .._store.state_dir import state_dir
from .._store.units import human_size
from .._swap.places import Place
from .backup import BackupRequest
from .outage import OutagePlan

DATABASE, DIRECTORIES, CONFIG, REDIS = "database", "directories", "config", "redis"
AUTO, SWAP, IN_PLACE = "auto", "swap", "in_place"
FAIL, SKIP, REPLACE = "fail", "skip", "replace"
UNDO = "undo"


@dataclass(frozen=True)
class RestoreRequest:
    """What to restore, from which backup, to where.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param components: of ``database``, ``directories`` and ``config``; None for the first two, as far as the call
        can place them.
    :param directories: name in the backup → directory to restore to.
    :param tables: only these tables (``schema.Table``, or ``Table`` where that is unambiguous); empty for all.
    :param paths: only these files and directories (``name/path`` within a named directory); empty for all.
    :param exclude_paths: patterns of paths within their directories that are not restored.
    :param merge: add what is missing of the tables or paths, and leave what is there.
    :param strategy: ``auto``, ``swap`` or ``in_place``.
    :param if_not_empty: ``fail``, ``skip`` or ``replace``: what to do where the target holds data.
    :param migrations: those that the application's image knows; empty where that is not known.
    :param redis: where the keys of Redis go; None where nothing says so.
    :param config_mapping: directory or file of the backup's configuration → where it is to be.
    :param rows: with ``merge``, only these rows of these tables: table → column → values.
    :param tickets: numbers of deleted tickets to bring back with all that belonged to them, and nothing else.
    :param contacts: likewise of deleted contacts.
    :param lock_timeout: seconds to wait for those who use what is replaced in place.
    :param safety: how a database that holds anything is backed up before it is replaced in place.
    :param keep_previous: keep what a swap takes out of service, for an undo.
    :param clear_sessions: disconnect WhatsApp and forget its keys.
    :param fix_sequences: move sequences on that are behind their tables.
    :param role_mapping: role in the backup → role on this server.
    :param leave_out: constraints, indexes, triggers and tables of a broken source that are not restored or not proved.
    :param allow_plain: take an archive without encryption although a key, its name or its sidecar demands one.
    :param format: the only format that is taken; None lets name and content tell it.
    :param force: restore symbolic links that lead out of their directory, and data of a newer application.
    :param dry_run: check everything that can be checked, change nothing.
    :param journal: where switches are written down.
    :param job_id: told to those who wait for a lock.
    :param outage: the application that uses what is replaced; None stops nothing.
    :param if_unhealthy: ``fail`` or ``undo``: what to do where the application is not well afterwards.
    """

    server: Server
    backup: str
    backup_dir: Path | None
    jobs: int
    components: tuple[str, ...] | None = None
    directories: Mapping[str, Path] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    exclude_paths: tuple[str, ...] = ()
    merge: bool = False
    strategy: str = AUTO
    if_not_empty: str = FAIL
    keep_previous: bool = True
    migrations: frozenset[str] = frozenset()
    redis: RedisServer | None = None
    config_mapping: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    tickets: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    lock_timeout: float = 60
    safety: BackupRequest | None = None
    clear_sessions: bool = True
    fix_sequences: bool = True
    role_mapping: Mapping[str, str] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    key: Key | None = None
    allow_plain: bool = False
    format: str | None = None
    force: bool = False
    dry_run: bool = False
    journal: Path = field(default_factory=lambda: state_dir("switches"))
    job_id: str = ""
    outage: OutagePlan | None = None
    if_unhealthy: str = FAIL

    @property
    def selective(self) -> bool:
        """Whether only some rows or files are wanted."""
        return bool(self.tables or self.paths or self.tickets or self.contacts)

    @property
    def config_places(self) -> ConfigPlaces:
        """Where configuration files may go."""
        return ConfigPlaces(
            self.config_mapping, replace=self.if_not_empty == REPLACE, skip=self.if_not_empty == SKIP
        )


#: An entry of the manifest, and where it is to be.
PlacedDirectory = tuple[DirectoryEntry, Place]


@dataclass(frozen=True)
class RestorePlan:
    """What is to be restored, and where to.

    :param database: the manifest's entry, or None if no database is to be restored.
    :param directories: with where they are to be, and the totals of what is restored of them.
    :param excluded: of each directory: paths that are not restored, and their bytes; None where no path is excluded.
    """

    database: DatabaseEntry | None
    directories: tuple[PlacedDirectory, ...]
    config: tuple[ConfigEntry, ...] = ()
    redis: RedisEntry | None = None
    excluded: Mapping[str, Mapping[str, int]] | None = None

    def describe(self) -> dict[str, Any]:
        """Return the directories as results show them."""
        found: dict[str, Any] = {
            entry.name: {"path": str(place.live), "files": entry.files, "bytes": entry.bytes}
            for entry, place in self.directories
        }
        for name, left in (self.excluded or {}).items():
            found[name]["excluded"] = dict(left)
        return found


def exclude_paths(
    plan: RestorePlan, reader: ArchiveReader, patterns: Sequence[str], notices: list[Notice]
) -> RestorePlan:
    """Return a plan without the paths that are not to be restored. What they are is counted, and told.

    Raise ArchiveError for an index that is not as it should be.
    """
    excludes = Excludes(patterns)
    placed: list[PlacedDirectory] = []
    excluded: dict[str, dict[str, int]] = {}
    for entry, place in plan.directories:
        rest = remaining(reader, entry, excludes)
        size = entry.bytes - rest.entry.bytes
        excluded[entry.name] = {"paths": rest.excluded, "bytes": size}
        placed.append((rest.entry, place))
        if rest.excluded:
            facts = {"count": rest.excluded, "size": human_size(size), "patterns": listed(patterns)}
            notices.append(Notice("paths_excluded", name=entry.name, **facts))
    return replace(plan, directories=tuple(placed), excluded=excluded)


def make_plan(request: RestoreRequest, manifest: Manifest, notices: list[Notice]) -> RestorePlan:
    """Choose what of a backup to restore, and make sure that its directories can be put there.

    Raise HostError: ``component_absent``, ``directories_unplaced``, ``option_invalid``, and what
    :func:`.staging.check_place` raises.
    """
    components = request.components or (DATABASE, DIRECTORIES)
    database = manifest.database if DATABASE in components else None
    if database is None and request.components and DATABASE in request.components:
        raise HostError("component_absent", component=DATABASE, id=manifest.id, present="directories")
    if database and not request.force:
        _check_application(request, manifest.id, database)
    entries = {entry.name: entry for entry in manifest.directories}
    present = listed(entries) or "-"
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
        notices.append(Notice("directories_left", names=listed(left), id=manifest.id))
    placed = [(entries[name], staging.check_place(name, path)) for name, path in wanted.items()]
    _check_apart({place.name: place.live for _entry, place in placed})
    config = manifest.config if CONFIG in components else ()
    if CONFIG in components and not config:
        raise HostError("component_absent", component=CONFIG, id=manifest.id, present=present)
    redis = manifest.redis if REDIS in components else None
    if REDIS in components and redis is None:
        raise HostError("component_absent", component=REDIS, id=manifest.id, present=present)
    if redis and request.redis is None:
        raise HostError("redis_unplaced", id=manifest.id)
    return RestorePlan(database, tuple(placed), config, redis)


def _check_application(request: RestoreRequest, backup: str, database: DatabaseEntry) -> None:
    """Make sure that the application can run on the data: its migrations only go forward.

    Raise HostError (``application_older``).
    """
    names = database.application.get("migration_names")
    unknown = unknown_migrations(names if isinstance(names, list) else (), request.migrations)
    if unknown:
        raise HostError("application_older", id=backup, count=len(unknown), last=unknown[-1])


def _check_apart(targets: Mapping[str, Path]) -> None:
    for (name, path), (other, beside) in combinations(targets.items(), 2):
        if path == beside or path in beside.parents or beside in path.parents:
            cause = f"{name} and {other} can't be in the same place or in each other"
            raise HostError("option_invalid", option="directories", value=f"{path}, {beside}", cause=cause)


def check_space(placed: Sequence[PlacedDirectory], sizes: Mapping[Place, int]) -> None:
    """Make sure that what is to be unpacked fits beside what is there. Raise HostError (``disk_full``, ``inodes_used_up``).

    :param sizes: bytes that each directory takes on its disk.
    """
    for path, count in staging.sizes({place: entry.files for entry, place in placed}).values():
        require_inodes(path, count)
    for path, size in staging.sizes(sizes).values():
        require_space(path, size)
