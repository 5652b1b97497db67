# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories in a restore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from ..._archive.directory_entry import DirectoryEntry
from ..._archive.index_totals import remaining
from ..._archive.manifest import Manifest
from ..._archive.walk import Excludes
from ..._errors import HostError, Notice, listed
from ..._run.run import Run
from ..._store.space import require_inodes, require_space
from ..._store.units import human_size
from ..._swap.pairs import Pair
from ..._swap.places import Place, pairs, remove_leftovers
from ..._swap.prepare import directory_swaps
from ..._swap.record import Record
from ..._swap.switch import Renaming
from ..absence import absent
from ..component import Change, Context, Need, Staged, Used
from ..source import DirectorySource, Source
from . import staging
from .entry import DIRECTORIES, directories_of

#: An entry of the manifest and its target directory.
PlacedDirectory = tuple[DirectoryEntry, Place]


def directory_in_use(path: Path) -> Used:
    """Return the resource that stands for a directory, with symbolic links above it resolved."""
    return ("directory", str(path.parent.resolve() / path.name))


@dataclass(frozen=True)
class DirectoriesPart:
    """Which directories to restore.

    :param places: name in the backup → directory here.
    :param asked: whether they were requested explicitly, so that a backup without them is an error.
    :param jobs: files that are written at the same time.
    :param exclude: patterns of paths, relative to their directory, that are not restored.
    """

    places: Mapping[str, Path]
    asked: bool
    jobs: int
    exclude: tuple[str, ...] = ()

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose the backup's directories that have a target on this host, and check the targets.

        Raise HostError: ``component_absent``, ``directories_unplaced``, ``option_invalid``, and what
        :func:`.staging.check_place` raises.
        """
        manifest = source.manifest
        entries = {entry.name: entry for entry in directories_of(manifest)}
        for name in self.places:
            if name not in entries:
                raise absent(f"{DIRECTORIES}: {name}", manifest)
        if self.asked and entries and not self.places:
            raise HostError("directories_unplaced", names=listed(entries))
        _report_skipped(manifest, [name for name in entries if name not in self.places], context.notices)
        placed = [(entries[name], staging.check_place(name, path)) for name, path in self.places.items()]
        _check_no_overlap({place.name: place.live for _entry, place in placed})
        excluded = self._excluded(placed, source, context.notices) if self.exclude else {}
        return DirectoriesChange(placed, source, self.jobs, context, Excludes(self.exclude), excluded)

    def _excluded(
        self, placed: list[PlacedDirectory], source: Source, notices: list[Notice]
    ) -> dict[str, dict[str, int]]:
        """Subtract excluded paths from the directories' totals, and report them.

        :returns: directory → numbers of paths and bytes that are not restored.

        Raise HostError (``option_invalid``); ArchiveError for a damaged or inconsistent index.
        """
        if source.reader is None:
            option, cause = "restore_exclude_paths", "archives of the old sidekick are restored as a whole"
            raise HostError("option_invalid", option=option, value=listed(self.exclude), cause=cause)
        excludes, excluded = Excludes(self.exclude), {}
        for number, (entry, place) in enumerate(placed):
            remainder = remaining(source.reader, entry, excludes)
            size = entry.bytes - remainder.entry.bytes
            excluded[entry.name] = {"paths": remainder.excluded, "bytes": size}
            placed[number] = (remainder.entry, place)
            if remainder.excluded:
                facts = {
                    "count": remainder.excluded,
                    "size": human_size(size),
                    "patterns": listed(self.exclude),
                }
                notices.append(Notice("paths_excluded", name=entry.name, **facts))
        return excluded


def _report_skipped(manifest: Manifest, names: Sequence[str], notices: list[Notice]) -> None:
    if names:
        notices.append(Notice("directories_left", names=listed(names), id=manifest.id))


def _check_no_overlap(targets: Mapping[str, Path]) -> None:
    for (name, path), (other, second) in combinations(targets.items(), 2):
        if path == second or path in second.parents or second in path.parents:
            cause = f"{name} and {other} can't be in the same place or in each other"
            raise HostError("option_invalid", option=DIRECTORIES, value=f"{path}, {second}", cause=cause)


class DirectoriesChange(Change):
    """The restore of directories that differ from the backup."""

    component = DIRECTORIES

    def __init__(
        self,
        placed: Sequence[PlacedDirectory],
        source: DirectorySource,
        jobs: int,
        context: Context,
        exclude: Excludes | None = None,
        excluded: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """
        :param exclude: patterns of paths that are not restored; None to restore everything.
        :param excluded: for each directory, the number of paths that are not restored, and their bytes.
        """
        super().__init__()
        self._exclude = exclude or Excludes(())
        self._excluded = excluded or {}
        self._placed = placed
        self._source = source
        self._jobs = jobs
        self._policy = context.policy
        self._notices = context.notices
        self._wanted: list[PlacedDirectory] = []

    def clean(self) -> list[Notice]:
        return [notice for _entry, place in self._placed for notice in remove_leftovers(place)]

    def plan(self, run: Run, needs: list[Need]) -> None:
        self._wanted = [(entry, place) for entry, place in self._placed if self._is_wanted(entry, place)]
        for path, count in staging.sizes({place: entry.files for entry, place in self._wanted}).values():
            require_inodes(path, count)
        sizes = {place: self._source.disk_size(entry, self._exclude) for entry, place in self._wanted}
        for path, size in staging.sizes(sizes).values():
            require_space(path, size)
            needs.append((path, size))

    def _is_wanted(self, entry: DirectoryEntry, place: Place) -> bool:
        """Return whether a directory must be restored. Raise HostError (``restore_target_full``)."""
        if not place.full:
            return True
        if self._source.holds_directory(entry, place, self._exclude):
            return False
        if not self._policy.replaces:
            raise HostError("restore_target_full", name=place.name, path=place.live, count=place.count)
        return True

    @property
    def pending(self) -> bool:
        return bool(self._wanted)

    @property
    def full(self) -> bool:
        return any(place.full for _entry, place in self._wanted)

    @property
    def used(self) -> frozenset[Used]:
        return frozenset(directory_in_use(place.live) for _entry, place in self._wanted)

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        staged: list[staging.Staged] = []
        try:
            for _entry, place in self._wanted:
                staged.append(staging.stage(place))
            yield _Staged(self, staged)
        finally:
            for item in staged:
                item.remove()

    def unpack(self, staged: Sequence[staging.Staged], run: Run) -> None:
        """Fill the staging directories, and verify their contents."""
        places = {entry: item.staging for (entry, _place), item in zip(self._wanted, staged)}
        self._notices += self._source.unpack(places, self._exclude, self._jobs, self._policy.force, run)

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            entry.name: {"path": str(place.live), "files": entry.files, "bytes": entry.bytes}
            for entry, place in self._placed
        }
        for name, left in self._excluded.items():
            found[name]["excluded"] = dict(left)
        return {DIRECTORIES: found}


class _Staged(Staged):
    def __init__(self, change: DirectoriesChange, staged: Sequence[staging.Staged]) -> None:
        self._change = change
        self._staged = staged
        self._renamings: list[Renaming] = []

    def fill(self, run: Run) -> None:
        self._change.unpack(self._staged, run)

    def prepare(self, record: Record) -> Record:
        swaps, self._renamings = directory_swaps([(item.place, item.staging) for item in self._staged])
        return replace(record, directories=tuple(swaps))

    def pairs(self) -> Iterable[Pair]:
        return chain.from_iterable(
            pairs(item.place, renaming.source, renaming.spare)
            for item, renaming in zip(self._staged, self._renamings)
        )

    def renamings(self) -> Sequence[Renaming]:
        return self._renamings
