# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packs Redis keys."""

from __future__ import annotations

from dataclasses import dataclass

from ..._archive.frames import FRAME_SIZE
from ..._archive.manifest import MemberEntry
from ..._archive.rediskeys import encode_key, keys_member
from ..._archive.writer import ArchiveWriter
from ..._errors import HostError, Notice, listed
from ..._stack.redis_keys import read_keys, version
from ..._stack.redis_server import RedisServer, connected
from .entry import RedisEntry

#: The secrets with which Ticketz signs logins: without them all users are logged out.
DEFAULT_KEYS = ("TICKETZ_JWT_*",)


@dataclass(frozen=True)
class RedisSource:
    """Which keys to back up, and from which server.

    :param server: None if the stack has a server that can't be reached.
    :param patterns: glob patterns for names of keys, in Redis' syntax.
    :param required: whether the user named the server. If it can't be read, the backup fails; for a discovered server,
        there is only a warning.
    :param cause: why ``server`` is None.
    """

    server: RedisServer | None
    patterns: tuple[str, ...] = DEFAULT_KEYS
    required: bool = False
    cause: Notice | None = None


@dataclass(frozen=True)
class PackedRedis:
    """The manifest's entry (None if Redis could not be read), and its members."""

    entry: RedisEntry | None = None
    members: tuple[MemberEntry, ...] = ()


def check_redis(source: RedisSource, notices: list[Notice]) -> bool:
    """Return whether the server answers. If not, add a notice; if the user named the server, raise HostError."""
    try:
        if source.server is None:
            notices.append(Notice("redis_not_kept", cause=source.cause or "-"))
            return False
        with connected(source.server) as client:
            client.scan(count=1)
    except HostError as error:
        if source.required:
            raise
        notices.append(Notice("redis_not_kept", cause=error))
        return False
    return True


def pack_redis(source: RedisSource, writer: ArchiveWriter, notices: list[Notice]) -> PackedRedis:
    """Write the keys to an archive, in members of one frame each.

    Raise HostError if a server named by the user can't be read, or reading fails after the first member was written.
    """
    if source.server is None:
        notices.append(Notice("redis_not_kept", cause=source.cause or "-"))
        return PackedRedis()
    members: list[MemberEntry] = []
    lines: list[bytes] = []
    keys = size = waiting = 0

    def flush() -> None:
        members.append(writer.add_member(keys_member(len(members) + 1), b"".join(lines)))
        lines.clear()

    try:
        with connected(source.server) as client:
            server_version = version(client)
            for key in read_keys(client, source.patterns):
                line = encode_key(key)
                lines.append(line)
                keys, size, waiting = keys + 1, size + len(key.value), waiting + len(line)
                if waiting >= FRAME_SIZE:
                    flush()
                    waiting = 0
    except HostError as error:
        # Members can't be removed once they are written, so the whole backup fails.
        if source.required or members or not error.code.startswith(("redis_", "library_")):
            raise
        notices.append(Notice("redis_not_kept", cause=error))
        return PackedRedis()
    if lines:
        flush()
    if not keys:
        notices.append(Notice("redis_no_keys", server=source.server.place, patterns=listed(source.patterns)))
    return PackedRedis(RedisEntry(server_version, source.patterns, keys, size, len(members)), tuple(members))
