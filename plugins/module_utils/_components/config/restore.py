# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files in a restore."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..._archive.config_entry import ConfigEntry
from ..._archive.reader import ArchiveReader
from ..._run.run import Run
from ..._swap.pairs import Pair
from ..._swap.record import Record
from ..._swap.switch import Renaming
from ..absence import absent
from ..component import Change, Context, Need, Staged
from ..source import Source
from .entry import CONFIG, config_files
from .places import ConfigPlaces
from .staging import ConfigFile, StagedConfig, config_staged, plan_config


@dataclass(frozen=True)
class ConfigPart:
    """The targets of configuration files. All files in the backup are restored.

    :param mapping: directory or file in the backup → path on this host.
    """

    mapping: dict[str, str]

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose all configuration files of the backup. Raise HostError (``component_absent``)."""
        entries = config_files(source.manifest)
        if not entries or source.reader is None:
            raise absent(CONFIG, source.manifest)
        policy = context.policy
        places = ConfigPlaces(self.mapping, replace=policy.replaces, skip=policy.skips)
        return ConfigChange(source.reader, entries, places, context)


class ConfigChange(Change):
    """The restore of configuration files."""

    component = CONFIG
    late = True

    def __init__(
        self, reader: ArchiveReader, entries: Sequence[ConfigEntry], places: ConfigPlaces, context: Context
    ) -> None:
        super().__init__()
        self._reader = reader
        self._entries = entries
        self._places = places
        self._notices = context.notices
        self._files: list[ConfigFile] = []

    def plan(self, run: Run, needs: list[Need]) -> None:
        self._files = plan_config(self._reader, self._entries, self._places, self._notices)

    @property
    def pending(self) -> bool:
        return any(file.missing for file in self._files)

    @contextmanager
    def stage(self) -> Iterator[Staged]:
        with config_staged(self._files, self._notices) as staged:
            yield _Staged(staged)

    def report(self) -> dict[str, Any]:
        return {
            "config": [str(file.path) for file in self._files if file.missing],
            "config_previous": {str(file.path): str(file.aside) for file in self._files if file.aside},
        }


class _Staged(Staged):
    def __init__(self, staged: StagedConfig) -> None:
        self._staged = staged

    def prepare(self, record: Record) -> Record:
        return replace(record, config=tuple(os.fsdecode(pair.live) for pair in self._staged.pairs))

    def pairs(self) -> Sequence[Pair]:
        return self._staged.pairs

    def renamings(self) -> Sequence[Renaming]:
        return self._staged.renamings
