# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the archives of ``retrieve``: tables as CSV, and the public folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._archive.directory_entry import DirectoryEntry
from .._archive.legacy.entries import LegacyArchive
from .._archive.legacy.layouts import PUBLIC, RETRIEVED
from .._archive.legacy.survey import Totals, survey
from .._archive.legacy.tables import CsvTable, survey_tables
from .._archive.legacy.unpack import unpack
from .._archive.rawfile import open_archive
from .._archive.walk import Excludes
from .._errors import Notice
from .._run.run import Run
from .._swap.places import Place

#: the only directory that such an archive can contain
NAME = "public"


@contextmanager
def opened(path: Path, kind: str, **options: Any) -> Iterator[LegacyArchive]:
    """Open an archive of ``tables`` or of ``files``. Raise ArchiveError."""
    fd = open_archive(str(path))
    try:
        yield LegacyArchive(fd, str(path), RETRIEVED if kind == "tables" else PUBLIC, **options)
    finally:
        os.close(fd)


def prove_tables(path: Path, run: Run) -> list[CsvTable]:
    """Read an archive of tables to its end; return its tables. Raise ArchiveError."""
    with opened(path, "tables") as archive:
        return survey_tables(archive, run.count_files)


def prove_public(path: Path, run: Run) -> Totals:
    """Read an archive of the public folder to its end; return files and bytes. Links may point anywhere. Raise ArchiveError."""
    with opened(path, "files", allow_unsafe_links=True) as archive:
        return public_totals(archive, run)


def public_totals(archive: LegacyArchive, run: Run) -> Totals:
    """Read an archive of the public folder to its end; return files and bytes. Raise ArchiveError."""
    return survey(archive, lambda _entry, _content: None, run.count_files).get(NAME, Totals())


class PublicFolder:
    """The public folder of an archive, as a source for a restore of directories."""

    def __init__(self, archive: LegacyArchive) -> None:
        self._archive = archive

    def holds_directory(self, entry: DirectoryEntry, place: Place, exclude: Excludes) -> bool:
        """Return False: without checksums, no directory can be compared with the archive."""
        return False

    def disk_size(self, entry: DirectoryEntry, exclude: Excludes) -> int:
        """Return the bytes of the files' contents, which is all that the archive records."""
        return entry.bytes

    def unpack(
        self, wanted: Mapping[DirectoryEntry, Path], exclude: Excludes, jobs: int, force: bool, run: Run
    ) -> list[Notice]:
        """Unpack into empty private directories; return warnings. Raise ArchiveError, HostError."""
        found = unpack(
            self._archive, {entry.name: str(path) for entry, path in wanted.items()}, run.count_files
        )
        return [notice for each in found.values() for notice in each.notices]
