# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of a component other than the database for backups: look → check → pack.

A component's request is a :class:`BackupPart`. Before anything is written, it checks that the named files exist, and
everything else that can be checked. A :class:`Packing` is its work in one run: when the database's snapshot is taken,
it records what exists at that time; later it writes its content to the archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import Notice
from .._run.run import Run

if TYPE_CHECKING:
    # Not imported at run time, because restores create requests, too, for their safety backups.
    from .._archive.codec import Codec
    from .._archive.component_entry import ComponentEntry
    from .._archive.manifest import MemberEntry
    from .._archive.writer import ArchiveWriter


@dataclass(frozen=True)
class Archive:
    """An archive that is being written.

    :param place: directory for temporary files.
    :param notices: receives what the backup could not include, and other warnings.
    """

    writer: ArchiveWriter
    codec: Codec
    place: Path
    notices: list[Notice]


@dataclass(frozen=True)
class Packed:
    """A component in an archive.

    :param entry: its entry in the manifest; None if the backup does not have it.
    :param members: its members in the manifest's own list.
    """

    entry: ComponentEntry | None = None
    members: tuple[MemberEntry, ...] = ()


class Packing:
    """A component's work in one run. A context manager, which removes temporary files."""

    def __enter__(self) -> Packing:
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()

    def at_snapshot(self, run: Run) -> None:
        """Record what exists now; called at each attempt, as soon as the database's snapshot has been taken."""

    def forget(self) -> None:
        """Discard the records of :meth:`at_snapshot`."""

    def pack(self, run: Run) -> Packed:
        """Write the content to the archive. Raise SidekickError; then the backup fails."""
        raise NotImplementedError


class BackupPart:
    """The part of a backup request for one component."""

    def names(self) -> frozenset[str]:
        """Return the names of the component's parts that the backup will contain, as in sidecars."""
        raise NotImplementedError

    def look(self, store: Path) -> None:
        """Check that the files named by the user exist, so that a wrong path is detected before the database is read.

        :param store: the backup directory, which must not be part of the backup.

        Raise SidekickError.
        """

    def check(self, notices: list[Notice]) -> None:
        """Check what can be checked before anything is written, and warn about what the backup will lack. Raise SidekickError."""

    def predict(self, notices: list[Notice]) -> None:
        """Give the warnings that a run gives while packing; called in a dry run, after :meth:`check`."""

    def estimate(self, codec: Codec) -> int:
        """Return the estimated size of the component in the archive, in bytes. Raise SidekickError."""
        return 0

    def source(self) -> Mapping[str, Any]:
        """Return the description of the content's origin for the archive's first member."""
        return {}

    def packing(self, archive: Archive) -> Packing:
        """Return the component's packing for an archive."""
        raise NotImplementedError
