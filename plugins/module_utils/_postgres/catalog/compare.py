# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the catalog of a restored database with that of its source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..names import split_name
from .mapping import map_objects
from .model import Catalog, CatalogObject, Json
from .normal_form import equivalent
from .tolerances import Adaptation, Versions, from_template, left_out, prepare

#: Maximum length of a value shown in a difference.
_SHOWN = 120
#: Texts that a server stores unchanged.
_VERBATIM = ("body", "comment", "name", "enum")


@dataclass(frozen=True)
class Difference:
    """An object that differs between source and target.

    :param what: ``missing`` (only in the source), ``unexpected`` (only in the target), or ``differs``.
    :param detail: for ``differs``: each differing property, as source → target.
    """

    kind: str
    name: str
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.what}" + (f" ({self.detail})" if self.detail else "")


def compare(
    source: Catalog,
    target: Catalog,
    *,
    source_version: int,
    target_version: int,
    role_map: Mapping[str, str] | None = None,
    adaptations: Iterable[Adaptation] = (),
) -> list[Difference]:
    """Return missing, unexpected and differing objects of the target; an empty list means equality.

    Definitions must be literally equal if both servers have the same major version; see
    :mod:`.normal_form` and :mod:`.tolerances` for what may differ otherwise.

    :param source_version: version of the source's server, such as 160014.
    :param target_version: version of the target's server.
    :param role_map: role of the source → role that replaces it on the target.
    :param adaptations: intentional changes by the restore.
    """
    versions = Versions(source_version, target_version)
    known = {(adaptation.kind, adaptation.object): adaptation for adaptation in adaptations}
    schemas = _schemas([*source, *target])
    roles = role_map or {}
    substitutes = {new for old, new in roles.items() if old != new}
    wanted = map_objects(source, roles, substitutes)
    found = map_objects(target, {}, substitutes)
    differences = []
    for key in sorted(wanted.keys() | found.keys()):
        ours, theirs = wanted.get(key), found.get(key)
        if (theirs is None and ours is not None and left_out(ours, known)) or (
            ours is None and theirs is not None and from_template(theirs, known)
        ):
            continue
        if theirs is None:
            differences.append(Difference(*key, what="missing"))
        elif ours is None:
            differences.append(Difference(*key, what="unexpected"))
        else:
            ours, theirs = prepare(ours, theirs, versions, known)
            changes = list(_changes(ours, theirs, None if versions.same else schemas))
            if changes:
                differences.append(Difference(*key, what="differs", detail="; ".join(changes)))
    return differences


def _schemas(objects: Iterable[CatalogObject]) -> set[str]:
    named = {split_name(obj.name)[0] for obj in objects if obj.kind == "schema"}
    return named | {"pg_catalog", "information_schema"}


def _changes(ours: CatalogObject, theirs: CatalogObject, schemas: Collection[str] | None) -> Iterator[str]:
    for word, before, after in (
        ("owner", ours.owner, theirs.owner),
        ("comment", ours.comment, theirs.comment),
    ):
        if before != after:
            yield f"{word}: {_shown(before)} → {_shown(after)}"
    lost = sorted(set(ours.acl or ()) - set(theirs.acl or ()))
    added = sorted(set(theirs.acl or ()) - set(ours.acl or ()))
    if lost or added:
        yield "privileges: " + ", ".join([f"-{item}" for item in lost] + [f"+{item}" for item in added])
    yield from _unequal("", dict(ours.definition), dict(theirs.definition), schemas)


def _unequal(path: str, before: Json, after: Json, schemas: Collection[str] | None) -> Iterator[str]:
    """Yield the paths at which two definitions differ.

    :param schemas: None if texts must be literally equal.
    """
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            within = None if key in _VERBATIM else schemas
            yield from _unequal(f"{path}.{key}" if path else key, before.get(key), after.get(key), within)
        return
    if isinstance(before, list) and isinstance(after, list):
        names = [_names(before), _names(after)]
        if (all(names) and names[0] == names[1]) or (not any(names) and len(before) == len(after)):
            for number, (one, other) in enumerate(zip(before, after)):
                label = names[0][number] if names[0] else str(number + 1)
                yield from _unequal(f"{path}.{label}", one, other, schemas)
            return
        if all(names):
            before, after = list(names[0]), list(names[1])
    if (
        schemas is not None
        and isinstance(before, str)
        and isinstance(after, str)
        and equivalent(before, after, schemas)
    ):
        return
    yield f"{path}: {_shown(before)} → {_shown(after)}"


def _names(values: list[Json]) -> list[str]:
    """Return the names of the items of a list (such as columns), or an empty list if not all items have a name."""
    found = [str(value["name"]) for value in values if isinstance(value, dict) and "name" in value]
    return found if len(found) == len(values) else []


def _shown(value: object) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
