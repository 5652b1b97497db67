# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determines who started this process, according to the operating system."""

from __future__ import annotations

import os
import platform
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_LOGIN_UID = Path("/proc/self/loginuid")
#: The kernel's value without a login session, as for cron and systemd.
_NOBODY = 2**32 - 1


def caller(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the host, the account, and the user who logged in.

    ``login_user`` is the account of the login session, which the kernel keeps across su and sudo.
    ``sudo_user`` is set by sudo. Both are omitted if unknown.
    """
    uid = os.geteuid()
    found: dict[str, Any] = {"host": platform.node(), "user": _name(uid), "uid": uid}
    login = _login_uid()
    if login is not None:
        found["login_user"] = _name(login)
    if environment.get("SUDO_USER"):
        found["sudo_user"] = environment["SUDO_USER"]
    return found


def _login_uid() -> int | None:
    try:
        uid = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _NOBODY else uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
