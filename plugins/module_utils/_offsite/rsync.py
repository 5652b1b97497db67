# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling rsync: one archive, into its private directory, resuming an interrupted attempt."""

from __future__ import annotations

import re
from pathlib import Path

from .._errors import HostError, StoreError
from . import ssh
from .child import Ended
from .inventory import require_archive
from .target import Target

#: What our own call makes rsync ask of the other side, in all versions from 3.1 on; nothing else is run there.
#: After "e." come the abilities of the asking rsync, which differ between versions.
_SERVER = re.compile(
    r"rsync --server(?P<sender> --sender)? -te\.[A-Za-z0-9]{0,32}"
    r"(?: --inplace| --timeout=[0-9]{1,6}| --bwlimit=[0-9]{1,9}){1,3} \. (?P<file>backup_[0-9_]{15}[a-z0-9.]{1,20})"
)

_FULL = re.compile(r"No space left on device|Disk quota exceeded|\(28\)|\(122\)")
#: 10, 12: the connection broke; 20: it was ended; 30, 35: nothing came for too long.
_BROKEN = (10, 12, 20, 30, 35, 255)


def _common(target: Target) -> list[str]:
    limit = [f"--bwlimit={target.bandwidth}"] if target.bandwidth else []
    return [
        "rsync",
        # What arrives is kept from the first byte, so that even after a kill -9 the next run goes on from there. Its
        # place is a private one, and its SHA-256 is compared before it gets a name.
        "--inplace",
        "--no-whole-file",
        "--times",
        f"--timeout={target.silence_timeout}",
        *limit,
        f"--rsh={ssh.shell(target)}",
    ]


def push_command(target: Target, archive: Path) -> list[str]:
    """Return the command that sends an archive."""
    return [*_common(target), "--", str(archive), f"{target.address}:{archive.name}"]


def pull_command(target: Target, file: str, place: Path) -> list[str]:
    """Return the command that fetches an archive."""
    return [*_common(target), "--", f"{target.address}:{file}", str(place)]


def server_command(asked: str, *, sending: bool) -> tuple[list[str], str]:
    """Return the command to run on the side that is asked, and the archive that is meant.

    :param asked: what the other side's rsync wants to run here.
    :param sending: whether this side sends archives; otherwise it receives them.
    :raises StoreError: ``offsite_refused`` for everything that our own call would not ask.
    """
    found = _SERVER.fullmatch(asked)
    if not found or bool(found["sender"]) != sending:
        raise StoreError("offsite_refused", cause="the command is not allowed for this key")
    return asked.split(" "), require_archive(found["file"])


def failure(target: Target, ended: Ended, file: str, place: str) -> HostError | None:
    """Return what went wrong with a transfer, or None.

    :param place: where the archive was to arrive, for the message.
    """
    if ended.status == 0:
        return None
    text = "\n".join(ended.errors)
    if _FULL.search(text):
        return HostError("offsite_disk_full", host=place, file=file)
    # rsync hides ssh's own status behind its own. The other side has answered before: one that is gone now broke off.
    reached = ssh.failure(target, ended)
    if reached and reached.code != "offsite_unreachable":
        return reached
    said = [line for line in ended.errors if "rsync error" not in line]
    cause = said[0].rstrip(".") if said else f"status {ended.status}"
    code = "offsite_interrupted" if ended.status in _BROKEN or ended.status < 0 else "offsite_transfer_failed"
    return HostError(code, host=target.label, file=file, cause=cause)
