# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A component's entry in a manifest: the only code that knows which parts of an archive belong to the component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from .jsonfields import Fields

if TYPE_CHECKING:
    from .check import Lists, Proof
    from .layout import Layout
    from .manifest import Manifest, MemberEntry
    from .rehearsal import Rehearsal

_E = TypeVar("_E", bound="ComponentEntry")


@dataclass(frozen=True)
class Described:
    """A description of a component in figures and names, without secrets.

    :param names: names of the component's parts in the backup, for sidecars and lists.
    :param sidecar: its keys in the sidecar.
    :param shown: its keys in the shown contents of a backup.
    :param made: its keys in the result of the backup that made it.
    """

    names: tuple[str, ...] = ()
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)


class ComponentEntry:
    """A component's entry in the manifest. Subclasses are frozen dataclasses.

    ``key`` is its name in the manifest. Every manifest has the entries that are ``required``.
    """

    key: ClassVar[str]
    required: ClassVar[bool] = False

    @classmethod
    def of(cls: type[_E], manifest: Manifest) -> _E | None:
        """Return the component's entry in a manifest; None if it has none."""
        found = manifest.entries.get(cls.key)
        return found if isinstance(found, cls) else None

    @classmethod
    def parse(cls: type[_E], fields: Fields) -> _E | None:
        """Take the entry from a manifest's fields; None if the backup does not have the component.

        Raise ArchiveError ``json_invalid``.
        """
        raise NotImplementedError

    @classmethod
    def nothing(cls: type[_E]) -> _E | None:
        """Return the entry of a required component for a backup that does not have it."""
        return cls() if cls.required else None

    def plain(self) -> object:
        """Return the entry as JSON values; dataclasses are converted."""
        return self

    def own_members(self) -> tuple[MemberEntry, ...]:
        """Return the archive's members that only this entry lists, not the manifest's own list."""
        return ()

    def claim(self, layout: Layout) -> None:
        """Claim the frames and members of the component. Raise ArchiveError ``manifest_false``."""
        raise NotImplementedError

    def prove(self, proof: Proof) -> None:
        """Read and prove the content; members were verified before. Raise ArchiveError."""

    def parse_lists(self, lists: Lists) -> None:
        """Parse the component's lists and descriptions, as a restore does, without reading contents. Raise ArchiveError."""

    def describe(self, encrypted: bool) -> Described:
        """Return what is in it.

        :param encrypted: whether the archive is encrypted; its sidecar then has no names from inside.
        """
        raise NotImplementedError

    def rehearsal(self) -> Rehearsal | None:
        """Return the component's part in a drill; None if there is nothing to unpack."""
        return None

    @classmethod
    def shown_without(cls) -> Mapping[str, Any]:
        """Return what the shown contents of a backup have if it has no such entry."""
        return {}
