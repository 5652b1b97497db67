# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes the differences between the catalogs of two servers that are accepted.

This list is complete: all other differences are reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..names import quoted, split_name
from .mapping import map_object
from .model import CatalogObject, Json

#: PostgreSQL 17 added the privilege MAINTAIN, which owners have and GRANT ALL includes.
_MAINTAIN_SINCE = 170000
_MAINTAIN_KINDS = ("table", "view", "materialized view", "foreign table", "default privileges")


@dataclass(frozen=True)
class Adaptation:
    """An intentional change to an object by the restore.

    :param kind: ``function_search_path``: the function has been given a ``SET search_path``.
        ``extension_comment``: only the extension's owner may set its comment.
        ``not_populated``: a materialized view reads one that is not populated, so it can't be filled.
        ``schema_kept``: only the schema's owner may change its owner, privileges and comment.
        ``template_kept``: only a superuser may drop or change an object that a new database has from its template.
        ``not_validated``: a constraint that rows violate, or that can't be evaluated, is NOT VALID.
        ``left_out``: the user has left out the object.
        ``rows_left_out``: the user has left out the table's rows.
    :param object: the object's name in the catalog.
    :param detail: detail for the result: the path for ``function_search_path``.
    """

    kind: str
    object: str
    detail: str = ""


@dataclass(frozen=True)
class Versions:
    """The versions of both servers, such as 160014."""

    source: int
    target: int

    @property
    def same(self) -> bool:
        """Whether both servers have the same major version, and so the same spelling of definitions."""
        return self.source // 10000 == self.target // 10000

    def cross(self, version: int) -> bool:
        """Return whether only one of the servers has a feature that was added in a version."""
        return (self.source < version) != (self.target < version)


def prepare(
    source: CatalogObject,
    target: CatalogObject,
    versions: Versions,
    adaptations: Mapping[tuple[str, str], Adaptation],
) -> tuple[CatalogObject, CatalogObject]:
    """Return both objects with accepted differences made equal.

    :param source: the source's object, with roles already mapped to the target's.
    :param adaptations: by kind of adaptation and name of the object.
    """
    if source.kind == "schema" and ("schema_kept", source.name) in adaptations:
        return source, source
    if source.kind == "privileges" and ("template_kept", source.name) in adaptations:
        return source, source
    source, target = _public_owner(source, target)
    ours, theirs = dict(source.definition), dict(target.definition)
    if source.kind == "extension":
        for body in (ours, theirs):
            body.pop("version", None)  # newer servers have newer versions
        if ("extension_comment", source.name) in adaptations:
            target = replace(target, comment=source.comment)
    elif source.kind == "type" and versions.source < 140000:
        _without_multirange(theirs)  # since 14, all ranges have one
    elif source.kind == "sequence" and versions.source < 150000:
        # Since 15, the sequences of an unlogged table are unlogged.
        ours.pop("persistence", None)
        theirs.pop("persistence", None)
    elif source.kind == "collation" and versions.cross(160000):
        _language_only(ours)  # 16 changes the names of ICU locales
        _language_only(theirs)
    elif source.kind in ("table", "foreign table"):
        _columns(ours, theirs, versions)
    elif source.kind == "index" and "invalid" in ours:
        # The index of a partitioned table becomes valid automatically when all partitions have one.
        theirs["invalid"] = ours["invalid"]
    elif source.kind == "materialized view" and ("not_populated", source.name) in adaptations:
        theirs["populated"] = ours.get("populated")
    elif source.kind == "policy":
        for body in (ours, theirs):
            roles = body.get("roles")
            if isinstance(roles, list):
                body["roles"] = [*sorted({str(role) for role in roles})]
    elif source.kind == "user mapping" and None in (ours.get("options"), theirs.get("options")):
        ours["options"] = theirs["options"] = None  # hidden from one of the accounts
    elif source.kind == "constraint" and ("not_validated", source.name) in adaptations:
        theirs["sql"] = str(theirs.get("sql")).removesuffix(" NOT VALID")
    elif ("function_search_path", source.name) in adaptations:
        _search_path(ours, theirs)
    if versions.cross(_MAINTAIN_SINCE) and source.kind in _MAINTAIN_KINDS:
        source, target = _without_maintain(source), _without_maintain(target)
        for body in (ours, theirs):
            _grants_without_maintain(body)
    return replace(source, definition=ours), replace(target, definition=theirs)


def _public_owner(source: CatalogObject, target: CatalogObject) -> tuple[CatalogObject, CatalogObject]:
    # The initial owner of the schema public depends on the server, and was not set by the user.
    if source.kind != "schema":
        return source, target
    initial = [bool(obj.definition.get("initial_owner")) for obj in (source, target)]
    if all(initial) and source.owner is not None and target.owner is not None:
        source = map_object(source, {source.owner: target.owner})
    return replace(source, definition={}), replace(target, definition={})


def _without_multirange(body: dict[str, Json]) -> None:
    made = body.get("range")
    if isinstance(made, dict):
        body["range"] = {key: value for key, value in made.items() if key != "multirange"}


def _language_only(body: dict[str, Json]) -> None:
    locale = body.get("locale")
    if body.get("provider") == "i" and isinstance(locale, str):
        language = locale.replace("_", "-").replace("@", "-").split("-")[0].lower()
        body["locale"] = "" if language in ("und", "root") else language


def _search_path(ours: dict[str, Json], theirs: dict[str, Json]) -> None:
    before, after = ours.get("settings"), theirs.get("settings")
    if isinstance(after, list) and not any(str(item).startswith("search_path=") for item in before or []):  # type: ignore[union-attr]
        rest = [item for item in after if not str(item).startswith("search_path=")]
        theirs.pop("settings")
        if rest:
            theirs["settings"] = rest


def _without_maintain(obj: CatalogObject) -> CatalogObject:
    acl = None if obj.acl is None else tuple(item for item in obj.acl if " MAINTAIN" not in item)
    return replace(obj, acl=acl)


def _grants_without_maintain(body: dict[str, Json]) -> None:
    granted = body.get("granted")
    if isinstance(granted, list):
        body["granted"] = [item for item in granted if " MAINTAIN" not in str(item)]


def _columns(ours: dict[str, Json], theirs: dict[str, Json], versions: Versions) -> None:
    before, after = _listed(ours), _listed(theirs)
    names = {str(column.get("name")): column for column in before}
    for column in after:
        extra = column.get("not_null_constraint")
        if not isinstance(extra, dict):
            continue
        own = names.get(str(column.get("name")), {}).get("not_null_constraint")
        if not (isinstance(own, dict) and "name" in own):
            extra = {key: value for key, value in extra.items() if key != "name"}  # the server chose it
        column["not_null_constraint"] = extra
        if not extra:
            del column["not_null_constraint"]
    if "inherits" in ours and "bound" not in ours:
        # CREATE TABLE … INHERITS places the parents' columns first, unlike ALTER TABLE on the source.
        before.sort(key=lambda column: str(column.get("name")))
        after.sort(key=lambda column: str(column.get("name")))
    ours["columns"], theirs["columns"] = list(before), list(after)


def _listed(body: dict[str, Json]) -> list[dict[str, Json]]:
    columns = body.get("columns")
    return (
        [dict(column) for column in columns if isinstance(column, dict)] if isinstance(columns, list) else []
    )


def left_out(source: CatalogObject, adaptations: Mapping[tuple[str, str], Adaptation]) -> bool:
    """Return whether an object is missing from the target because of an adaptation.

    :param adaptations: by kind of adaptation and name of the object.
    """
    if ("left_out", source.name) in adaptations:
        return True
    if source.kind == "privileges" and ("template_kept", source.name) in adaptations:
        return True
    if source.kind != "index":
        return False
    # The index of a key is left out with the key.
    keys = (name.rpartition(" ON ") for kind, name in adaptations if kind == "left_out" and " ON " in name)
    return any(
        source.name == f"{quoted(split_name(table)[0])}.{name}"
        for name, _on, table in keys
        if not table.startswith("DOMAIN ")
    )


def from_template(target: CatalogObject, adaptations: Mapping[tuple[str, str], Adaptation]) -> bool:
    """Return whether an object comes from the target's template, and the account may not drop it."""
    return target.kind in ("extension", "schema") and ("template_kept", target.name) in adaptations
