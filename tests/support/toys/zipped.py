# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An example of an archive format in one file, only for tests: a zip file with the files of ``public``."""

from __future__ import annotations

import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.directory_entry import DirectoryEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    DirectoriesEntry,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.source import Source

FORMAT = "zip"


class Zipped(Source):
    format = FORMAT
    reader = None
    manifest = Manifest(0, "", "", "", {}, "none", "none", (), (), ())

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        files = [each for each in self._zip.infolist() if not each.is_dir()]
        public = DirectoryEntry("public", "", len(files), sum(each.file_size for each in files), ())
        entries = {DirectoriesEntry.key: DirectoriesEntry((public,))}
        self.manifest = Manifest(0, path.stem, "", "", {}, "none", "none", (), (), (), entries)

    def holds_directory(self, entry: DirectoryEntry, place: Any, exclude: Any) -> bool:
        return False

    def disk_size(self, entry: DirectoryEntry, exclude: Any) -> int:
        return entry.bytes

    def unpack(self, wanted: Any, exclude: Any, jobs: int, force: bool, run: Any) -> list[Any]:
        for staging in wanted.values():
            self._zip.extractall(staging)
        return []


def open_zip(path: Path, run: Any, force: bool) -> Any:
    return nullcontext(Zipped(path)) if zipfile.is_zipfile(path) else None
