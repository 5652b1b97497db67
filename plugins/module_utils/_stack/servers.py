# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the addresses of a stack's servers, and the accounts with which the application uses them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from .._errors import HostError, Notice, listed
from . import roles
from .address import addresses, reachable
from .container import Container
from .model import Database, Redis


def database(
    container: Container | None,
    backends: Sequence[Container],
    containers: Sequence[Container],
    notices: list[Notice],
) -> Database | None:
    """Return the database, or None if there is neither a container nor a backend with the name of a host.

    :param notices: receives a warning if this host can't connect to the container.
    """
    env = dict(backends[0].environment) if backends else {}
    own = container.environment if container else {}
    leads_there = container is None or (
        bool(backends) and roles.called(env.get("DB_HOST", ""), backends[0], containers) == container
    )
    inner_port = _port(env.get("DB_PORT") if leads_there else None, own.get("PGPORT"), roles.POSTGRES_PORT)
    if container is None:
        if not env.get("DB_HOST"):
            return None
        place: tuple[str | None, int] = (roles.on_this_host(env["DB_HOST"]), inner_port)
    else:
        place = _place(container, inner_port, containers, notices)
    # The backend's account is preferred, since the database's own environment only has the password of its first start.
    if leads_there and env.get("DB_USER"):
        user, password = env["DB_USER"], env.get("DB_PASS") or None
    else:
        user = own.get("POSTGRES_USER") or own.get("POSTGRESQL_USERNAME") or "postgres"
        password = own.get("POSTGRES_PASSWORD") or own.get("POSTGRESQL_PASSWORD") or None
    name = (
        (env.get("DB_NAME") if leads_there else None)
        or own.get("POSTGRES_DB")
        or own.get("POSTGRESQL_DATABASE")
    )
    return Database(container, place[0], place[1], inner_port, user, password, name or user)


def redis(
    container: Container | None,
    backends: Sequence[Container],
    containers: Sequence[Container],
    notices: list[Notice],
) -> Redis | None:
    """Return Redis, or None if there is neither a container nor a backend with the name of a host.

    :param notices: receives a warning if this host can't connect to the container.
    """
    uri = backends[0].environment.get("REDIS_URI", "") if backends else ""
    parts = urlsplit(uri)
    try:
        given = parts.port
    except ValueError:
        given = None
    inner_port = given or roles.REDIS_PORT
    if container:
        place: tuple[str | None, int] = _place(container, inner_port, containers, notices)
    elif parts.hostname:
        host = roles.on_this_host(parts.hostname)
        place = (host if roles.outside(parts.hostname) else None, inner_port)
    else:
        return None
    number = parts.path.strip("/")
    return Redis(
        container,
        place[0],
        place[1],
        inner_port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else _required(container),
        database=int(number) if number.isdigit() else 0,
    )


def _required(container: Container | None) -> str | None:
    """Return the password in the command with which Redis was started, if any."""
    words = container.command if container else ()
    for word, following in zip(words, words[1:]):
        if word == "--requirepass":
            return following
    return None


def _port(given: str | None, own: str | None, default: int) -> int:
    for text in (given, own):
        if text and text.isdigit():
            return int(text)
    return default


def _place(
    container: Container, port: int, containers: Sequence[Container], notices: list[Notice]
) -> tuple[str | None, int]:
    """Return the address and port for connections from this host; add a warning if there is none."""
    if not container.running:
        notices.append(Notice("stack_container_down", **down(container)))
        return None, port
    candidates = addresses(container, port, containers)
    found = reachable(candidates)
    if found is None:
        notices.append(Notice("stack_container_unreachable", **unreachable(container, port, containers)))
        return None, port
    return found


def down(container: Container) -> dict[str, object]:
    """Return the facts for a message about a container that is not running."""
    remedy = {
        "paused": f"docker unpause {container.name}",
        "restarting": f"docker logs --tail 50 {container.name}",
    }.get(container.status, f"docker start {container.name}")
    return {"container": container.name, "state": container.state, "command": remedy}


def unreachable(container: Container, port: int, containers: Sequence[Container]) -> dict[str, object]:
    """Return the facts for a message about a container to which this host can't connect."""
    tried = listed(f"{host}:{number}" for host, number in addresses(container, port, containers))
    return {"container": container.name, "tried": tried or "-"}


def check_database(found: Database, containers: Sequence[Container]) -> None:
    """Check that this host can connect to the database.

    Raise HostError: ``stack_container_down``, ``stack_container_unreachable``.
    """
    if found.host is None and found.container:
        if not found.container.running:
            raise HostError("stack_container_down", **down(found.container))
        raise HostError(
            "stack_container_unreachable", **unreachable(found.container, found.inner_port, containers)
        )
