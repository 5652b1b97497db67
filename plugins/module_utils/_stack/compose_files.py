# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a project's Compose files from the labels that Compose sets on containers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .._errors import Notice
from .compose_references import References, add_references
from .container import Container
from .model import ComposeFiles

#: Mounts that are usually not configuration.
_OF_THE_SYSTEM = re.compile(
    r"/(?:etc/(?:localtime|timezone|hosts|resolv\.conf|hostname)|(?:var/)?run|proc|sys|dev)\b"
)


def compose_files(
    containers: Sequence[Container], first: Sequence[Container], notices: list[Notice]
) -> ComposeFiles:
    """Return the files of the containers' projects, and the files to which they refer.

    :param first: containers whose files come first.
    :param notices: receives a notice for each file that is missing or can't be read.
    """
    ordered = sorted(containers, key=lambda each: each not in first)
    files: dict[Path, None] = {}
    project_files: dict[Path, None] = {}
    for each in ordered:
        base = Path(each.working_dir or "/")
        for name in each.config_files:
            files.setdefault(base / name)
        if each.working_dir:
            for name in each.environment_files or (".env",):
                project_files.setdefault(base / name)
    references = References(
        first=[each.service for each in first],
        started=[each.service for each in containers],
        notices=notices,
        # The projects' own files come first, in the order in which Compose applies them.
        compose_files=dict(files),
    )
    for file in files:
        add_references(file, _base(file, ordered), project_files, references)
    env_files = [*references.first_env_files, *references.env_files]
    missing = [
        path
        for path in dict.fromkeys([*references.compose_files, *env_files, *references.other_files])
        if not path.exists()
    ]
    notices += [Notice("stack_file_unknown", problem="missing", path=path) for path in missing]
    working_dir = next((Path(each.working_dir) for each in ordered if each.working_dir), None)
    return ComposeFiles(
        working_dir=working_dir,
        files=tuple(path for path in references.compose_files if path not in missing),
        env_files=tuple(dict.fromkeys(filter(Path.is_file, [*env_files, *project_files]))),
        bound_files=tuple(_files([*_bound_files(ordered), *references.other_files])),
    )


def _base(file: Path, containers: Iterable[Container]) -> Path:
    """Return the directory that relative paths in a Compose file start from."""
    for each in containers:
        if each.working_dir and file in [Path(each.working_dir) / name for name in each.config_files]:
            return Path(each.working_dir)
    return file.parent


def _bound_files(containers: Iterable[Container]) -> list[Path]:
    return [Path(mount.source) for each in containers for mount in each.mounts if mount.kind == "bind"]


def _files(paths: Iterable[Path]) -> dict[Path, None]:
    """Return the paths that are files of the installation, without duplicates."""
    return dict.fromkeys(path for path in paths if not _OF_THE_SYSTEM.match(str(path)) and path.is_file())
