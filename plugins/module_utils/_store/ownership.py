# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner, group and mode of written files, from the user's options."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from .._errors import StoreError


@dataclass(frozen=True)
class Ownership:
    """Owner, group and mode for a file.

    :param uid: user id; None for the writing user.
    :param gid: group id; None for that user's group.
    :param mode: permission bits.
    """

    uid: int | None = None
    gid: int | None = None
    mode: int = 0o600

    @classmethod
    def resolve(
        cls, owner: str | None = None, group: str | None = None, mode: str | int | None = None
    ) -> Ownership:
        """Return the value for an owner and a group (names or numbers) and a mode (octal, such as ``0600``).

        Raise StoreError (``option_invalid``).
        """
        return cls(_user(owner), _group(group), _mode(mode))

    @classmethod
    def of(cls, path: Path) -> Ownership:
        """Return the owner, group and mode of a file. Raise OSError."""
        found = os.lstat(path)
        return cls(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))

    def apply(self, descriptor: int, *, strict: bool = True) -> None:
        """Apply them to an open file.

        :param strict: False ignores an owner or group that this user may not set.
        :raises OSError: it was refused.
        """
        found = os.fstat(descriptor)
        # -1 leaves it as it is.
        uid = -1 if self.uid is None or self.uid == found.st_uid else self.uid
        gid = -1 if self.gid is None or self.gid == found.st_gid else self.gid
        # The owner first, since chown can clear mode bits. Unchanged values are not set, because some network
        # file systems refuse even that.
        if (uid, gid) != (-1, -1):
            try:
                os.fchown(descriptor, uid, gid)
            except PermissionError:
                if strict:
                    raise
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != self.mode:
            os.fchmod(descriptor, self.mode)


#: The default for every file, from its creation.
PRIVATE = Ownership()


def _user(owner: str | None) -> int | None:
    if owner is None or owner == "":
        return None
    try:
        return int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid
    except KeyError as error:
        raise StoreError("option_invalid", problem="user", option="owner", value=owner) from error


def _group(group: str | None) -> int | None:
    if group is None or group == "":
        return None
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise StoreError("option_invalid", problem="group", option="group", value=group) from error


def _mode(mode: str | int | None) -> int:
    if mode is None or mode == "":
        return PRIVATE.mode
    try:
        bits = mode if isinstance(mode, int) else int(mode, 8)
    except ValueError as error:
        raise StoreError("option_invalid", problem="mode", option="mode", value=mode) from error
    # Otherwise the account could neither verify nor restore an archive.
    if bits & ~0o777 or bits & 0o600 != 0o600:
        shown = mode if isinstance(mode, str) else oct(mode)
        raise StoreError("option_invalid", problem="mode", option="mode", value=shown)
    return bits
