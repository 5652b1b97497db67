# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories in a backup."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..._archive.codec import Codec
from ..._archive.directories import pack_directory
from ..._archive.estimate import estimate_packed
from ..._archive.spool import Spool, spool_names
from ..._errors import HostError, StoreError
from ..._run.run import Run
from ..packing import Archive, BackupPart, Packed, Packing
from .entry import DIRECTORIES, DirectoriesEntry


@dataclass(frozen=True)
class DirectoriesBackup(BackupPart):
    """Which directories to back up.

    :param places: name → directory.
    :param exclude: patterns of paths, relative to their directory, that are left out.
    :param jobs: threads that read and compress.
    """

    places: Mapping[str, Path]
    exclude: tuple[str, ...] = ()
    jobs: int = 1

    def names(self) -> frozenset[str]:
        return frozenset(f"{DIRECTORIES}:{name}" for name in self.places)

    def look(self, store: Path) -> None:
        for name, path in self.places.items():
            try:
                if not stat.S_ISDIR(os.stat(path).st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            except (FileNotFoundError, NotADirectoryError) as error:
                raise HostError("directory_absent", name=name, path=path, cause=error.strerror) from error
            except OSError as error:
                raise HostError("file_unreadable", path=path, cause=error.strerror or error) from error
            if store.is_relative_to(path.resolve()):
                raise StoreError("store_inside_directory", path=store, directory=path)

    def estimate(self, codec: Codec) -> int:
        return sum(estimate_packed(str(path), codec, self.exclude) for path in self.places.values())

    def source(self) -> Mapping[str, Any]:
        return {DIRECTORIES: {name: str(path) for name, path in self.places.items()}}

    def packing(self, archive: Archive) -> Packing:
        return _Packing(self, archive)


class _Packing(Packing):
    """The packing of directories: only files that existed when the snapshot was taken are archived."""

    def __init__(self, part: DirectoriesBackup, archive: Archive) -> None:
        self._part = part
        self._archive = archive
        self._spools: dict[str, Spool] = {}

    def at_snapshot(self, run: Run) -> None:
        for name, path in self._part.places.items():
            self._spools[name] = spool_names(
                name,
                str(path),
                exclude=self._part.exclude,
                notices=self._archive.notices,
                place=self._archive.place,
                check=run.check,
            )

    def forget(self) -> None:
        for spool in self._spools.values():
            spool.close()
        self._spools = {}

    def pack(self, run: Run) -> Packed:
        entries = []
        for name, path in self._part.places.items():
            run.phase(f"directory {name}")
            entries.append(
                pack_directory(
                    name,
                    str(path),
                    writer=self._archive.writer,
                    codec=self._archive.codec,
                    jobs=self._part.jobs,
                    exclude=self._part.exclude,
                    notices=self._archive.notices,
                    progress=run.count_files,
                    spool=self._spools.get(name),
                )
            )
        return Packed(DirectoriesEntry(tuple(entries)))
