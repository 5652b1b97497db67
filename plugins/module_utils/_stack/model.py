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
    :param postgres: name or id of the database's container, likewise the others.
    :param docker_host: where the engine listens.
    :param env_file: a file of the wanted project, if there are several candidates.
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

    :param docker_host: where its engine listens.
    :param name: its name or id.
    :param port: the server's port inside.
    """

    docker_host: str
    name: str
    port: int


@dataclass(frozen=True)
class Database:
    """The application's database.

    :param container: None if it is outside Docker.
    :param host: its address for this host; None if there is none, because it is not running, for example.
    :param port: likewise; without a host the one in the container.
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
    """The application's Redis; as :class:`Database`."""

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
    :param files: Compose files, in the order in which they apply, then those that they include or extend.
    :param env_files: files that services take their variables from, the backend's first, then the project's own.
    :param bound_files: single files that containers have mounted, and others that the Compose files name.
    """

    working_dir: Path | None
    files: tuple[Path, ...]
    env_files: tuple[Path, ...]
    bound_files: tuple[Path, ...]

    @property
    def everything(self) -> tuple[Path, ...]:
        """All of them, each once."""
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

    :param docker_host: the engine that it runs on.
    :param project: the Compose project of the backend, or of the database where there is no backend.
    :param backends: containers of the backend, the running ones first; there may be none.
    :param directories: name in backups → directory.
    :param environment: the backend's variables.
    :param application: containers that use the database, the backend's first.
    :param writers: those, and all others that can write to the directories.
    :param containers: those of the project, and the others that were found.
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
