# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and checks the state of the database that a restore would replace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..._errors import DatabaseError, Notice, listed
from ..._postgres.server import Server
from ..._postgres.target import Target
from .entry import DatabaseEntry
from .server_checks import check_server_space
from .up_to_date import read_mark


@dataclass(frozen=True)
class TargetState:
    """The current state of the target database.

    :param exists: whether the database exists.
    :param contents: tables with their numbers of rows, and other objects.
    :param up_to_date: whether it is equal to the backup.
    :param in_use: an error naming the connected users, if they prevent a replacement; else None.
    """

    exists: bool
    contents: Sequence[str] = ()
    up_to_date: bool = False
    in_use: DatabaseError | None = None


def look_at_database(target: Target, *, may_be_used: bool) -> TargetState:
    """Read the state of the database that a restore would replace, without changing anything.

    :param may_be_used: whether it may be replaced while other sessions are connected.

    Raise DatabaseError.
    """
    if not target.exists():
        return TargetState(False)
    # Check this before reading the contents: the server still lists our own connection shortly after its end.
    in_use = None if may_be_used or target.is_unused() else target.in_use()
    try:
        contents = target.contents()
    except DatabaseError as error:
        if error.code != "permission_denied":
            raise
        # Its owner may replace a database even without being able to read it.
        raise target.others_own(target.name) or error from error
    return TargetState(True, contents, in_use=in_use)


def check_database(
    target: Target,
    server: Server,
    entry: DatabaseEntry,
    found: TargetState,
    notices: list[Notice],
    files: Iterable[tuple[Path, int]] = (),
    *,
    replaces: bool,
) -> None:
    """Check that the target database can be created or replaced.

    :param found: result of :func:`look_at_database`.
    :param files: paths and bytes of the files that will be written at the same time.
    :param replaces: whether a database that is not empty may be replaced.

    Raise DatabaseError: ``target_not_empty``, ``target_written``, ``target_in_use``, ``target_not_owner``,
    ``target_held``, ``server_space``.
    """
    if found.contents and not replaces:
        raise _not_empty(server, target, found)
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


def _not_empty(server: Server, target: Target, found: TargetState) -> DatabaseError:
    mark = read_mark(server)
    facts = {"database": target.name, "server": target.place, "tables": listed(found.contents)}
    if mark:
        return DatabaseError("target_written", **facts, id=mark.split("@")[0])
    return DatabaseError("target_not_empty", **facts)
