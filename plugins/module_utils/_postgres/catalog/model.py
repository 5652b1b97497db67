# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values for the objects of a database, which can be compared across servers and versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Union

from ..._errors import ArchiveError

Json = Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]


@dataclass(frozen=True)
class CatalogObject:
    """One object of a database.

    :param kind: the kind as in SQL: ``table``, ``index``, ``materialized view``, …
    :param name: unique within its kind, qualified and quoted by :mod:`..names`; an object that belongs to a
        table is named ``name ON schema.table``.
    :param definition: all other properties, without those that are unset.
    :param owner: None for kinds that have no owner.
    :param acl: its privileges, sorted, each ``grantee PRIVILEGE grantor``, with ``*`` after a privilege
        with grant option, and role names in double quotes. Includes the owner's default privileges.
        None for kinds without privileges.
    :param depends: functions with a body that the server runs to build it (``schema.name(types)``).
    """

    kind: str
    name: str
    definition: Mapping[str, Json] = field(default_factory=dict)
    owner: str | None = None
    acl: tuple[str, ...] | None = None
    comment: str | None = None
    depends: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name of the object."""
        return self.kind, self.name


class Sharing:
    """Replaces equal values by the same value to save memory, since thousands of tables may have the same columns.

    This is safe because definitions are never changed in place.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._columns: dict[tuple[object, ...], dict[str, Json]] = {}
        self._lists: dict[tuple[str, ...], tuple[str, ...]] = {}

    def json(self, value: Json) -> Json:
        """Return an equal value whose texts are shared."""
        if isinstance(value, str):
            return self._texts.setdefault(value, value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            shared = {self._texts.setdefault(key, key): self.json(item) for key, item in value.items()}
            if any(isinstance(item, (dict, list)) for item in shared.values()):
                return shared
            # with the types of values, since True equals 1
            members = tuple((key, type(item), item) for key, item in shared.items())
            return self._columns.setdefault(members, shared)
        return value

    def object(self, obj: CatalogObject) -> CatalogObject:
        """Return an equal object whose texts are shared."""
        acl = obj.acl
        if acl is not None:
            acl = self._lists.setdefault(acl, acl)
        body = {self._texts.setdefault(key, key): self.json(item) for key, item in obj.definition.items()}
        owner = None if obj.owner is None else self._texts.setdefault(obj.owner, obj.owner)
        kind = self._texts.setdefault(obj.kind, obj.kind)
        return replace(obj, kind=kind, definition=body, owner=owner, acl=acl)


class Catalog:
    """All objects of a database, sorted by kind and name.

    Raise ArchiveError (``json_invalid``) if two objects have the same kind and name.
    """

    def __init__(self, objects: Iterable[CatalogObject]) -> None:
        self._objects: dict[tuple[str, str], CatalogObject] = {}
        sharing = Sharing()
        for obj in sorted(map(sharing.object, objects), key=lambda obj: obj.key):
            if obj.key in self._objects:
                raise ArchiveError(
                    "json_invalid",
                    source="database/catalog.jsonl",
                    where=f"{obj.kind} {obj.name} occurs twice",
                )
            self._objects[obj.key] = obj

    def find(self, kind: str, name: str) -> CatalogObject | None:
        """Return the object of that kind and name, if there is one."""
        return self._objects.get((kind, name))

    def of(self, kind: str) -> list[CatalogObject]:
        """Return all objects of one kind."""
        return [obj for obj in self if obj.kind == kind]

    @property
    def objects(self) -> tuple[CatalogObject, ...]:
        """All objects, in order."""
        return tuple(self._objects.values())

    def roles(self) -> set[str]:
        """Return the roles that own objects. Roles that only have privileges are in pg_dump's statements."""
        return {obj.owner for obj in self if obj.owner is not None}

    def __iter__(self) -> Iterator[CatalogObject]:
        return iter(self._objects.values())

    def __len__(self) -> int:
        return len(self._objects)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self._objects))
