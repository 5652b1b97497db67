# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recognizes the role of a container by its mounts, environment and image, never by the name of its service."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from .address import resolves
from .container import Container

PUBLIC = "/usr/src/app/public"
PRIVATE = "/usr/src/app/private"
#: name of the directory in backups → its path in the backend's container
DESTINATIONS = {"public": PUBLIC, "private": PRIVATE}

POSTGRES_PORT = 5432
REDIS_PORT = 6379

_POSTGRES_IMAGE = re.compile(r"postgres|postgis|pgvector|timescale")
_REDIS_IMAGE = re.compile(r"redis|valkey|keydb|dragonfly")
#: Programs built on top of a database image, or named after one.
_COMPANION = re.compile(r"backup|exporter|sidekick|admin|bouncer|pgpool|commander|insight")
#: Variables of the official image, of images derived from it, and of Bitnami's image.
_POSTGRES_VARIABLES = ("PGDATA", "POSTGRESQL_VOLUME_DIR")


def _image_name(container: Container) -> str:
    """Return an image's name without registry, tag and digest."""
    name = container.image.split("@", maxsplit=1)[0]
    path, _colon, tag = name.rpartition(":")
    name = name if not path or "/" in tag else path
    return name.lower().rpartition("/")[2]


def is_backend(container: Container) -> bool:
    """Return whether a container has Ticketz's media mounted at the backend's paths."""
    return any(container.mounted(destination) for destination in DESTINATIONS.values())


def is_backend_without_media(container: Container) -> bool:
    """Return whether a container has the environment variables of Ticketz's backend."""
    return all(container.environment.get(name) for name in ("DB_HOST", "DB_NAME", "REDIS_URI"))


def is_postgres(container: Container) -> bool:
    """Return whether a container seems to be a PostgreSQL server."""
    name = _image_name(container)
    if _COMPANION.search(name):
        return False
    named = _POSTGRES_IMAGE.search(name) is not None
    made = any(variable in container.environment for variable in _POSTGRES_VARIABLES)
    return (named or made) and f"{POSTGRES_PORT}/tcp" in container.exposed


def is_companion(container: Container) -> bool:
    """Return whether a container is a tool for a server, such as for backups or administration."""
    return _COMPANION.search(_image_name(container)) is not None


def is_redis(container: Container) -> bool:
    """Return whether a container seems to be a Redis server or a compatible one."""
    name = _image_name(container)
    return _REDIS_IMAGE.search(name) is not None and _COMPANION.search(name) is None


def called(host: str, by: Container, containers: Iterable[Container]) -> Container | None:
    """Return the container that a host name or address refers to inside another container, or None.

    :param by: the container that uses the name; Docker resolves names only within a network.
    """
    ours = {network.name for network in by.networks}
    for each in containers:
        for network in each.networks:
            if network.name in ours and host in (each.name, *network.aliases, *network.addresses):
                return each
    return None


def host_in(text: str) -> str:
    """Return the host in a variable's value, which is a host name or a URL such as ``redis://name:6379``."""
    return (urlsplit(text).hostname or "") if "://" in text else text


def on_this_host(host: str) -> str:
    """Return the name that this host must use for a host that a container refers to."""
    return "127.0.0.1" if host in ("host.docker.internal", "gateway.docker.internal") else host


def outside(host: str) -> bool:
    """Return whether a host that is not a container may be a server outside Docker, since this host resolves its name."""
    return bool(host) and resolves(on_this_host(host))
