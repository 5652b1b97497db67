# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for directories."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar

from ..._archive.component_entry import ComponentEntry, Described
from ..._archive.directory_entry import DirectoryEntry, claim_directories, parse_directory
from ..._archive.jsonfields import Fields
from ..._archive.manifest import Manifest
from ..._store.sidecar import DirectoryTotals

if TYPE_CHECKING:
    from ..._archive.check import Lists, Proof
    from ..._archive.layout import Layout
    from .rehearsal import DirectoriesRehearsal

DIRECTORIES = "directories"


@dataclass(frozen=True)
class DirectoriesEntry(ComponentEntry):
    """All directories of a backup."""

    key: ClassVar[str] = DIRECTORIES
    required: ClassVar[bool] = True

    directories: tuple[DirectoryEntry, ...] = ()

    @classmethod
    def parse(cls, fields: Fields) -> DirectoriesEntry:
        return cls(fields.array(DIRECTORIES, parse_directory))

    def plain(self) -> object:
        return self.directories

    def claim(self, layout: Layout) -> None:
        claim_directories(layout, self.directories, DIRECTORIES)

    def prove(self, proof: Proof) -> None:
        from ..._archive.directory_check import prove_directory

        for directory in self.directories:
            prove_directory(proof, directory)

    def parse_lists(self, lists: Lists) -> None:
        from ..._archive.directory_check import parse_indexes

        for directory in self.directories:
            parse_indexes(lists, directory)

    def describe(self, encrypted: bool) -> Described:
        totals = {each.name: DirectoryTotals(each.path, each.files, each.bytes) for each in self.directories}
        shown = {DIRECTORIES: {name: asdict(each) for name, each in totals.items()}}
        return Described(names=self._names, sidecar={DIRECTORIES: totals}, shown=shown, made=shown)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(f"{DIRECTORIES}:{each.name}" for each in self.directories)

    def rehearsal(self) -> DirectoriesRehearsal | None:
        from .rehearsal import DirectoriesRehearsal

        return DirectoriesRehearsal(self._names, self.directories) if self.directories else None


def directories_of(manifest: Manifest) -> tuple[DirectoryEntry, ...]:
    """Return the directories in a backup."""
    entry = DirectoriesEntry.of(manifest)
    return entry.directories if entry else ()
