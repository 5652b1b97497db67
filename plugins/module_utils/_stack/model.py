# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A discovered Ticketz stack. Secrets are never in a ``repr``, and only in dedicated fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .._errors import Notice
from .container import Container


@dataclass(frozen=True)
class Wanted:
    """The user's options for the stack; None values are discovered.

    :param project: name of a Compose project.
    :param postgres: name or id of the database's container; ``backend`` and ``redis`` likewise.
    :param docker_host: address of the engine.
    :param env_file: a file of the project to prefer, if there are several candidates.
    :param by_itself: no option names a stack, so a database without Ticketz's backend does not count as one.
    """

    project: str | None = None
    postgres: str | None = None
    backend: str | None = None
    redis: str | None = None
    docker_host: str | None = None
    env_file: str | None = None
    by_itself: bool = False


@dataclass(frozen=True)
class DatabaseContainer:
    """The container that the database runs in.

    :param docker_host: address of its engine.
    :param name: its name or id.
    :param port: the server's port in the container.
    """

    docker_host: str
    name: str
    port: int


@dataclass(frozen=True)
class Database:
    """The application's database.

    :param container: its container; None if it is outside Docker.
    :param host: its address for this host; None if there is none, for example because it is not running.
    :param port: its port for this host; without ``host``, the port in the container.
    :param inner_port: the port in the container.
    """

    container: Container | None
    host: str | None
    port: int
    inner_port: int
    user: str
    password: str | None = field(repr=False)
    name: str


@dataclass(frozen=True)
class Redis:
    """The application's Redis, with the fields of :class:`Database`."""

    container: Container | None
    host: str | None
    port: int
    inner_port: int
    user: str | None
    password: str | None = field(repr=False)
    database: int


@dataclass(frozen=True)
class Directory:
    """A directory of the application, in a volume or bind-mounted from the host.

    :param path: its path on this host.
    :param kind: ``volume`` or ``bind``.
    :param volume: the volume's name, empty for ``bind``.
    :param destination: its path in the backend's container.
    """

    path: Path
    kind: str
    volume: str
    destination: str


@dataclass(frozen=True)
class ComposeFiles:
    """The files from which Compose created the containers, as existing absolute paths of this host.

    :param working_dir: the project's directory.
    :param files: Compose files, in the order in which they apply, then files that they include or extend.
    :param env_files: env files of services, the backend's first, then the project's own.
    :param bound_files: single files that are mounted into containers, and other files that the Compose files refer to.
    """

    working_dir: Path | None
    files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    bound_files: tuple[Path, ...]

    @property
    def everything(self) -> tuple[Path, ...]:
        """All files, without duplicates."""
        return tuple(dict.fromkeys([*self.files, *self.env_files, *self.bound_files]))


@dataclass(frozen=True)
class Image:
    """An image in use: its name, its id, its digests in registries, and its containers."""

    name: str
    id: str
    digests: tuple[str, ...]
    containers: tuple[str, ...]


@dataclass(frozen=True)
class Stack:
    """A stack.

    :param docker_host: address of its engine.
    :param project: the Compose project of the backend, or of the database if there is no backend.
    :param backends: containers of the backend, the running ones first; may be empty.
    :param directories: name in backups → directory.
    :param environment: the backend's variables.
    :param application: containers that use the database, the backend's first.
    :param writers: these, and all other containers that can write to the directories.
    :param containers: the project's containers, and other containers of the stack.
    :param notices: warnings.
    """

    docker_host: str
    project: str | None
    database: Database | None
    redis: Redis | None
    backends: tuple[Container, ...]
    directories: Mapping[str, Directory]
    compose: ComposeFiles
    images: tuple[Image, ...]
    environment: Mapping[str, str] = field(repr=False)
    application: tuple[Container, ...]
    writers: tuple[Container, ...]
    containers: tuple[Container, ...]
    notices: tuple[Notice, ...]
