# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the containers that write to a stack's data, by their mounts and the hosts in their variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from . import roles
from .container import Container
from .model import Directory

#: Variables with the host name of a database server.
_HOST_VARIABLES = ("DB_HOST", "PGHOST", "POSTGRES_HOST", "DATABASE_HOST")
_POSTGRES_ADDRESS = re.compile(r"postgres(ql)?(\+\w+)?://")


def application(
    backends: Sequence[Container], postgres: Container | None, containers: Sequence[Container]
) -> tuple[Container, ...]:
    """Return the containers that use the database: the backend's first, then all others that connect to it.

    Servers, exporters and administration tools are excluded.
    """
    others = [
        each
        for each in containers
        if each not in backends
        and postgres is not None
        and not _is_server(each)
        and not roles.is_companion(each)
        and _connects(each, postgres, containers)
    ]
    return tuple(each for each in [*backends, *others] if not _is_this(each))


def writers(
    application: Sequence[Container], directories: Mapping[str, Directory], containers: Iterable[Container]
) -> tuple[Container, ...]:
    """Return the containers that may write data: the application, and others with its directories mounted writable."""
    paths = [each.path for each in directories.values()]
    others = [
        each
        for each in containers
        if each not in application
        and not _is_server(each)
        and not _is_this(each)
        and any(mount.writable and mount.source and _touch(mount.source, paths) for mount in each.mounts)
    ]
    return (*application, *others)


def _is_server(container: Container) -> bool:
    return roles.is_postgres(container) or roles.is_redis(container)


def _connects(each: Container, postgres: Container, containers: Sequence[Container]) -> bool:
    for name, value in each.environment.items():
        if name in _HOST_VARIABLES or _POSTGRES_ADDRESS.match(value):
            try:
                host = roles.host_in(value)
            except ValueError:
                continue
            if host and roles.called(host, each, containers) == postgres:
                return True
    return False


def _touch(source: str, paths: Iterable[Path]) -> bool:
    found = Path(source)
    return any(found == path or found in path.parents or path in found.parents for path in paths)


def _is_this(container: Container) -> bool:
    """Return whether this process runs in the container, which must not be quiesced then."""
    for place in ("/proc/self/mountinfo", "/proc/self/cgroup"):
        try:
            with open(place, encoding="utf-8", errors="replace") as file:
                if any(f"/{container.id}" in line for line in file):
                    return True
        except OSError:
            continue
    return False
