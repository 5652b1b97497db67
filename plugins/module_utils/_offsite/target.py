# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The other host and how to reach it: the only values that may reach the command line of ssh."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .._errors import HostError
from .._os_errors import Reading

PUSH, PULL = "push", "pull"

#: No leading dash, and no character with a meaning to a shell, ssh or rsync.
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f:]{2,45}")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_PATH = re.compile(r"/[A-Za-z0-9_./+@:-]*")


@dataclass(frozen=True)
class Target:
    """The other host.

    :param host: name or address.
    :param port: port of its sshd.
    :param user: the account there; its key is restricted to :mod:`.forced_command`.
    :param identity_file: the private key, which has no passphrase.
    :param known_hosts: the file with the host's public key; no other known_hosts file is used.
    :param connect_timeout: seconds to wait for a connection.
    :param silence_timeout: seconds without data after which a connection counts as lost.
    :param bandwidth: KiB per second; 0 is no limit.
    """

    host: str
    port: int
    user: str
    identity_file: Path
    known_hosts: Path
    connect_timeout: int = 20
    silence_timeout: int = 120
    bandwidth: int = 0

    @property
    def label(self) -> str:
        """The host as messages name it."""
        return self.host if self.port == 22 else f"{self.host}:{self.port}"

    @property
    def address(self) -> str:
        """The account and host as rsync takes them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}"


def check(target: Target) -> Target:
    """Return the target if its values are safe for ssh and rsync and its files exist.

    Raise HostError: ``option_invalid``, ``file_unreadable``, ``offsite_key_open``.
    """

    def refuse(option: str, value: object, cause: str) -> None:
        raise HostError("option_invalid", option=option, value=value, cause=cause)

    if not _HOST.fullmatch(target.host):
        refuse("offsite_host", target.host, "it must be the name or address of a host")
    if not _USER.fullmatch(target.user):
        refuse("offsite_user", target.user, "it must be the name of an account")
    if not 0 < target.port < 65536:
        refuse("offsite_port", target.port, "it must be between 1 and 65535")
    for option, number in (
        ("offsite_bandwidth", target.bandwidth),
        ("offsite_timeout", target.silence_timeout),
    ):
        if number < (0 if option == "offsite_bandwidth" else 1):
            refuse(option, number, "it must not be negative")
    for option, path in (
        ("offsite_identity_file", target.identity_file),
        ("offsite_known_hosts", target.known_hosts),
    ):
        if not _PATH.fullmatch(str(path)):
            refuse(option, path, "the path must begin with / and have letters, digits and _ . / + @ : - only")
        _require_readable(path)
    mode = os.stat(target.identity_file).st_mode
    if mode & 0o077:
        raise HostError("offsite_key_open", path=target.identity_file, mode=f"{mode & 0o7777:04o}")
    return target


def _require_readable(path: Path) -> None:
    with Reading(path), open(path, "rb"):
        pass
