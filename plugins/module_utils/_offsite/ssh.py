# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling ssh: one key, one file of host keys, no prompts, no forwarding."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from .._errors import HostError
from .child import Ended
from .target import Target

#: Exit status of ssh for its own failures.
_OWN_FAILURE = 255

_HOST_KEY = re.compile(
    r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|host key is known"
)
_KEY = re.compile(r"Permission denied \(|Too many authentication failures|Load key .*: ")
_NOISE = re.compile(r"^(@|Warning: Permanently added|\*\*)|^rsync( error)?: |connection unexpectedly closed")


def options(target: Target) -> list[str]:
    """Return ssh's arguments up to the host.

    The user's and the system's configuration are ignored, so that they can't weaken this.
    """
    settings = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "yes",
        "UserKnownHostsFile": str(target.known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "CheckHostIP": "no",
        "IdentityFile": str(target.identity_file),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PreferredAuthentications": "publickey",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "PermitLocalCommand": "no",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ConnectTimeout": str(target.connect_timeout),
        "ServerAliveInterval": str(max(1, target.silence_timeout // 4)),
        "ServerAliveCountMax": "4",
        "LogLevel": "ERROR",
    }
    given = [argument for name, value in settings.items() for argument in ("-o", f"{name}={value}")]
    return ["-F", "none", "-T", *given, "-p", str(target.port), "-l", target.user]


def command(target: Target, words: Sequence[str]) -> list[str]:
    """Return the command for a request to the other side."""
    return ["ssh", *options(target), "--", target.host, " ".join(words)]


def shell(target: Target) -> str:
    """Return the ssh command for rsync, which splits it at spaces like a shell."""
    return " ".join(shlex.quote(word) for word in ["ssh", *options(target)])


def failure(target: Target, ended: Ended) -> HostError | None:
    """Return the failure of the connection itself, or None if the other side has answered."""
    text = "\n".join(ended.errors)
    if _HOST_KEY.search(text):
        return HostError("offsite_host_key", host=target.label, known_hosts=target.known_hosts)
    if _KEY.search(text):
        return HostError(
            "offsite_key_refused", host=target.label, user=target.user, path=target.identity_file
        )
    if ended.status == _OWN_FAILURE:
        said = [line for line in ended.errors if not _NOISE.search(line)]
        cause = said[-1].rstrip(".") if said else "the connection was closed"
        return HostError("offsite_unreachable", host=target.label, cause=cause)
    return None
