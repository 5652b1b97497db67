# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Computes the expected catalog on the target: the source's catalog with mapped roles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from .model import CatalogObject, Json
from .others import user_mapping_name
from .schemas import default_privileges_name

_ROLE = r'PUBLIC|OWNER|"(?:[^"]|"")*"'
_PRIVILEGE = re.compile(rf"({_ROLE}) ([A-Z ]+)(\*?) ({_ROLE})")


def _role(word: str, role_map: Mapping[str, str]) -> str:
    if not word.startswith('"'):
        return word
    name = word[1:-1].replace('""', '"')
    return '"' + role_map.get(name, name).replace('"', '""') + '"'


def map_privileges(acl: Iterable[str], role_map: Mapping[str, str]) -> tuple[str, ...]:
    """Return privileges with mapped roles, sorted and without duplicates."""
    found: set[str] = set()
    for privilege in acl:
        match = _PRIVILEGE.fullmatch(privilege)
        if match is None:
            found.add(privilege)
            continue
        grantee, word, star, grantor = match.groups()
        found.add(f"{_role(grantee, role_map)} {word}{star} {_role(grantor, role_map)}")
    # If two roles are mapped to one, a privilege with grant option includes the same privilege without it.
    return tuple(sorted(found - {_without_option(privilege) for privilege in found if "* " in privilege}))


def _without_option(privilege: str) -> str:
    match = _PRIVILEGE.fullmatch(privilege)
    return f"{match[1]} {match[2]} {match[4]}" if match else ""


def _map_columns(columns: Json, role_map: Mapping[str, str]) -> Json:
    if not isinstance(columns, list):
        return columns
    mapped: list[Json] = []
    for column in columns:
        acl = column.get("acl") if isinstance(column, dict) else None
        if isinstance(column, dict) and isinstance(acl, list):
            column = {**column, "acl": list(map_privileges(map(str, acl), role_map))}
        mapped.append(column)
    return mapped


def _map_changes(body: dict[str, Json], role_map: Mapping[str, str]) -> None:
    for word in ("granted", "revoked"):
        changes = body.get(word)
        if isinstance(changes, list):
            body[word] = list(map_privileges(map(str, changes), role_map))


def map_object(obj: CatalogObject, role_map: Mapping[str, str]) -> CatalogObject:
    """Return the object with mapped roles in its owner, privileges, definition and name."""
    if not role_map:
        return obj
    body = dict(obj.definition)
    name = obj.name
    owner = None if obj.owner is None else role_map.get(obj.owner, obj.owner)
    roles = body.get("roles")
    if obj.kind in ("privileges", "default privileges"):
        _map_changes(body, role_map)
    if obj.kind == "policy" and isinstance(roles, list):
        body["roles"] = [role_map.get(str(role), str(role)) for role in roles]
    elif obj.kind == "user mapping" and isinstance(body.get("role"), str):
        body["role"] = role_map.get(str(body["role"]), str(body["role"]))
        name = user_mapping_name(str(body.get("server")), str(body["role"]))
    elif obj.kind == "default privileges" and owner is not None:
        schema = body.get("schema")
        name = default_privileges_name(
            owner, None if schema is None else str(schema), str(body.get("objects"))
        )
    if "columns" in body:
        body["columns"] = _map_columns(body["columns"], role_map)
    acl = None if obj.acl is None else map_privileges(obj.acl, role_map)
    return replace(obj, name=name, owner=owner, acl=acl, definition=body)


def _effective_changes(obj: CatalogObject, substitutes: Collection[str]) -> CatalogObject | None:
    """Return the object without grants that have no effect after mapping roles; None if nothing remains.

    Default privileges grant nothing to the owner. The owner of an object of the system or of an extension
    is not known by name, so grants to substitutes are ignored there, since these are usually the owners.
    """
    idle = substitutes if obj.kind == "privileges" else {obj.owner}
    body = dict(obj.definition)
    granted = body.pop("granted", None)
    if isinstance(granted, list):
        kept = [item for item in granted if _grantee(str(item)) not in idle]
        if kept:
            body["granted"] = kept
    return replace(obj, definition=body) if "granted" in body or "revoked" in body else None


def _grantee(privilege: str) -> str | None:
    match = _PRIVILEGE.fullmatch(privilege)
    return match[1][1:-1].replace('""', '"') if match and match[1].startswith('"') else None


def map_objects(
    objects: Iterable[CatalogObject], role_map: Mapping[str, str], substitutes: Collection[str]
) -> dict[tuple[str, str], CatalogObject]:
    """Return the mapped objects by kind and name. Objects with the same name after mapping are merged.

    :param substitutes: roles of the target that replace other roles.
    """
    found: dict[tuple[str, str], CatalogObject] = {}
    for obj in objects:
        mapped: CatalogObject | None = map_object(obj, role_map)
        if mapped is not None and substitutes and mapped.kind in ("privileges", "default privileges"):
            mapped = _effective_changes(mapped, substitutes)
        if mapped is None:
            continue
        before = found.get(mapped.key)
        found[mapped.key] = mapped if before is None else _merged(before, mapped)
    return found


def _merged(one: CatalogObject, other: CatalogObject) -> CatalogObject:
    body = dict(one.definition)
    for word in ("granted", "revoked"):
        lists = [obj.definition.get(word) for obj in (one, other)]
        items = [str(item) for listed in lists if isinstance(listed, list) for item in listed]
        if items:
            body[word] = list(map_privileges(items, {}))
    return replace(one, definition=body)
