# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database server and its container, from the options of the database group."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .._errors import HostError
from .._postgres.server import DiskSpace, Server
from . import env_values
from .environment import secret
from .specs import Params

if TYPE_CHECKING:
    from .._stack.model import DatabaseContainer, Stack


def _named_elsewhere(params: Params) -> bool:
    """Return whether an option names the database's host or socket, which has precedence over containers."""
    return bool(params.get("login_host") or params.get("login_unix_socket"))


def _without_brackets(host: str) -> str:
    """Return a host in libpq's format, which has no brackets around an IPv6 address."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host


def database(params: Params, env: Mapping[str, str], found: Stack | None = None) -> Server:
    """Return the server according to the options of the database group, the stack, and the env file, in this order.

    Raise HostError: ``stack_container_down``, ``stack_container_unreachable``, ``env_value_invalid``.
    """
    inside = found.database if found else None
    if inside and found and not _named_elsewhere(params):
        from .._stack.servers import check_database

        check_database(inside, found.containers)

    def pick(option: str, discovered: Any, variable: str | None, default: Any) -> Any:
        value = params.get(option)
        if value is not None:
            return value
        if discovered is not None:
            return discovered
        value = env.get(variable, "") if variable else ""
        return value if value != "" else default

    stack_server = inside if not _named_elsewhere(params) else None
    port = pick("login_port", stack_server and stack_server.port, "DB_PORT", 5432)
    if not str(port).isdigit():
        source = env_values.where(params, found)
        raise HostError("env_value_invalid", path=source, variable="DB_PORT", value=port, allowed="1-65535")
    user = pick("login_user", inside and inside.user, "DB_USER", "ticketz")
    password = secret(params.get("login_password"), params.get("login_password_file"))
    if password is None:
        # Use the application's password only for its own user.
        password = env.get("DB_PASS") if inside is None else inside.password if inside.user == user else None
    container = database_container(params, found)
    return Server(
        host=_without_brackets(
            pick("login_host", stack_server and stack_server.host, "DB_HOST", "localhost")
        ),
        port=int(port),
        user=user,
        password=password or None,
        database=pick("login_db", inside and inside.name, "DB_NAME", "ticketz"),
        maintenance_database=pick("login_maintenance_db", None, None, "postgres"),
        unix_socket=params.get("login_unix_socket"),
        ssl_mode=params.get("ssl_mode"),
        ca_cert=params.get("ca_cert"),
        connect_timeout=params.get("connect_timeout") or 10,
        disk=partial(_disk_inside, container) if container else None,
    )


def _disk_inside(container: DatabaseContainer, path: str) -> DiskSpace | None:
    from .._stack.disk import disk_inside

    return disk_inside(container, path)


def database_container(params: Params, found: Stack | None) -> DatabaseContainer | None:
    """Return the container that the database runs in; None if it is unknown or there is none."""
    inside = found.database if found else None
    if not found or not inside or not inside.container:
        return None
    if _named_elsewhere(params) and not params.get("postgres_container"):
        return None
    from .._stack.model import DatabaseContainer

    return DatabaseContainer(found.docker_host, inside.container.name, inside.inner_port)
