# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of files for which hard links may follow; writer and reader keep the same table.

A file with several names stays in the table until all of them have been seen. So the table contains only files
with names still to come, or outside the directory, up to a fixed number.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

#: files in the table; measured 43 MB
MOST_LINKED_FILES = 100_000

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class LinkTable(Generic[_Key, _Value]):
    """Values by key, each expected for a number of further names."""

    def __init__(self) -> None:
        self._left: dict[_Key, tuple[int, _Value]] = {}

    @property
    def full(self) -> bool:
        """Whether there is no room for another file."""
        return len(self._left) >= MOST_LINKED_FILES

    def add(self, key: _Key, links: int, value: _Value) -> None:
        """Expect ``links - 1`` further names of a file."""
        self._left[key] = (links - 1, value)

    def take(self, key: _Key) -> _Value | None:
        """Return the value of a file for another of its names, or None if none is expected."""
        left, value = self._left.get(key, (0, None))
        if left <= 1:
            self._left.pop(key, None)
        elif value is not None:
            self._left[key] = (left - 1, value)
        return value

    def replace(self, key: _Key, value: _Value) -> None:
        """Replace the value of a file if further names are expected."""
        if key in self._left:
            self._left[key] = (self._left[key][0], value)

    def discard(self, key: _Key) -> None:
        """Forget a file."""
        self._left.pop(key, None)
