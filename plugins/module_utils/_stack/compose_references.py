# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the files to which a Compose file refers: included and extended files, env files, secrets and configs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._errors import HostError, Notice
from .._libraries import require
from .env_file import read_env
from .interpolate import ReferenceInvalidError, VariableMissingError, interpolate


@dataclass
class References:
    """The files found so far, in order and without duplicates.

    :param first: services whose env files come before the env files of other services.
    :param started: services that have a container. A file that only other services need, such as those of an
        unused profile, may be missing.
    :param notices: receives a notice for each Compose file that can't be read, and each path that can't be
        resolved.
    """

    first: Collection[str]
    started: Collection[str]
    notices: list[Notice]
    compose_files: dict[Path, None] = field(default_factory=dict)
    first_env_files: dict[Path, None] = field(default_factory=dict)
    env_files: dict[Path, None] = field(default_factory=dict)
    other_files: dict[Path, None] = field(default_factory=dict)
    visited: set[tuple[Path, Path]] = field(default_factory=set)


@dataclass(frozen=True)
class _Place:
    """A Compose file, the directory for its relative paths, and the variables for its references."""

    file: Path
    base: Path
    variables: Mapping[str, str]


def add_references(file: Path, base: Path, project_env_files: Iterable[Path], references: References) -> None:
    """Add a project's Compose file, and all files to which it refers.

    :param base: the directory for its relative paths.
    :param project_env_files: env files with the variables for its references.
    """
    _visit(_Place(file, base, _variables(project_env_files, {}, references)), references)


def _variables(paths: Iterable[Path], above: Mapping[str, str], references: References) -> Mapping[str, str]:
    found = above
    for path in filter(Path.is_file, paths):
        try:
            found = read_env(str(path), found)
        except HostError as error:
            references.notices.append(Notice(error.code, **error.facts))
    return found


def _visit(place: _Place, references: References) -> None:
    references.compose_files.setdefault(place.file)
    if (place.file, place.base) in references.visited or not place.file.exists():
        return
    references.visited.add((place.file, place.base))
    try:
        content = _loaded(place.file)
    except (OSError, ValueError, require("yaml").YAMLError) as error:
        facts = {"path": place.file, "cause": _brief(error)}
        references.notices.append(Notice("stack_file_unknown", problem="unreadable", **facts))
        return
    _add_services(content, place, references)
    _add_included(content, place, references)
    for kind in ("secrets", "configs"):
        described = content.get(kind)
        for each in described.values() if isinstance(described, dict) else ():
            for path in _paths(each.get("file") if isinstance(each, dict) else None, place, references):
                references.other_files.setdefault(path)


def _add_services(content: Mapping[str, Any], place: _Place, references: References) -> None:
    described = content.get("services")
    described = described if isinstance(described, dict) else content
    for name, service in described.items():
        if not isinstance(service, dict):
            continue
        env_files = references.first_env_files if name in references.first else references.env_files
        optional = bool(service.get("profiles")) and name not in references.started
        for each in _listed(service.get("env_file")):
            entry = each if isinstance(each, dict) else {"path": each}
            for path in _paths(entry.get("path"), place, references):
                if path.exists() or (entry.get("required") is not False and not optional):
                    env_files.setdefault(path)
        for path in _paths(service.get("label_file"), place, references):
            references.other_files.setdefault(path)
        extended = service.get("extends")
        for path in _paths(extended.get("file") if isinstance(extended, dict) else None, place, references):
            if path != place.file:
                _visit(_Place(path, path.parent, place.variables), references)


def _add_included(content: Mapping[str, Any], place: _Place, references: References) -> None:
    for each in _listed(content.get("include")):
        entry = each if isinstance(each, dict) else {"path": each}
        paths = _paths(entry.get("path"), place, references)
        if not paths:
            continue
        # The first file determines the directory for relative paths; the others override parts of it.
        base = next(iter(_paths(entry.get("project_directory"), place, references)), paths[0].parent)
        env_files = _paths(entry.get("env_file"), place, references)
        env_files = env_files or list(filter(Path.is_file, [base / ".env"]))
        references.env_files.update(dict.fromkeys(env_files))
        variables = _variables(env_files, place.variables, references)
        for path in paths:
            _visit(_Place(path, base, variables), references)


def _paths(texts: object, place: _Place, references: References) -> list[Path]:
    """Return the paths for values in a Compose file, without URLs of repositories and registries."""
    found = []
    for text in _listed(texts):
        if not isinstance(text, str):
            continue
        try:
            name = os.path.expanduser(interpolate(text, place.variables))
        except (ReferenceInvalidError, VariableMissingError, HostError):
            facts = {"path": place.file, "name": text}
            references.notices.append(Notice("stack_file_unknown", problem="variable", **facts))
            continue
        if name and "://" not in name and not name.startswith("git@"):
            found.append(Path(os.path.normpath(place.base / name)))
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _loaded(file: Path) -> dict[str, Any]:
    yaml = require("yaml")

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        """Ignores Compose's own tags, such as ``!reset``, and loads the tagged value."""

    Loader.add_multi_constructor("!", lambda loader, _suffix, node: _constructed(yaml, loader, node))
    text = file.read_text(encoding="utf-8")
    found = yaml.load(text, Loader)  # derived from the safe one
    return found if isinstance(found, dict) else {}


def _constructed(yaml: Any, loader: Any, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


def _brief(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())
