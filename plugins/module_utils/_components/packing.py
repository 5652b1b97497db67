# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a backup asks of each component next to the database: look → check → pack.

A component's request is a :class:`BackupPart`. Before anything is written it looks for what is named and checks what can be
checked. A :class:`Packing` is its work in one run: at the moment of the database's snapshot it notes what it needs to
know of that moment, and later it writes its content into the archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import Notice
from .._run.run import Run

if TYPE_CHECKING:
    # Requests are made where nothing is packed yet, as by a restore for the backup before it.
    from .._archive.codec import Codec
    from .._archive.component_entry import ComponentEntry
    from .._archive.manifest import MemberEntry
    from .._archive.writer import ArchiveWriter


@dataclass(frozen=True)
class Archive:
    """An archive that is being written.

    :param place: directory for temporary files.
    :param notices: gets what the backup could not hold, and what else the user should know.
    """

    writer: ArchiveWriter
    codec: Codec
    place: Path
    notices: list[Notice]


@dataclass(frozen=True)
class Packed:
    """A component in an archive.

    :param entry: what the manifest says of it; None if the backup has nothing of it.
    :param members: those that the manifest lists among its own.
    """

    entry: ComponentEntry | None = None
    members: tuple[MemberEntry, ...] = ()


class Packing:
    """A component's work in one run, for use with ``with``, which removes temporary files."""

    def __enter__(self) -> Packing:
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()

    def at_snapshot(self, run: Run) -> None:
        """Note what is there at this moment; called as soon as the database's snapshot is taken, for each attempt."""

    def forget(self) -> None:
        """Forget what was noted at the moment of a snapshot."""

    def pack(self, run: Run) -> Packed:
        """Write the content into the archive. Raise SidekickError; then there is no backup."""
        raise NotImplementedError


class BackupPart:
    """The part of a backup's request that is one component's."""

    def names(self) -> frozenset[str]:
        """Return what of the component the backup will hold, as sidecars name it."""
        raise NotImplementedError

    def look(self, store: Path) -> None:
        """Look for what is named, so that a wrong path is found now and not after the database's hour.

        :param store: the directory of the backups, which may not be part of what is backed up.

        Raise SidekickError.
        """

    def check(self, notices: list[Notice]) -> None:
        """Check what can be checked before anything is written, and say what the backup will lack. Raise SidekickError."""

    def predict(self, notices: list[Notice]) -> None:
        """Report what else only a run can find out; called in a dry run, after :meth:`check`."""

    def estimate(self, codec: Codec) -> int:
        """Return about how many bytes the component will have in the archive. Raise SidekickError."""
        return 0

    def source(self) -> Mapping[str, Any]:
        """Return what the archive's first member says of where the content is from."""
        return {}

    def packing(self, archive: Archive) -> Packing:
        """Return the work on an archive."""
        raise NotImplementedError
