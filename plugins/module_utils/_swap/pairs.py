# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exchange of one name: prepared content under a spare name replaces the existing content.

Which of the two is where is never remembered, but seen from the inode numbers; so a step can be done,
taken back or found half done by a process that knows nothing but the pair.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from .._archive.names import printable
from .._errors import HostError
from .exchange import exchange, move

#: Where the old one waits for an instant on file systems that can't exchange two names in one step.
_WAITING = b".old"


@dataclass(frozen=True)
class Pair:
    """A name in use, and the spare name next to it on the same file system.

    :param live: the name in use.
    :param spare: holds the new one before the exchange, and the old one after it.
    :param new: inode of what must be at the name in use; None if nothing must be there.
    :param old: inode of what was there; None if nothing was.
    """

    live: bytes
    spare: bytes
    new: int | None
    old: int | None

    def turned(self) -> Pair:
        """The pair of the way back."""
        return Pair(self.live, self.spare, self.old, self.new)


def inode(path: bytes) -> int | None:
    """Return the inode that a name stands for (not followed, if a link), or None. Raise OSError."""
    try:
        return os.lstat(path).st_ino
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_applied(pair: Pair) -> bool:
    """Return whether the new one is in place (or, where there is none, whether the old one is away)."""
    found = inode(pair.live)
    return found == pair.new if pair.new is not None else found is None or found != pair.old


def apply(pair: Pair) -> None:
    """Put the new one in place, wherever an earlier attempt has got to.

    Raise HostError (``swap_disturbed``) if something is there that is neither the new one nor the old one, and
    OSError.
    """
    waiting = pair.spare + _WAITING
    live, spare, aside = inode(pair.live), inode(pair.spare), inode(waiting)
    if live is not None and spare is None and aside is not None:
        # An exchange by three renames, of which the last one is left to do.
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
