# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of a directory's entries, which proves more than it seems.

Entries come in strictly ascending order of their paths' components. So a path can't occur twice, nothing can
come before the directory it is in, and nothing can be put into anything but a directory: all that is told
with no more memory than one path takes.
"""

from __future__ import annotations

from .entries import DIRECTORY, Entry
from .pathcodec import check_path


class Sequence:
    """Checks entries one after another."""

    def __init__(self) -> None:
        self._last: tuple[bytes, ...] | None = None
        self._directories: list[tuple[bytes, ...]] = []
        self._gap = False

    def skip(self) -> None:
        """Let entries be left out here: the next one has to come later, and the directories it is in are believed."""
        self._gap = True

    def accept(self, entry: Entry) -> tuple[bytes, ...] | None:
        """Return the components of an entry's path, or None if the entry can't come here."""
        components = check_path(entry.path)
        if self._gap:
            if self._last is not None and components <= self._last:
                return None
            self._directories = [components[:length] for length in range(len(components))]
            self._gap = False
        elif self._last is None:
            if components:
                return None
        else:
            if components <= self._last:
                return None
            parent = components[:-1]
            while self._directories and self._directories[-1] != parent:
                self._directories.pop()
            if not self._directories:
                return None
        if entry.type == DIRECTORY:
            self._directories.append(components)
        self._last = components
        return components
