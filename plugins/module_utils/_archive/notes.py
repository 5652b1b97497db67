# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Warnings about single files, bounded in number: a million of one kind must not fill the memory."""

from __future__ import annotations

import threading

from .._errors import Notice

#: warnings of one kind that are kept word for word
MOST_OF_A_KIND = 100


class Notes:
    """Collects notices from several threads into a list."""

    def __init__(self, notices: list[Notice], **common: object) -> None:
        """
        :param notices: gets at most :data:`MOST_OF_A_KIND` of each code, and at the end the number of others.
        :param common: facts of every notice.
        """
        self._notices = notices
        self._common = common
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(self, code: str, **facts: object) -> None:
        """Note something."""
        with self._lock:
            count = self._counts.get(code, 0) + 1
            self._counts[code] = count
            if count <= MOST_OF_A_KIND:
                self._notices.append(Notice(code, **self._common, **facts))

    def finish(self) -> None:
        """Note how many of each kind were left out."""
        for code, count in self._counts.items():
            if count > MOST_OF_A_KIND:
                self._notices.append(Notice("notices_more", kind=code, count=count - MOST_OF_A_KIND))
