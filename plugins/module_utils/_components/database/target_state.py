# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore would replace, and whether it may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..._archive.manifest import DatabaseEntry
from ..._engine.restore_plan import REPLACE, PlacedDirectory, RestoreRequest
from ..._engine.restore_source import RestoreSource
from ..._errors import DatabaseError, HostError, Notice, listed
from ..._postgres.target import Target
from ..._run.run import Run
from .server_checks import check_server_space
from .up_to_date import held_mark


@dataclass(frozen=True)
class TargetState:
    """What is where a database is to be restored.

    :param exists: whether there is such a database.
    :param contents: tables with their numbers of rows, and other objects.
    :param held: whether it still is what the backup holds.
    :param in_use: the error that says who is connected; None if nobody is.
    """

    exists: bool
    contents: Sequence[str] = ()
    held: bool = False
    in_use: DatabaseError | None = None


def look_at_database(
    request: RestoreRequest,
    target: Target,
    entry: DatabaseEntry,
    source: RestoreSource,
    mark: str,
    run: Run,
) -> TargetState:
    """Look at the database that a restore is to replace. Nothing is changed."""
    if not target.exists():
        return TargetState(False)
    # Asked before we look inside: a connection of our own is seen for a moment after its end.
    in_use = None if request.if_not_empty == REPLACE or target.is_unused() else target.in_use()
    try:
        contents = target.contents()
    except DatabaseError as error:
        if error.code != "permission_denied":
            raise
        # What can't be read may still be replaced, but only by its owner.
        raise target.others_own(target.name) or error from error
    held = bool(contents) and source.holds_database(request.server, entry, mark, request.jobs, run)
    return TargetState(True, contents, held, in_use)


def check_database(
    request: RestoreRequest,
    target: Target,
    entry: DatabaseEntry,
    found: TargetState,
    notices: list[Notice],
    files: Iterable[tuple[Path, int]] = (),
) -> None:
    """Make sure that the database can be put there.

    :param files: where files will be written at the same time, and how many bytes.

    Raise DatabaseError: ``target_not_empty``, ``target_written``, ``target_in_use``, ``target_not_owner``,
    ``target_held``, ``server_space``.
    """
    if found.contents and request.if_not_empty != REPLACE:
        raise _not_empty(request, target, found)
    if found.in_use:
        raise found.in_use
    not_owner = target.others_own(target.name)
    if not_owner:
        raise not_owner
    obstacles = target.obstacles() if found.exists else []
    if obstacles:
        raise DatabaseError(
            "target_held", database=target.name, server=target.place, objects=listed(obstacles)
        )
    check_server_space(target, entry.size, notices, files)


def _not_empty(request: RestoreRequest, target: Target, found: TargetState) -> DatabaseError:
    mark = held_mark(request.server)
    facts = {"database": target.name, "server": target.place, "tables": listed(found.contents)}
    if mark:
        return DatabaseError("target_written", **facts, id=mark.split("@")[0])
    return DatabaseError("target_not_empty", **facts)


def directories_to_restore(
    request: RestoreRequest, directories: Sequence[PlacedDirectory], source: RestoreSource
) -> list[PlacedDirectory]:
    """Return the directories that don't hold the backup's contents already.

    Raise HostError (``restore_target_full``) where something else is and may not be replaced.
    """
    wanted = []
    for entry, place in directories:
        if place.full and source.holds_directory(entry, place):
            continue
        if place.full and request.if_not_empty != REPLACE:
            raise HostError("restore_target_full", name=place.name, path=place.live, count=place.count)
        wanted.append((entry, place))
    return wanted
