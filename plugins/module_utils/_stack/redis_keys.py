# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads and restores Redis keys, with commands that Redis 5 and later and Valkey have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from .._archive.rediskeys import STRING, RedisKey
from .._libraries import require

#: Prefix of keys that restores store in Redis; they are never backed up.
PRIVATE = b"ticketz-sidekick:"
#: Maximum number of keys in a batch, and maximum total size of their values in bytes.
BATCH, BATCH_BYTES = 500, 8 * 1024 * 1024


def now_ms(client: Any) -> int:
    """Return the server's clock, in milliseconds since 1970."""
    seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000


def version(client: Any) -> str:
    """Return the version that the server reports."""
    found = client.info("server")
    name = "Valkey " if found.get("server_name") == "valkey" else ""
    return name + str(found.get("valkey_version") or found.get("redis_version") or "")


def read_keys(client: Any, patterns: Sequence[str]) -> Iterator[RedisKey]:
    """Yield the keys whose names match any of the patterns, in Redis's syntax (``*``, ``?``, ``[]``).

    Keys may change meanwhile, but each is read atomically. Memory usage is limited to one batch, or to one value if that
    is larger.
    """
    for batch in _batches(_names(client, patterns)):
        for names in _by_size(client, batch):
            yield from _values(client, names)


def _names(client: Any, patterns: Sequence[str]) -> Iterator[bytes]:
    """Yield each name, without most duplicates. Those beyond a limit of memory are harmless."""
    seen: set[bytes] = set()
    for pattern in ["*"] if "*" in patterns else patterns:
        for name in client.scan_iter(match=pattern, count=BATCH):
            if name in seen or name.startswith(PRIVATE):
                continue
            if len(seen) < 100_000:
                seen.add(name)
            yield name


def _batches(names: Iterator[bytes]) -> Iterator[list[bytes]]:
    while True:
        batch = list(islice(names, BATCH))
        if not batch:
            return
        yield batch


def _by_size(client: Any, batch: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Yield the names in groups whose values together have at most :data:`BATCH_BYTES`."""
    pipeline = client.pipeline(transaction=False)
    for name in batch:
        pipeline.memory_usage(name)
    group: list[bytes] = []
    together = 0
    for name, size in zip(batch, pipeline.execute()):
        if group and together + (size or 0) > BATCH_BYTES:
            yield group
            group, together = [], 0
        group.append(name)
        together += size or 0
    yield group


def _values(client: Any, names: Sequence[bytes]) -> Iterator[RedisKey]:
    now = now_ms(client)
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.type(name)
        pipeline.pttl(name)
    answers = pipeline.execute()
    types = [kind.decode() for kind in answers[::2]]
    pipeline = client.pipeline(transaction=False)
    for name, kind in zip(names, types):
        if kind == STRING:
            pipeline.get(name)
        else:
            pipeline.dump(name)
    for name, kind, left, value in zip(names, types, answers[1::2], pipeline.execute(raise_on_error=False)):
        if isinstance(value, Exception):
            # The type of the key has changed meanwhile.
            value, kind = client.dump(name), client.type(name).decode()
            value = client.get(name) if kind == STRING else value
        if value is not None:
            yield RedisKey(name, kind, bytes(value), now + left if left >= 0 else None)


# --- restore ------------------------------------------------------------------


def put_keys(client: Any, named: Sequence[tuple[bytes, RedisKey]], life_ms: int) -> None:
    """Write keys with other names and an expiry time, and overwrite existing ones.

    :param named: new names, and the keys.
    :param life_ms: milliseconds after which they expire.
    """
    pipeline = client.pipeline(transaction=False)
    for name, key in named:
        if key.type == STRING:
            pipeline.set(name, key.value, px=life_ms)
        else:
            pipeline.restore(name, life_ms, key.value, replace=True)
    pipeline.execute()


def same(client: Any, name: bytes, key: RedisKey) -> bool:
    """Return whether a key equals a key of a backup. Without writing, equal content in another encoding is not recognized."""
    kind = client.type(name).decode()
    if kind != key.type:
        return False
    if kind == STRING:
        return bool(client.get(name) == key.value)
    return bool(client.dump(name) == key.value)


def equal(client: Any, one: bytes, other: bytes) -> bool:
    """Return whether two keys have the same content, regardless of their encoding on the server."""
    kinds = {client.type(one), client.type(other)}
    if len(kinds) > 1:
        return False
    if client.dump(one) == client.dump(other):
        return True
    return bool(_content(client, one, kinds.pop()) == _content(client, other, client.type(other)))


def _content(client: Any, name: bytes, kind: bytes) -> Any:
    """Return a key's content as a value that can be compared. Content of unknown types is never equal."""
    if kind == b"string":
        return client.get(name)
    if kind == b"list":
        return client.lrange(name, 0, -1)
    if kind == b"set":
        return client.smembers(name)
    if kind == b"hash":
        return client.hgetall(name)
    if kind == b"zset":
        return client.zrange(name, 0, -1, withscores=True)
    return object()


def response_error() -> type[Exception]:
    """Return the library's exception class for errors of the server."""
    found: type[Exception] = require("redis.exceptions").ResponseError
    return found
