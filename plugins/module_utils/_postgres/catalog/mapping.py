# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source's catalog as it must look on the target: with the roles that take the place of others there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
    """Return privileges with the roles of the map, sorted, each once."""
    found: set[str] = set()
    for privilege in acl:
        match = _PRIVILEGE.fullmatch(privilege)
        if match is None:
            found.add(privilege)
            continue
        grantee, word, star, grantor = match.groups()
        found.add(f"{_role(grantee, role_map)} {word}{star} {_role(grantor, role_map)}")
    # Where two roles become one, what only one of them might pass on is covered by the other's right to.
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


def map_object(obj: CatalogObject, role_map: Mapping[str, str]) -> CatalogObject:
    """Return the object with the roles of the map in its owner, privileges, definition and name."""
    if not role_map:
        return obj
    body = dict(obj.definition)
    name = obj.name
    owner = None if obj.owner is None else role_map.get(obj.owner, obj.owner)
    for word in ("granted", "revoked"):
        changes = body.get(word)
        if obj.kind == "privileges" and isinstance(changes, list):
            body[word] = list(map_privileges(map(str, changes), role_map))
    roles = body.get("roles")
    if obj.kind == "policy" and isinstance(roles, list):
        body["roles"] = list(sorted({role_map.get(str(role), str(role)) for role in roles}))
    elif obj.kind == "user mapping" and isinstance(body.get("role"), str):
        body["role"] = role_map.get(str(body["role"]), str(body["role"]))
        name = user_mapping_name(str(body.get("server")), str(body["role"]))
    elif obj.kind == "default privileges" and owner is not None:
        schema = body.get("schema")
        name = default_privileges_name(owner, None if schema is None else str(schema), str(body.get("objects")))
    if "columns" in body:
        body["columns"] = _map_columns(body["columns"], role_map)
    acl = None if obj.acl is None else map_privileges(obj.acl, role_map)
    return replace(obj, name=name, owner=owner, acl=acl, definition=body)


def map_objects(objects: Iterable[CatalogObject], role_map: Mapping[str, str]) -> dict[tuple[str, str], CatalogObject]:
    """Return the mapped objects by kind and name; what becomes one by the map has the privileges of all."""
    found: dict[tuple[str, str], CatalogObject] = {}
    for obj in objects:
        mapped = map_object(obj, role_map)
        before = found.get(mapped.key)
        if before is not None:
            mapped = replace(mapped, acl=map_privileges([*(before.acl or ()), *(mapped.acl or ())], {}))
        found[mapped.key] = mapped
    return found
