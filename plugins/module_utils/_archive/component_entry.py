# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a manifest says of one component: the only place that knows what the component consists of in an archive."""

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
    """A component in figures and names, none of them a secret.

    :param names: what of the component is in the backup, as sidecars and lists name it.
    :param sidecar: its members of the sidecar.
    :param shown: its members of what is shown of a backup's contents.
    :param made: its members of the result of the backup that made it.
    """

    names: tuple[str, ...] = ()
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, Any] = field(default_factory=dict)
    made: Mapping[str, Any] = field(default_factory=dict)


class ComponentEntry:
    """A component's member of the manifest, as a frozen dataclass.

    ``key`` is the member's name. A manifest always has what is ``required``.
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
        """Take the member from a manifest's fields; None if it says that there is nothing.

        Raise ArchiveError ``json_invalid``.
        """
        raise NotImplementedError

    @classmethod
    def nothing(cls: type[_E]) -> _E | None:
        """Return what a manifest says of a component that is required, where a backup has nothing of it."""
        return cls() if cls.required else None

    def plain(self) -> object:
        """Return what JSON is made of; dataclasses are taken apart."""
        return self

    def own_members(self) -> tuple[MemberEntry, ...]:
        """Return the members of the archive that are listed here and not among the manifest's own."""
        return ()

    def claim(self, layout: Layout) -> None:
        """Claim the frames and members that are the component's. Raise ArchiveError ``manifest_false``."""
        raise NotImplementedError

    def prove(self, proof: Proof) -> None:
        """Read and prove the content; members were verified before. Raise ArchiveError."""

    def parse_lists(self, lists: Lists) -> None:
        """Parse, as a restore does, what lists or describes something else, and read no contents. Raise ArchiveError."""

    def describe(self, encrypted: bool) -> Described:
        """Return what is in it.

        :param encrypted: whether the archive is: then its sidecar has no names from within.
        """
        raise NotImplementedError

    def rehearsal(self) -> Rehearsal | None:
        """Return the component's part in a drill; None if there is nothing to unpack."""
        return None

    @classmethod
    def shown_without(cls) -> Mapping[str, Any]:
        """Return what is shown of the contents of a backup that has no such entry."""
        return {}
