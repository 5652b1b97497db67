# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for a configuration file."""

from __future__ import annotations

from dataclasses import dataclass

from .entries import LARGEST_ID, TIME_BOUND
from .jsonfields import Fields
from .manifest import MemberEntry, parse_member
from .names import CONFIG_PREFIX


@dataclass(frozen=True)
class FileAttributes:
    """Metadata of a configuration file: permission bits, owner, and mtime in nanoseconds since 1970."""

    mode: int
    uid: int
    gid: int
    user: str
    group: str
    mtime_ns: int


@dataclass(frozen=True)
class ConfigEntry(MemberEntry):
    """A member that is a configuration file; in older archives it has no attributes."""

    attributes: FileAttributes | None = None

    @property
    def path(self) -> str:
        """The original path of the file."""
        return "/" + self.name[len(CONFIG_PREFIX) :]


def parse_config(fields: Fields) -> ConfigEntry:
    """Take a configuration file from a manifest. Raise ArchiveError ``json_invalid``."""
    member = parse_member(fields)
    attributes = fields.object_or_none("attributes", _attributes) if fields.has("attributes") else None
    return ConfigEntry(
        member.name, member.frame, member.offset, member.bytes, member.sha256, attributes=attributes
    )


def _attributes(fields: Fields) -> FileAttributes:
    return FileAttributes(
        fields.number("mode", 0, 0o7777),
        fields.number("uid", 0, LARGEST_ID),
        fields.number("gid", 0, LARGEST_ID),
        fields.text("user", 255),
        fields.text("group", 255),
        fields.number("mtime_ns", -TIME_BOUND, TIME_BOUND),
    )
