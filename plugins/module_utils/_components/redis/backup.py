# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of Redis in a backup."""

from __future__ import annotations

from dataclasses import dataclass

from ..._errors import Notice, listed
from ..._run.run import Run
from ..packing import Archive, BackupPart, Packed, Packing
from .entry import REDIS
from .pack import RedisSource, check_redis, pack_redis


@dataclass(frozen=True)
class RedisBackup(BackupPart):
    """Which keys to back up.

    :param encrypted: whether the backup is encrypted.
    :param secrets: whether secrets may be included; if not, no Redis keys are backed up.
    """

    keys: RedisSource
    encrypted: bool
    secrets: bool

    def names(self) -> frozenset[str]:
        return frozenset([REDIS] if self.secrets else [])

    def check(self, notices: list[Notice]) -> None:
        if not self.secrets:
            notices.append(Notice("redis_left_out", patterns=listed(self.keys.patterns)))
            return
        # The warnings are discarded here, because packing gives them again.
        check_redis(self.keys, [])
        if not self.encrypted:
            notices.append(Notice("redis_unencrypted"))

    def predict(self, notices: list[Notice]) -> None:
        if self.secrets:
            check_redis(self.keys, notices)

    def packing(self, archive: Archive) -> Packing:
        return _Packing(self.keys if self.secrets else None, archive)


class _Packing(Packing):
    def __init__(self, keys: RedisSource | None, archive: Archive) -> None:
        self._keys = keys
        self._archive = archive

    def pack(self, run: Run) -> Packed:
        if self._keys is None:
            return Packed()
        run.phase("Redis")
        packed = pack_redis(self._keys, self._archive.writer, self._archive.notices)
        return Packed(packed.entry, packed.members)
