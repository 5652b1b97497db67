# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the migrations of Ticketz's backend in an image, and whether a container is running them now.

The backend can't use a database that is newer than its image, or one in the middle of a migration.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from .._errors import HostError
from .engine import Engine

#: Directory of the migrations in the image.
_FOLDER = "/usr/src/app/dist/database/migrations"
_MIGRATION = re.compile(r"(.+?)(?<!\.d)\.[jt]s")


#: The command of Sequelize that runs migrations.
_RUNS = re.compile(r"\bsequelize\S*\s+db:migrate\b")
#: Shells are ignored: the container's own command also contains this text, in a shell that keeps running afterwards.
_SHELL = re.compile(r"(?:\S*/)?(?:\w*sh|tini|dumb-init|docker-init)\s")


@dataclass(frozen=True)
class Migrators:
    """The containers that may run migrations: those of the backend.

    :param names: names of the containers.
    """

    docker_host: str
    names: tuple[str, ...]

    def running(self) -> list[str]:
        """Return the names of containers that are running migrations now, according to the engine."""
        found = []
        try:
            with Engine(self.docker_host) as engine:
                for name in self.names:
                    try:
                        processes = engine.call("top", name)["Processes"] or []
                    except HostError:
                        # The container is not running.
                        continue
                    # The command is the last field.
                    commands = [fields[-1] for fields in processes]
                    if any(_RUNS.search(each) and not _SHELL.match(each) for each in commands):
                        found.append(name)
        except HostError:
            return found
        return found


def migration(name: str) -> str | None:
    """Return a migration's name without its file extension, or None for another file."""
    match = _MIGRATION.fullmatch(name.rpartition("/")[2])
    return match.group(1) if match else None


def known_migrations(docker_host: str, container: str) -> frozenset[str]:
    """Return the migrations in the image of a container, running or not; empty if they can't be found."""
    try:
        with Engine(docker_host) as engine:
            stream, _status = engine.call("get_archive", container, _FOLDER)
            # The engine returns the folder as a tar; only names are used.
            with tarfile.open(fileobj=cast(Any, _Stream(stream)), mode="r|") as archive:
                names = [member.name for member in archive if member.isfile()]
    except (HostError, tarfile.TarError, OSError):
        return frozenset()
    return frozenset(filter(None, map(migration, names)))


def unknown_migrations(names: Iterable[object], known: frozenset[str]) -> list[str]:
    """Return the database's migrations that an image does not have, in order.

    Empty if they have no migration in common, since the image then stores its migrations in another way.
    """
    found = [name for name in map(migration, map(str, names)) if name]
    if not known.intersection(found):
        return []
    return [name for name in found if name not in known]


class _Stream:
    """A sequential file over pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer at the end."""
        parts, length = [self._left], len(self._left)
        while length < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            length += len(piece)
        data = b"".join(parts)
        self._left = data[size:]
        return data[:size]
