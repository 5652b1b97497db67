# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User and group names by id, each looked up once."""

from __future__ import annotations

import grp
import pwd


class Owners:
    """A cache of names by id; an id without a name on this host has the name ``""``."""

    def __init__(self) -> None:
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}

    def user(self, uid: int) -> str:
        """Return the user's name."""
        if uid not in self._users:
            try:
                self._users[uid] = pwd.getpwuid(uid).pw_name[:255]
            except (KeyError, OverflowError):
                self._users[uid] = ""
        return self._users[uid]

    def group(self, gid: int) -> str:
        """Return the group's name."""
        if gid not in self._groups:
            try:
                self._groups[gid] = grp.getgrgid(gid).gr_name[:255]
            except (KeyError, OverflowError):
                self._groups[gid] = ""
        return self._groups[gid]
