# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of Redis in a restore."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..._archive.demand import is_proved
from ..._errors import HostError, SidekickError, listed
from ..._run.run import Run
from ..._stack.redis_server import RedisServer
from ..._swap.record import Record
from ..absence import absent
from ..component import Change, Context, Need, Staged, Used
from ..source import Source
from .entry import REDIS, RedisEntry
from .keys import RedisRestore

#: The resource that stands for the Redis keys, which always belong to the application.
KEYS: Used = (REDIS, "")


@dataclass(frozen=True)
class RedisPart:
    """The target of the keys. All keys in the backup are restored.

    :param server: None if unknown.
    """

    server: RedisServer | None

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose all keys of the backup. Raise HostError (``component_absent``, ``redis_unplaced``)."""
        entry = RedisEntry.of(source.manifest)
        if entry is None or source.reader is None:
            raise absent(REDIS, source.manifest)
        if self.server is None:
            raise HostError("redis_unplaced", id=source.manifest.id)
        policy = context.policy
        keys = RedisRestore(
            self.server,
            source.reader,
            entry,
            replace=policy.replaces,
            skip=policy.skips,
            keep_previous=policy.keep_previous,
            dry_run=policy.dry_run,
            proved=policy.force or is_proved(source.reader.encryption),
        )
        return RedisChange(keys, source.manifest.id, context)


class RedisChange(Change):
    """The restore of keys. They are staged late, because staged keys expire after an hour."""

    component = REDIS
    late = True

    def __init__(self, keys: RedisRestore, backup: str, context: Context) -> None:
        super().__init__()
        self._keys = keys
        self._backup = backup
        self._notices = context.notices

    def plan(self, run: Run, needs: list[Need]) -> None:
        self._keys.plan(self._notices)

    @property
    def pending(self) -> bool:
        return self._keys.result.changed

    @property
    def used(self) -> frozenset[Used]:
        return frozenset([KEYS])

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        with self._keys.staged():
            yield _Staged(self._keys, self._backup)

    def report(self) -> dict[str, Any]:
        return {"redis": asdict(self._keys.result)}


class _Staged(Staged):
    def __init__(self, keys: RedisRestore, backup: str) -> None:
        self._keys = keys
        self._backup = backup

    def prepare(self, record: Record) -> Record:
        return replace(record, redis=self._keys.aside) if record.keep else record

    def settle(self, record: Record, others: Sequence[str]) -> None:
        try:
            self._keys.switch()
        except SidekickError as error:
            raise HostError(
                "redis_not_switched",
                server=self._keys.server.place,
                id=self._backup,
                parts=listed(others) or "-",
                cause=error,
            ) from error
