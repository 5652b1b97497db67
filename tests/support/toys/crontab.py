# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An example of a component in one file, only for tests: a host's crontab."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.component_entry import (
    ComponentEntry,
    Described,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.absence import absent
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.component import Change, Staged
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.packing import (
    BackupPart,
    Packed,
    Packing,
)

KEY, MEMBER = "crontab", "crontab/table"


@dataclass(frozen=True)
class Crontab(ComponentEntry):
    key = KEY
    path: str
    lines: int

    @classmethod
    def parse(cls, fields: Any) -> Any:
        return fields.object_or_none(KEY, lambda inner: cls(inner.text("path", 4096), inner.number("lines")))

    def claim(self, layout: Any) -> None:
        if layout.claim_members("crontab/") != {MEMBER}:
            layout.refuse(KEY)

    def describe(self, encrypted: bool) -> Described:
        return Described(names=(KEY,), shown={KEY: self.lines}, made={KEY: self.lines})

    def rehearsal(self) -> Any:
        return _Rehearsal()


class _Rehearsal:
    names, files, bytes = (KEY,), 1, 0

    def needed(self, reader: Any) -> int:
        return 0

    def unpack(self, reader: Any, room: Any, run: Any) -> None:
        self.place = room.private(KEY) / "table"
        self.place.write_bytes(reader.named(MEMBER))

    def count(self) -> None:
        assert self.place.is_file()


@dataclass(frozen=True)
class CrontabFile(BackupPart):
    """The request for a backup as well as for a restore."""

    path: Path

    def names(self) -> frozenset[str]:
        return frozenset([KEY])

    def packing(self, archive: Any) -> Packing:
        return _Packing(self.path, archive.writer)

    def choose(self, source: Any, context: Any) -> Change:
        if Crontab.of(source.manifest) is None:
            raise absent(KEY, source.manifest)
        return _Change(self.path, source.reader.named(MEMBER))


@dataclass
class _Packing(Packing):
    path: Path
    writer: Any

    def pack(self, run: Any) -> Packed:
        content = self.path.read_bytes()
        member = self.writer.add_member(MEMBER, content)
        return Packed(Crontab(str(self.path), content.count(b"\n")), (member,))


class _Change(Change, Staged):
    component, late, pending = KEY, True, False

    def __init__(self, path: Path, content: bytes) -> None:
        super().__init__()
        self.path, self.content = path, content

    def plan(self, run: Any, needs: Any) -> None:
        self.pending = not self.path.exists() or self.path.read_bytes() != self.content

    def stage(self) -> Any:
        return nullcontext(self)

    def settle(self, record: Any, others: Any) -> None:
        self.path.write_bytes(self.content)
