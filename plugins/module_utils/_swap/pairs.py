# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchanges one name: prepared content with a spare name replaces the existing content.

The state is not recorded, but determined from the inode numbers. So another process that has only the pair can apply it,
revert it, or complete it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._archive.names import printable
from .._errors import HostError
from .exchange import exchange, move

#: Temporary name of the old content on file systems that can't exchange two names atomically.
_WAITING = b".old"


@dataclass(frozen=True)
class Pair:
    """A live name, and the spare name next to it on the same file system.

    :param live: the live name.
    :param spare: the name of the new content before the exchange, and of the old content after it.
    :param new: inode of the content for the live name; None if there must be none.
    :param old: inode of the previous content; None if there was none.
    """

    live: bytes
    spare: bytes
    new: int | None
    old: int | None

    def turned(self) -> Pair:
        """Return the pair for the reverse exchange."""
        return Pair(self.live, self.spare, self.old, self.new)


def inode(path: bytes) -> int | None:
    """Return the inode of a name (of a link itself), or None if it does not exist. Raise OSError."""
    try:
        return os.lstat(path).st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_applied(pair: Pair) -> bool:
    """Return whether the new content is in place (or, if there is none, whether the old one has been removed)."""
    found = inode(pair.live)
    return found == pair.new if pair.new is not None else found is None or found != pair.old


def apply(pair: Pair) -> None:
    """Exchange the content, or complete an interrupted exchange. Does nothing if it is done already.

    Raise HostError (``swap_disturbed``) if the name has content that is neither the new nor the old one, and
    OSError.
    """
    waiting = pair.spare + _WAITING
    live, spare, aside = inode(pair.live), inode(pair.spare), inode(waiting)
    if live is not None and spare is None and aside is not None:
        # An exchange by three renames was interrupted before the last one.
        move(waiting, pair.spare)
        spare, aside = aside, None
    if pair.new is None:
        if live is not None and live == pair.old:
            move(pair.live, pair.spare)
    elif live == pair.new:
        pass
    elif live is None and aside == pair.new:
        move(waiting, pair.live)
    elif spare != pair.new or (live is not None and live != pair.old):
        raise HostError("swap_disturbed", path=printable(pair.live))
    elif live is None:
        move(pair.spare, pair.live)
        if aside is not None:
            move(waiting, pair.spare)
    elif not exchange(pair.live, pair.spare):
        move(pair.live, waiting)
        move(pair.spare, pair.live)
        move(waiting, pair.spare)
