# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serializes a catalog as JSON Lines, one object per line in a fixed order, so that equal catalogs have equal bytes."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ..._errors import ArchiveError
from .model import Catalog, CatalogObject

_FIELDS = {"kind", "name", "definition", "owner", "acl", "comment", "depends"}


def to_jsonl(catalog: Catalog) -> bytes:
    """Return the catalog as UTF-8 text, without members that have no value."""
    lines = []
    for obj in catalog:
        members: dict[str, object] = {"kind": obj.kind, "name": obj.name, "definition": obj.definition}
        if obj.owner is not None:
            members["owner"] = obj.owner
        if obj.acl is not None:
            members["acl"] = obj.acl
        if obj.comment is not None:
            members["comment"] = obj.comment
        if obj.depends:
            members["depends"] = obj.depends
        lines.append(json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def _refuse(cause: str) -> NoReturn:
    raise ArchiveError("json_invalid", source="database/catalog.jsonl", where=cause)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("a member occurs twice")
    return members


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        _refuse(f"{where} is not a text")
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        _refuse(f"{where} is not a list")
    return tuple(_text(item, where) for item in value)


def _object(line: bytes, number: int) -> CatalogObject:
    where = f"line {number}"
    try:
        members = json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_refuse)
        # Refuse a lone surrogate (backslash-u escape), which is not valid text on a server.
        json.dumps(members, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ArchiveError(
            "json_invalid", source="database/catalog.jsonl", where=f"{where}: {error}"
        ) from error
    if not isinstance(members, dict) or not members.keys() <= _FIELDS:
        _refuse(f"{where} is not an object of the catalog")
    body = members.get("definition")
    if not isinstance(body, dict):
        _refuse(f"{where} has no definition")
    owner, acl, comment = members.get("owner"), members.get("acl"), members.get("comment")
    return CatalogObject(
        kind=_text(members.get("kind"), f"{where}: kind"),
        name=_text(members.get("name"), f"{where}: name"),
        definition=body,
        owner=None if owner is None else _text(owner, f"{where}: owner"),
        acl=None if acl is None else _texts(acl, f"{where}: acl"),
        comment=None if comment is None else _text(comment, f"{where}: comment"),
        depends=_texts(members.get("depends", []), f"{where}: depends"),
    )


def from_jsonl(data: bytes) -> Catalog:
    """Parse the output of :func:`to_jsonl`.

    Raise ArchiveError (``json_invalid``).
    """
    if data and not data.endswith(b"\n"):
        _refuse("its last line has no end")
    lines = data.split(b"\n")[:-1]
    return Catalog(_object(line, number) for number, line in enumerate(lines, 1))
