# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores Redis keys.

Everything that can fail is done before the exchange: the keys are written under temporary names and read back,
and existing keys are compared. After the exchange they are only renamed, in batches of one transaction each.
Temporary keys of a killed run expire.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from ..._archive.reader import ArchiveReader
from ..._archive.rediskeys import STRING, RedisKey
from ..._errors import MOST_NAMED, HostError, Notice, listed
from ..._stack import redis_keys
from ..._stack.redis_server import RedisServer, connected
from .entry import RedisEntry, archived_keys

#: Expiry in milliseconds of keys under temporary names: new keys until the exchange, and replaced keys after it.
_WAITING, _ASIDE = 3600 * 1000, 30 * 24 * 3600 * 1000


@dataclass(frozen=True)
class RestoredRedis:
    """The numbers of keys that a restore has changed, or, before that, will change.

    :param count: keys in the backup.
    :param restored: keys that did not exist.
    :param replaced: keys that existed with other content.
    :param kept: keys that exist with other content and are not replaced.
    :param unchanged: existing keys equal to the backup.
    :param expired: keys that have expired since the backup, and are not restored.
    :param previous: prefix of the new names of replaced keys.
    """

    server: str
    count: int = 0
    restored: int = 0
    replaced: int = 0
    kept: int = 0
    unchanged: int = 0
    expired: int = 0
    previous: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything must be, or was, written."""
        return bool(self.restored or self.replaced)


@dataclass
class RedisRestore:
    """A restore of keys, starting with its plan.

    :param replace: replace existing keys with other content.
    :param skip: keep existing keys with other content.
    :param proved: whether the backup's encryption proves its origin; if not, existing keys are kept even with ``replace``.
    :param keep_previous: keep replaced keys under another name.
    :param dry_run: write nothing, not even temporarily.
    """

    server: RedisServer
    reader: ArchiveReader
    entry: RedisEntry
    replace: bool = False
    skip: bool = False
    keep_previous: bool = True
    dry_run: bool = False
    proved: bool = True
    result: RestoredRedis = field(init=False)
    _token: str = field(default_factory=lambda: secrets.token_hex(6))

    @property
    def _replaces(self) -> bool:
        return self.replace and self.proved

    @property
    def _skips(self) -> bool:
        return self.skip or (self.replace and not self.proved)

    @property
    def aside(self) -> str:
        """Prefix of the new names of replaced keys; empty if none is kept."""
        return self.result.previous or ""

    def plan(self, notices: list[Notice]) -> RestoredRedis:
        """Determine what must be done, without changing anything.

        Raise HostError: ``redis_in_the_way``, and what :func:`.connected` raises.
        """
        found = RestoredRedis(self.server.place)
        differing: list[str] = []
        with connected(self.server) as client:
            now = redis_keys.now_ms(client)
            for batch in self._batches():
                existing = _exist(client, [key.name for key in batch])
                for key, exists in zip(batch, existing):
                    found = replace(found, count=found.count + 1)
                    if key.expires_ms is not None and key.expires_ms <= now:
                        found = replace(found, expired=found.expired + 1)
                    elif not exists:
                        found = replace(found, restored=found.restored + 1)
                    elif self._same(client, key):
                        found = replace(found, unchanged=found.unchanged + 1)
                    else:
                        found = self._differs(found, key, differing)
        if found.expired:
            notices.append(Notice("redis_expired", count=found.expired, server=self.server.place))
        self._report_differing(differing, found, notices)
        self.result = found
        return found

    def _same(self, client: Any, key: RedisKey) -> bool:
        """Return whether a key is equal to the backup.

        A server may dump the same content in different ways. If the dumps differ, the backup's value is restored to a
        temporary key and compared by content.
        """
        if redis_keys.same(client, key.name, key):
            return True
        if key.type == STRING or client.type(key.name).decode() != key.type or self.dry_run:
            return False
        self._put(client, [key])
        try:
            return redis_keys.equal(client, self._new(key), key.name)
        finally:
            client.delete(self._new(key))

    def _differs(self, found: RestoredRedis, key: RedisKey, differing: list[str]) -> RestoredRedis:
        if len(differing) < MOST_NAMED:
            differing.append(key.name.decode("utf-8", "backslashreplace"))
        if self._replaces:
            previous = self._previous_prefix() if self.keep_previous else None
            return replace(found, replaced=found.replaced + 1, previous=previous)
        return replace(found, kept=found.kept + 1)

    def _report_differing(
        self, differing: Sequence[str], found: RestoredRedis, notices: list[Notice]
    ) -> None:
        if not differing or self._replaces:
            return
        names = listed(differing, found.kept)
        if not self._skips:
            raise HostError("redis_in_the_way", server=self.server.place, count=found.kept, names=names)
        code = "redis_kept" if self.skip else "redis_unproved"
        notices.append(Notice(code, server=self.server.place, count=found.kept, names=names))

    @contextmanager
    def staged(self) -> Iterator[None]:
        """Write the keys under temporary names and verify them. At the end of the block, remove the remaining temporary keys.

        Raise HostError: ``redis_differs``, ``redis_value_refused``, and what :func:`.connected` raises.
        """
        try:
            with connected(self.server) as client:
                now = redis_keys.now_ms(client)
                for batch in self._batches():
                    wanted = [key for key in batch if self._wanted(client, key, now)]
                    self._stage(client, wanted)
            yield
        finally:
            self._remove_staged()

    def _wanted(self, client: Any, key: RedisKey, now: int) -> bool:
        if key.expires_ms is not None and key.expires_ms <= now:
            return False
        if not client.exists(key.name):
            return True
        return not redis_keys.same(client, key.name, key) and not self._skips

    def _stage(self, client: Any, wanted: Sequence[RedisKey]) -> None:
        self._put(client, wanted)
        for key in wanted:
            # Dumps are not compared byte for byte, because another version of the server may encode them
            # differently.
            kind = client.type(self._new(key)).decode()
            if kind != key.type or (kind == STRING and not redis_keys.same(client, self._new(key), key)):
                raise HostError("redis_differs", server=self.server.place, key=_shown(key))
            if client.exists(key.name) and redis_keys.equal(client, self._new(key), key.name):
                client.delete(self._new(key))

    def _put(self, client: Any, keys: Sequence[RedisKey]) -> None:
        try:
            redis_keys.put_keys(client, [(self._new(key), key) for key in keys], _WAITING)
        except redis_keys.response_error() as error:
            raise HostError("redis_value_refused", server=self.server.place, cause=error) from error

    def switch(self) -> RestoredRedis:
        """Rename the staged keys to their final names, with their remaining time to live; return the result.

        Raise HostError: ``redis_differs``, and what :func:`.connected` raises.
        """
        done = replace(self.result, restored=0, replaced=0, previous=None)
        with connected(self.server) as client:
            for batch in self._batches():
                staged = _exist(client, [self._new(key) for key in batch])
                waiting = [key for key, exists in zip(batch, staged) if exists]
                if waiting:
                    done = self._rename(client, waiting, done)
        unchanged = self.result.count - done.restored - done.replaced - done.kept - done.expired
        self.result = replace(done, unchanged=max(0, unchanged))
        return self.result

    def _rename(self, client: Any, waiting: Sequence[RedisKey], done: RestoredRedis) -> RestoredRedis:
        existing = _exist(client, [key.name for key in waiting])
        if any(existing) and not self._replaces:
            conflict = next(_shown(key) for key, exists in zip(waiting, existing) if exists)
            raise HostError("redis_differs", server=self.server.place, key=conflict)
        pipeline = client.pipeline(transaction=True)
        for key, exists in zip(waiting, existing):
            if exists and self.keep_previous:
                aside = self._previous_prefix().encode() + key.name
                pipeline.rename(key.name, aside)
                pipeline.pexpire(aside, _ASIDE)
            pipeline.rename(self._new(key), key.name)
            if key.expires_ms is None:
                pipeline.persist(key.name)
            else:
                pipeline.pexpireat(key.name, key.expires_ms)
        pipeline.execute()
        replaced = sum(map(bool, existing))
        previous = self._previous_prefix() if self.keep_previous and (replaced or done.previous) else None
        return replace(
            done,
            restored=done.restored + len(waiting) - replaced,
            replaced=done.replaced + replaced,
            previous=previous,
        )

    def _batches(self) -> Iterator[list[RedisKey]]:
        keys = archived_keys(self.reader, self.entry)
        while True:
            batch = list(islice(keys, redis_keys.BATCH))
            if not batch:
                break
            yield batch

    def _new(self, key: RedisKey) -> bytes:
        return redis_keys.PRIVATE + f"new:{self._token}:".encode() + key.name

    def _previous_prefix(self) -> str:
        return f"{redis_keys.PRIVATE.decode()}previous:{self._token}:"

    def _remove_staged(self) -> None:
        """Remove temporary keys; if that fails, they expire within an hour."""
        try:
            with connected(self.server) as client:
                for batch in self._batches():
                    client.delete(*(self._new(key) for key in batch))
        except HostError:
            return


def undo_redis(server: RedisServer, aside: str) -> RestoredRedis:
    """Rename the keys that a restore replaced to their former names. Current keys with these names are renamed, too.

    :param aside: prefix of the names of the replaced keys.

    Raise HostError; see :func:`.connected`.
    """
    prefix = aside.encode()
    later = redis_keys.PRIVATE + f"previous:{secrets.token_hex(6)}:".encode()
    done = RestoredRedis(server.place)
    with connected(server) as client:
        # List all names first: if keys are renamed during a SCAN, it may return a name twice or not at all.
        for name in list(client.scan_iter(match=prefix + b"*", count=redis_keys.BATCH)):
            key = name[len(prefix) :]
            exists = bool(client.exists(key))
            pipeline = client.pipeline(transaction=True)
            if exists:
                pipeline.rename(key, later + key)
                pipeline.pexpire(later + key, _ASIDE)
            pipeline.rename(name, key)
            pipeline.persist(key)
            pipeline.execute()
            done = replace(
                done,
                count=done.count + 1,
                restored=done.restored + (not exists),
                replaced=done.replaced + exists,
                previous=later.decode() if exists else done.previous,
            )
    return done


def _exist(client: Any, names: Sequence[bytes]) -> list[bool]:
    pipeline = client.pipeline(transaction=False)
    for name in names:
        pipeline.exists(name)
    return [bool(found) for found in pipeline.execute()]


def _shown(key: RedisKey) -> str:
    return key.name.decode("utf-8", "backslashreplace")
