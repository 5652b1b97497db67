# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the names in a foreign tar can all be there at once, proved with eight bytes a name.

No name occurs twice, nothing lies below what is no directory, and each hard link leads to a file before it. A name is
remembered by a keyed hash of 62 bits. Where hashes clash, the archive is looked at once more for the names that have
them: so the error can name one, and an honest archive is not refused for a clash by chance (one in some million
archives of a million names).
"""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator

#: What a path is seen as, in the two lowest bits. Only a directory can be above something as well.
DIRECTORY, ABOVE, FILE, LINK = range(4)
_BUCKETS = 256
#: Different targets of hard links that are remembered; each takes some hundred bytes.
MOST_TARGETS = 100_000
_MOST_SUSPECTS = 1000


def _conflict(before: int, after: int) -> bool:
    """Return whether one path can't be seen as both, where ``before`` is the lower one."""
    return not (after == ABOVE and before in (DIRECTORY, ABOVE))


def _above(path: bytes) -> Iterator[bytes]:
    """Yield the directories that a path lies in, the nearest first."""
    end = path.rfind(b"/")
    while end > 0:
        yield path[:end]
        end = path.rfind(b"/", 0, end)


class NameSet:
    """All paths of an archive, in the order of its members."""

    def __init__(self) -> None:
        self._key = os.urandom(16)
        self._buckets = [array("Q") for _bucket in range(_BUCKETS)]
        self._targets: dict[int, tuple[int, bytes]] = {}
        self._parent = b""

    def hash(self, path: bytes) -> int:
        """Return a path's hash, another one in each set."""
        digest = hashlib.blake2b(path, digest_size=8, key=self._key).digest()
        return int.from_bytes(digest, "little") >> 2

    def add(self, seen: int, path: bytes) -> None:
        """Take a path as :data:`DIRECTORY`, :data:`FILE` or :data:`LINK` (of either kind)."""
        self._append(seen, path)
        parent = path[: max(path.rfind(b"/"), 0)]
        if parent != self._parent:
            self._parent = parent
            for above in _above(path):
                self._append(ABOVE, above)

    def leads_to(self, target: bytes) -> bool:
        """Take what a hard link leads to; return False if there are too many of them."""
        hashed = self.hash(target)
        self._targets.setdefault(hashed, (len(self._buckets[hashed % _BUCKETS]), target))
        return len(self._targets) <= MOST_TARGETS

    def lost_target(self) -> bytes | None:
        """Return a hard link's target that is no file before it, or None."""
        wanted: dict[int, list[tuple[int, int, bytes]]] = {}
        for hashed, (before, target) in self._targets.items():
            wanted.setdefault(hashed % _BUCKETS, []).append((hashed, before, target))
        for number, targets in wanted.items():
            places = {item: place for place, item in enumerate(self._buckets[number])}
            for hashed, before, target in targets:
                if places.get(hashed << 2 | FILE, before) >= before:
                    return target
        return None

    def suspects(self) -> frozenset[int]:
        """Return hashes of paths that can't be there at once (not all of them, if there are many)."""
        found: set[int] = set()
        for bucket in self._buckets:
            ordered = sorted(bucket)
            for before, after in zip(ordered, ordered[1:]):
                if before >> 2 == after >> 2 and _conflict(before & 3, after & 3):
                    found.add(after >> 2)
            if len(found) >= _MOST_SUSPECTS:
                break
        return frozenset(found)

    def _append(self, seen: int, path: bytes) -> None:
        hashed = self.hash(path)
        self._buckets[hashed % _BUCKETS].append(hashed << 2 | seen)


class Suspects:
    """The paths behind suspicious hashes, collected in a second look at the archive."""

    def __init__(self, names: NameSet, suspects: frozenset[int]) -> None:
        self._names = names
        self._suspects = suspects
        self._seen: dict[bytes, list[int]] = {}

    def add(self, seen: int, path: bytes) -> None:
        """Take a path as :meth:`NameSet.add` does."""
        self._look(seen, path)
        for above in _above(path):
            self._look(ABOVE, above)

    def conflict(self) -> bytes | None:
        """Return a path that can't be there as often, or as what, it is; None if the hashes clashed by chance."""
        for path, seen in self._seen.items():
            ordered = sorted(seen)
            if any(_conflict(before, after) for before, after in zip(ordered, ordered[1:])):
                return path
        return None

    def _look(self, seen: int, path: bytes) -> None:
        if self._names.hash(path) in self._suspects:
            kinds = self._seen.setdefault(path, [])
            if kinds.count(seen) < 2:
                kinds.append(seen)
