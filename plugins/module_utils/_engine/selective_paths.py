# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restoring single files and directories into live directories.

First everything is looked up and compared. Then only what is missing is unpacked into a private directory on
the same file system and verified. Then each file or missing directory is moved into place atomically.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._archive.entries import DIRECTORY, FILE, HARDLINK, SYMLINK, Entry, wrong_entry
from .._archive.livetree import BLOCKED, DIFFERS, EQUAL, MISSING, LiveTree
from .._archive.names import printable
from .._archive.pathcodec import check_path, leaves_directory
from .._archive.reader import ArchiveReader
from .._archive.unpack import Selection, unpack_directory
from .._components.component import REPLACE, SKIP
from .._components.directories import staging
from .._errors import MOST_NAMED, ArchiveError, HostError, Notice, listed
from .._run.run import Run
from .._store.space import require_space
from .._swap.places import Place, remove_leftovers
from .selective_install import Installer
from .selective_names import selected_paths
from .selective_request import SelectedRequest

#: Name inside a staging directory for what will be moved, so that the staging directory itself stays private.
_CONTENTS = "contents"


@dataclass
class _Listed:
    """Paths for a message: how many there are, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, path: str) -> None:
        """Count a path."""
        self.count += 1
        if len(self.first) < MOST_NAMED:
            self.first.append(path)

    def __str__(self) -> str:
        return listed(self.first, self.count)


@dataclass
class _Plan:
    """What must be done in one directory.

    :param wanted: a byte for each selected file and hard link, in their order, not 0 for those that are restored.
    """

    place: Place
    selection: Selection
    wanted: bytearray = field(default_factory=bytearray)
    created: int = 0
    replaced: int = 0
    unchanged: int = 0
    directories: int = 0
    bytes: int = 0
    kept: _Listed = field(default_factory=_Listed)

    @property
    def changes(self) -> bool:
        """Whether anything must be restored."""
        return bool(self.created or self.replaced or self.directories)

    def describe(self) -> dict[str, Any]:
        """Return the directory as results show it."""
        return {
            "path": str(self.place.live),
            "files": self.created + self.replaced,
            "bytes": self.bytes,
            "created": self.created,
            "replaced": self.replaced,
            "kept": self.kept.count,
            "unchanged": self.unchanged,
        }


class PathRestore:
    """The ``paths`` of a request, from the look at what is there to the last rename."""

    def __init__(
        self, request: SelectedRequest, reader: ArchiveReader, notices: list[Notice], run: Run
    ) -> None:
        self._request = request
        self._reader = reader
        self._notices = notices
        self._run = run
        self._plans: list[_Plan] = []
        self._installers: list[tuple[Installer, staging.Staged]] = []

    @property
    def changes(self) -> bool:
        """Whether anything must be restored."""
        return any(plan.changes for plan in self._plans)

    def describe(self) -> dict[str, Any]:
        """Return the directories as results show them."""
        return {plan.place.name: plan.describe() for plan in self._plans}

    def plan(self) -> None:
        """Look up what is asked for, and compare it with what is there. Nothing is written.

        Raise ArchiveError (``paths_not_in_backup``, ``unsafe_link``), HostError: ``option_invalid``,
        ``directories_unplaced``, ``live_directory_missing``, ``paths_differ``, ``paths_blocked``, ``file_unreadable``,
        ``disk_full``, and what :func:`.staging.check_place` raises.
        """
        if not self._request.paths:
            return
        self._run.phase("looking for paths")
        selections = selected_paths(self._request.paths, self._reader)
        places = _places(self._request.directories, selections)
        blocked, differing = _Listed(), _Listed()
        for name, selection in selections.items():
            plan = _Plan(places[name], selection)
            self._plans.append(plan)
            with LiveTree(str(places[name].live), self._count_bytes) as live:
                self._compare(plan, live, blocked, differing)
        if blocked.count:
            raise HostError("paths_blocked", count=blocked.count, paths=str(blocked))
        if differing.count and not (self._request.merge or self._request.if_not_empty in (SKIP, REPLACE)):
            raise HostError("paths_differ", count=differing.count, paths=str(differing))
        for plan in self._plans:
            if plan.kept.count:
                self._notices.append(Notice("content_kept", count=plan.kept.count, names=str(plan.kept)))
        for path, size in staging.sizes({plan.place: plan.bytes for plan in self._plans}).values():
            require_space(path, size)

    def _count_bytes(self, size: int) -> None:
        self._run.check()

    def _compare(self, plan: _Plan, live: LiveTree, blocked: _Listed, differing: _Listed) -> None:
        index = plan.selection.index
        for parent in plan.selection.above:
            path = check_path(parent.path)
            if live.compare(parent, path, parent) == BLOCKED:
                blocked.add(self._shown(plan, parent))
        for path in plan.selection.paths:
            for entry in index.below(path):
                self._run.check()
                components = check_path(entry.path)
                self._check_link(plan, entry, len(components) - 1)
                content = index.get(check_path(entry.link)) if entry.type == HARDLINK else entry
                if content is None or (entry.type == HARDLINK and content.type != FILE):
                    raise wrong_entry(self._reader.path, plan.place.name, entry.path)
                standing = live.compare(entry, components, content)
                if standing == BLOCKED:
                    blocked.add(self._shown(plan, entry))
                elif standing == DIFFERS and self._request.if_not_empty != REPLACE:
                    # Named as kept, or the reason why nothing is done.
                    (plan.kept if self._keeps else differing).add(self._shown(plan, entry))
                self._decide(plan, entry, content, standing)

    @property
    def _keeps(self) -> bool:
        return self._request.merge or self._request.if_not_empty == SKIP

    def _decide(self, plan: _Plan, entry: Entry, content: Entry, standing: str) -> None:
        wanted = self._is_wanted(standing)
        if entry.type == DIRECTORY:
            plan.directories += wanted
            return
        if entry.type in (FILE, HARDLINK):
            plan.wanted.append(wanted)
            plan.bytes += content.size if wanted else 0
        if standing == EQUAL:
            plan.unchanged += 1
        elif wanted:
            plan.created += standing == MISSING
            plan.replaced += standing == DIFFERS

    def _is_wanted(self, standing: str) -> bool:
        return standing == MISSING or (standing == DIFFERS and self._request.if_not_empty == REPLACE)

    def _check_link(self, plan: _Plan, entry: Entry, depth: int) -> None:
        if entry.type != SYMLINK or self._request.force or not leaves_directory(entry.link, depth):
            return
        raise ArchiveError(
            "unsafe_link",
            path=self._reader.path,
            name=plan.place.name,
            entry=printable(entry.path),
            target=printable(entry.link),
        )

    def _shown(self, plan: _Plan, entry: Entry) -> str:
        return f"{plan.place.name}/{printable(entry.path)}"

    @contextlib.contextmanager
    def staged(self) -> Iterator[None]:
        """Unpack what must be restored, and prove it; remove it at the end of the block, unless it was moved away.

        Raise ArchiveError, HostError; then nothing has changed.
        """
        with contextlib.ExitStack() as stack:
            for plan in self._plans:
                self._notices += remove_leftovers(plan.place)
                if plan.changes:
                    self._run.phase("directories")
                    stage = staging.stage(plan.place)
                    stack.callback(stage.remove)
                    self._unpack(plan, stage)
            yield

    def _unpack(self, plan: _Plan, stage: staging.Staged) -> None:
        contents = stage.staging / _CONTENTS
        contents.mkdir(mode=0o700)
        decisions = iter(plan.wanted)
        with LiveTree(str(plan.place.live), self._count_bytes) as live:

            def choose(entry: Entry) -> bool:
                if entry.type == SYMLINK:
                    return self._is_wanted(live.compare(entry, check_path(entry.path), entry))
                return bool(next(decisions))

            unpacked = unpack_directory(
                self._reader,
                plan.selection.index.directory,
                str(contents),
                jobs=self._request.jobs,
                paths=plan.selection,
                choose=choose,
                allow_unsafe_links=self._request.force,
                progress=self._run.count_files,
            )
        self._notices += [
            Notice(notice.code, **{**notice.facts, "path": str(plan.place.live)})
            for notice in unpacked.notices
        ]
        installer = Installer(
            contents, plan.place.live, replace=self._request.if_not_empty == REPLACE and not self._keeps
        )
        self._installers.append((installer, stage))

    def install(self) -> None:
        """Move everything into place. Raise HostError; then everything has been taken back."""
        for number, (installer, _stage) in enumerate(self._installers):
            try:
                installer.install()
            except BaseException:
                self._take_back(number + 1)
                raise

    def take_back(self) -> None:
        """Undo :meth:`install`. Raise HostError (``paths_not_taken_back``) if that can't be done."""
        self._take_back(len(self._installers))

    def _take_back(self, count: int) -> None:
        for installer, stage in reversed(self._installers[:count]):
            try:
                installer.take_back()
            except HostError as error:
                # What was replaced is in there: it must not be removed as a leftover.
                kept = stage.staging.with_name(stage.staging.name.replace("restore.", "kept.", 1))
                os.rename(stage.staging, kept)
                raise HostError(
                    "paths_not_taken_back", path=stage.place.live, kept=kept, cause=error
                ) from error


def _places(directories: Mapping[str, Path], selections: Mapping[str, Selection]) -> dict[str, Place]:
    unplaced = [name for name in selections if name not in directories]
    if unplaced:
        raise HostError("directories_unplaced", names=listed(unplaced))
    places = {}
    for name in selections:
        path = directories[name]
        # What is not there can't be added to; a link to the directory is as good as the directory.
        real = path.resolve()
        if not real.is_dir():
            raise HostError("live_directory_missing", path=path, cause="there is no such directory")
        places[name] = staging.check_place(name, real)
    return places
