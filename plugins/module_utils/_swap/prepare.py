# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the description of a switch before it begins."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from .._errors import HostError
from .._postgres.target import Target, TargetServer
from .._store import times
from .journal import new_record_id
from .places import Place, entries, looks, make_private
from .record import PREPARED, DatabaseSwap, DirectorySwap, Record
from .switch import Renaming


def new_record(verb: str, backup: str, *, keep: bool, directories: Sequence[DirectorySwap] = ()) -> Record:
    """Return the record of a switch that is about to begin."""
    created = times.to_text(times.utc_now())
    return Record(new_record_id(), verb, created, backup, keep, PREPARED, 0, directories=tuple(directories))


def database_swap(target: Target, incoming: str | None, outgoing: str) -> DatabaseSwap:
    """Return the change of databases on the server.

    :param incoming: name of the new database; None if there is none.
    :param outgoing: new name for the live database, if it exists.
    """
    there = target.oid(target.name)
    return DatabaseSwap(
        place=target.place,
        system=target.system(),
        name=target.name,
        incoming=incoming,
        incoming_oid=target.oid(incoming) if incoming else None,
        outgoing=None if there is None else outgoing,
        outgoing_oid=there,
    )


def replacement(server: TargetServer, name: str, transaction: str, safety: str) -> DatabaseSwap:
    """Return the change on the server for a replacement in place.

    :param transaction: id of its transaction.
    :param safety: path of the safety backup; empty if there is none.
    """
    return DatabaseSwap(server.place, server.system(), name, None, None, None, None, transaction, safety)


def directory_swaps(staged: Iterable[tuple[Place, Path]]) -> tuple[list[DirectorySwap], list[Renaming]]:
    """Return the changes of directories, and the renames of the staged ones to their names in the switch.

    :param staged: places, and the directories with their new contents. If the entries are exchanged, the staged
        directory is made private, since its parent may be world-readable.

    Raise HostError (``swap_disturbed``) if a directory that was empty no longer is, and OSError.
    """
    swaps, renamings = [], []
    for place, staging in staged:
        if (
            not place.full
            and os.path.lexists(place.live)
            and (not place.live.is_dir() or entries(place.live))
        ):
            raise HostError("swap_disturbed", path=place.live)
        spare = place.new_spare()
        shown = None
        if place.inside:
            shown = (make_private(staging), looks(place.live))
        swaps.append(DirectorySwap(place.name, str(place.live), str(spare), place.inside, place.full, shown))
        renamings.append(Renaming(staging, spare))
    return swaps, renamings
