# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that Compose made a project from, found through the labels that it leaves on containers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .._errors import HostError, Notice
from .._libraries import require
from .container import Container
from .env_file import read_env
from .interpolate import interpolate
from .model import ComposeFiles

#: What a container may have mounted for other reasons than its configuration.
_OF_THE_SYSTEM = re.compile(
    r"/(?:etc/(?:localtime|timezone|hosts|resolv\.conf|hostname)|(?:var/)?run|proc|sys|dev)\b"
)


def compose_files(
    containers: Sequence[Container], first: Sequence[Container], notices: list[Notice]
) -> ComposeFiles:
    """Return the files of the projects that containers belong to.

    :param first: containers whose files come first.
    :param notices: gets a notice for each file that is not where Compose says, or can't be read.
    """
    ordered = sorted(containers, key=lambda each: each not in first)
    files: dict[Path, None] = {}
    env_files: dict[Path, None] = {}
    project_files: dict[Path, None] = {}
    for each in ordered:
        base = Path(each.working_dir or "/")
        for name in each.config_files:
            files.setdefault(base / name)
        if each.working_dir:
            for name in each.environment_files or (".env",):
                project_files.setdefault(base / name)
    for file, base in {file: _base(file, ordered) for file in files}.items():
        for env_file in _env_files(file, base, first, project_files, notices):
            env_files.setdefault(env_file)
    missing = [path for path in [*files, *env_files] if not path.exists()]
    notices += [Notice("stack_file_missing", path=path) for path in missing]
    working_dir = next((Path(each.working_dir) for each in ordered if each.working_dir), None)
    return ComposeFiles(
        working_dir=working_dir,
        files=tuple(path for path in files if path not in missing),
        env_files=tuple(path for path in [*env_files, *project_files] if path.is_file()),
        bound_files=tuple(_bound_files(ordered)),
    )


def _base(file: Path, containers: Iterable[Container]) -> Path:
    """Return the directory that relative paths in a Compose file start from."""
    for each in containers:
        if each.working_dir and file in [Path(each.working_dir) / name for name in each.config_files]:
            return Path(each.working_dir)
    return file.parent


def _loaded(file: Path) -> dict[str, Any]:
    yaml = require("yaml")

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        """Takes Compose's own tags, such as ``!reset``, for what they are put before."""

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


def _env_files(
    file: Path,
    base: Path,
    first: Sequence[Container],
    project_files: Iterable[Path],
    notices: list[Notice],
) -> list[Path]:
    """Return the env files that the file's services need, those of ``first`` before the others."""
    if not file.exists():
        return []
    try:
        content = _loaded(file)
        variables: dict[str, str] = {}
        for path in project_files:
            if path.is_file():
                variables.update(read_env(str(path)))
    except (OSError, ValueError, HostError) as error:
        notices.append(Notice("stack_file_unreadable", path=file, cause=_brief(error)))
        return []
    except require("yaml").YAMLError as error:
        notices.append(Notice("stack_file_unreadable", path=file, cause=_brief(error)))
        return []
    described = content.get("services")
    described = described if isinstance(described, dict) else content
    ours = [each.service for each in first]
    found: list[Path] = []
    for _name, service in sorted(described.items(), key=lambda named: named[0] not in ours):
        listed = service.get("env_file") if isinstance(service, dict) else None
        for each in listed if isinstance(listed, list) else [listed]:
            entry = each if isinstance(each, dict) else {"path": each}
            name = entry.get("path")
            if isinstance(name, str):
                path = Path(os.path.normpath(base / interpolate(name, variables)))
                if path.exists() or entry.get("required", True):
                    found.append(path)
    return found


def _bound_files(containers: Iterable[Container]) -> list[Path]:
    found: dict[Path, None] = {}
    for each in containers:
        for mount in each.mounts:
            if mount.kind == "bind" and not _OF_THE_SYSTEM.match(mount.source):
                path = Path(mount.source)
                if path.is_file():
                    found.setdefault(path)
    return list(found)


def _brief(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())
