# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that the user leaves out of a restore, because the source's rows violate constraints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from .._errors import DatabaseError, listed
from .catalog.model import Catalog
from .names import IDENTIFIER, split_name, unquoted

#: Used instead of a name: leaves out all objects that can't be created with the existing rows.
BROKEN = "broken"
#: Kinds in the catalog that can be left out.
KINDS = ("constraint", "index", "table", "trigger")

_ON = re.compile(rf"({IDENTIFIER}) ON (?:DOMAIN )?(.+)", re.DOTALL)
#: Maximum number of similar names that a message suggests.
_SUGGESTED = 5


@dataclass(frozen=True)
class LeaveOut:
    """Constraints, indexes, triggers and tables to leave out.

    :param items: names as the user has written them: ``name``, ``schema.name``, ``table.name`` or ``schema.table.name``;
        or :data:`BROKEN`.
    """

    items: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.items)

    @property
    def broken(self) -> bool:
        """Whether to leave out all objects that can't be created."""
        return BROKEN in self.items

    def has(self, kind: str, name: str) -> bool:
        """Return whether an object must be left out.

        :param name: its name in the catalog.
        """
        return bool(self.items) and kind in KINDS and not self.items.isdisjoint(spellings(name))

    def check(self, names: Iterable[str]) -> None:
        """Check that a backup has all of the objects. Raise DatabaseError (``leave_out_unknown``).

        :param names: catalog names of the backup's objects.
        """
        wanted = self.items - {BROKEN}
        if not wanted:
            return
        known = {spelling for name in names for spelling in spellings(name)}
        unknown = sorted(wanted - known)
        if unknown:
            near = [match for name in unknown for match in get_close_matches(name, known, _SUGGESTED)]
            raise DatabaseError(
                "leave_out_unknown", names=listed(unknown), near=listed(dict.fromkeys(near)) or "-"
            )


def names_in(catalog: Catalog) -> set[str]:
    """Return the names of all objects in a catalog that can be left out."""
    return {obj.name for kind in KINDS for obj in catalog.of(kind)}


def spellings(name: str) -> set[str]:
    """Return the names by which the user may refer to an object.

    :param name: its name in the catalog, such as ``one_open ON public."Tickets"``, which is one of them.
    """
    match = _ON.fullmatch(name)
    parts = (*split_name(match[2]), unquoted(match[1])) if match else split_name(name)
    return {name, *(".".join(parts[start:]) for start in range(len(parts)))}
