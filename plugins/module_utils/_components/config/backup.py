# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files in a backup."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..._errors import Notice, listed
from ..._run.run import Run
from ..packing import Archive, BackupPart, Packed, Packing
from .entry import CONFIG, ConfigFiles
from .pack import ConfigSources, check_named, pack_config


@dataclass(frozen=True)
class ConfigBackup(BackupPart):
    """Which configuration files to back up.

    :param encrypted: whether the backup is encrypted.
    :param secrets: whether to include the stack's files, which may contain passwords and keys. Files that the user
        names are always included.
    """

    sources: ConfigSources
    encrypted: bool
    secrets: bool

    @property
    def kept(self) -> ConfigSources:
        """The files to back up."""
        return self.sources if self.secrets else ConfigSources(named=self.sources.named)

    def names(self) -> frozenset[str]:
        return frozenset([CONFIG] if self.kept.named or self.kept.found else [])

    def look(self, store: Path) -> None:
        check_named(self.sources.named)

    def check(self, notices: list[Notice]) -> None:
        if not self.encrypted and self.names():
            notices.append(Notice("config_unencrypted"))
        left = () if self.secrets else self.sources.only_found
        if left:
            notices.append(Notice("config_left_out", paths=listed(str(path) for path in left)))

    def packing(self, archive: Archive) -> Packing:
        return _Packing(self.kept, archive)


class _Packing(Packing):
    def __init__(self, sources: ConfigSources, archive: Archive) -> None:
        self._sources = sources
        self._archive = archive

    def pack(self, run: Run) -> Packed:
        files = pack_config(self._sources, self._archive.writer, self._archive.notices)
        return Packed(ConfigFiles(tuple(files)))
