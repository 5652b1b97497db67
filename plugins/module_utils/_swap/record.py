# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal's record of a switch, with all its changes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .._errors import HostError
from .._store import fields

#: The switch has begun, and may be done in part.
PREPARED = "prepared"
#: The switch is done.
DONE = "done"
#: The switch is done, and was an undo.
UNDONE = "undone"

RESTORE, UNDO = "restore", "undo"
#: Name of the field for keys of other versions.
_LATER = "later"


@dataclass(frozen=True)
class DatabaseSwap:
    """The new and the replaced database. A database keeps its OID when it is renamed.

    :param place: the server's name in messages.
    :param system: the server's system identifier, or an empty string if the account may not read it.
    :param name: the live name.
    :param incoming: name of the new database before the switch; None if there is none.
    :param outgoing: name of the replaced database after the switch; None if there is none.
    :param transaction: id of the transaction of a replacement in place, which renames nothing.
    :param safety: path of the safety backup before a replacement in place.
    :param outgoing_bytes: size of the replaced database on the server; None if unknown.
    :param later: keys written by another version, unknown to this one.
    """

    place: str
    system: str
    name: str
    incoming: str | None
    incoming_oid: int | None
    outgoing: str | None
    outgoing_oid: int | None
    transaction: str = ""
    safety: str = ""
    outgoing_bytes: int | None = None
    later: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class DirectorySwap:
    """A directory whose contents are exchanged, as a whole or entry by entry.

    :param name: its name in the backup.
    :param live: the live path.
    :param spare: the private directory with the old contents after the switch.
    :param inside: whether its entries are exchanged, because the directory itself can't be renamed.
    :param full: whether it contained anything.
    :param looks: new and old owner, group, mode and time (nanoseconds) of a directory whose entries are exchanged.
    :param bytes: size of the old contents on the disk; None if unknown.
    :param later: keys written by another version, unknown to this one.
    """

    name: str
    live: str
    spare: str
    inside: bool
    full: bool
    looks: tuple[tuple[int, int, int, int], tuple[int, int, int, int]] | None = None
    bytes: int | None = None
    later: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Record:
    """A switch.

    :param id: id of the switch; ids sort by time.
    :param verb: ``restore`` or ``undo``.
    :param created: time, in the format of :mod:`.._store.times`.
    :param backup: id of the restored backup, or of the backup whose restore was undone.
    :param keep: whether the replaced data is kept.
    :param state: ``prepared``, ``done`` or ``undone``.
    :param pairs: number of names that are exchanged.
    :param config: paths of restored configuration files.
    :param undo_of: id of the switch that was undone; empty for a restore.
    :param redis: prefix of the names of replaced Redis keys; empty if there are none.
    :param later: keys written by another version, unknown to this one.
    """

    id: str
    verb: str
    created: str
    backup: str
    keep: bool
    state: str
    pairs: int
    database: DatabaseSwap | None = None
    directories: tuple[DirectorySwap, ...] = ()
    config: tuple[str, ...] = ()
    undo_of: str = ""
    redis: str = ""
    later: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def to_json(self) -> bytes:
        """Return the record as the content of a file. Names that are not UTF-8 are preserved."""
        return json.dumps(_with_later(asdict(self)), indent=1).encode("ascii") + b"\n"

    @property
    def size(self) -> int | None:
        """Size of the replaced data in bytes; None if not all sizes are known."""
        sizes = [item.bytes for item in self.directories if item.full]
        if self.database and self.database.outgoing:
            sizes.append(self.database.outgoing_bytes)
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def describe(self) -> dict[str, Any]:
        """Return a description of the replaced data, for the result."""
        return {
            "id": self.id,
            "state": self.state,
            "created": self.created,
            "backup": self.backup,
            "database": self.database.outgoing if self.database else None,
            "directories": {item.name: item.spare for item in self.directories if item.full},
            "size": self.size,
        }


def record_from_json(data: bytes, source: object) -> Record:
    """Parse the content of a record's file. Raise HostError (``journal_damaged``)."""
    try:
        found = fields.parse(data)
        database = found.get("database")
        directories = [
            DirectorySwap(**{**_known(DirectorySwap, item), "looks": _looks(item.get("looks"))})
            for item in found.get("directories", ())
        ]
        return Record(
            **{
                **_known(Record, found),
                "config": tuple(found.get("config", ())),
                "database": DatabaseSwap(**_known(DatabaseSwap, database)) if database else None,
                "directories": tuple(directories),
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HostError("journal_damaged", path=source, cause=error) from error


def _known(kind: Any, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of this version, and unknown ones of another version in the field ``later``."""
    names = {each.name for each in dataclasses.fields(kind)} - {_LATER}
    known = {name: value for name, value in found.items() if name in names}
    return {**known, _LATER: {name: value for name, value in found.items() if name not in names}}


def _with_later(found: dict[str, Any]) -> dict[str, Any]:
    """Return a record for serialization, with the unknown keys in their original places."""
    database = found["database"]
    return _with_own(
        {
            **found,
            "database": _with_own(database) if database else None,
            "directories": [_with_own(item) for item in found["directories"]],
        }
    )


def _with_own(part: Mapping[str, Any]) -> dict[str, Any]:
    return {**part[_LATER], **{name: value for name, value in part.items() if name != _LATER}}


def _looks(value: Any) -> Any:
    return tuple(tuple(item) for item in value) if value else None
