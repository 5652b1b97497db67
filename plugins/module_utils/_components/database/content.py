# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading and parsing the database's members of an archive."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._archive.names import CATALOG, POST_DATA, PRE_DATA, SEQUENCES
from ..._archive.reader import ArchiveReader
from ..._postgres.catalog.jsonl import from_jsonl
from ..._postgres.catalog.model import Catalog
from ..._postgres.leave_out import names_in
from ..._postgres.names import qualified
from ..._postgres.properties import check_properties
from ..._postgres.schema_roles import owners_in, roles_in
from ..._postgres.schema_sql import Entry, split
from ..._postgres.schema_statements import check_definitions
from ..._postgres.sequence_states import states_from_json

if TYPE_CHECKING:
    from .entry import DatabaseEntry


@dataclass(frozen=True)
class Content:
    """The database's members of an archive, read and parsed before anything is created."""

    entry: DatabaseEntry
    pre_data: list[Entry]
    post_data: list[Entry]
    catalog: Catalog
    sequences: bytes

    def roles(self) -> set[str]:
        """Return the roles that executing the entries and altering the database needs."""
        return roles_of(self.entry) | roles_in([*self.pre_data, *self.post_data])

    def leavable(self) -> set[str]:
        """Return the names of everything that can be left out. Only the manifest lists tables of extensions."""
        return names_in(self.catalog) | {qualified(table.schema, table.name) for table in self.entry.tables}

    def owners(self, but: Collection[str] = ()) -> set[str]:
        """Return the roles that become owners of objects when the entries are executed.

        :param but: types of entries that are not executed.
        """
        return owners_in(entry for entry in (*self.pre_data, *self.post_data) if entry.type not in but)


def read_content(reader: ArchiveReader, entry: DatabaseEntry) -> Content:
    """Read and parse the database's members of an archive. Raise ArchiveError."""
    return parse_content(entry, reader.named)


def parse_content(entry: DatabaseEntry, read: Callable[[str], bytes]) -> Content:
    """Parse the database's members.

    :param read: returns the bytes of a member by its name.

    Raise ArchiveError if no restore would accept them.
    """
    check_properties(entry.properties)
    pre_data, post_data = split(read(PRE_DATA)), split(read(POST_DATA))
    check_definitions([*pre_data, *post_data])
    sequences = read(SEQUENCES)
    states_from_json(sequences)
    return Content(entry, pre_data, post_data, from_jsonl(read(CATALOG)), sequences)


def roles_of(entry: DatabaseEntry) -> set[str]:
    """Return the roles that the database refers to according to the manifest."""
    described = entry.properties
    grantees = {grantee for grantee, _right, _grantable in described["acl"] or [] if grantee}
    return {*entry.roles, described["owner"], *grantees, *(role for role in described["settings"] if role)}
