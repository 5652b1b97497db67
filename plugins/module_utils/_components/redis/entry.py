# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for Redis keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ..._archive.component_entry import ComponentEntry, Described
from ..._archive.jsonfields import Fields
from ..._archive.names import REDIS_PREFIX
from ..._archive.reader import ArchiveReader
from ..._archive.rediskeys import RedisKey, decode_keys, keys_member
from ..._errors import ArchiveError

if TYPE_CHECKING:
    from ..._archive.check import Lists, Proof
    from ..._archive.layout import Layout

REDIS = "redis"


@dataclass(frozen=True)
class RedisEntry(ComponentEntry):
    """The requested patterns, the number of keys, the bytes of their values, and the number of members."""

    key: ClassVar[str] = REDIS

    server_version: str
    patterns: tuple[str, ...]
    keys: int
    bytes: int
    members: int

    @classmethod
    def parse(cls, fields: Fields) -> RedisEntry | None:
        return fields.object_or_none(REDIS, _parse)

    def claim(self, layout: Layout) -> None:
        names = layout.claim_members(REDIS_PREFIX)
        if len(names) != self.members or names != {keys_member(number + 1) for number in range(len(names))}:
            layout.refuse("redis.members")

    def prove(self, proof: Proof) -> None:
        self._count(proof.reader)

    def parse_lists(self, lists: Lists) -> None:
        self._count(lists.reader)

    def _count(self, reader: ArchiveReader) -> None:
        found = sum(1 for _key in archived_keys(reader, self))
        if found != self.keys:
            facts = {"member": REDIS_PREFIX, "found": found, "expected": self.keys}
            raise ArchiveError("manifest_false", problem="rows", path=reader.path, **facts)

    def describe(self, encrypted: bool) -> Described:
        return Described(
            names=(REDIS,),
            shown={REDIS: {"keys": self.keys, "bytes": self.bytes}},
            made={
                REDIS: {
                    "server_version": self.server_version,
                    "patterns": list(self.patterns),
                    "count": self.keys,
                    "bytes": self.bytes,
                }
            },
        )

    @classmethod
    def shown_without(cls) -> Mapping[str, Any]:
        return {REDIS: None}


def archived_keys(reader: ArchiveReader, entry: RedisEntry) -> Iterator[RedisKey]:
    """Yield the keys in an archive, in the archive's order. Raise ArchiveError."""
    for number in range(entry.members):
        name = keys_member(number + 1)
        yield from decode_keys(reader.named(name), f"{reader.path}: {name}")


def _parse(fields: Fields) -> RedisEntry:
    return RedisEntry(
        fields.text("server_version", 200),
        fields.texts("patterns"),
        fields.number("keys"),
        fields.number("bytes"),
        fields.number("members"),
    )
