# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_stack_info``: its options, and the result without secrets."""

from __future__ import annotations

from typing import Any

from .._options import docker_stack, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._stack import describe
from .._stack.container import Container
from .._stack.discover import discover
from .._stack.model import Database, Redis, Stack


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.stack_options(),
        **specs.message_options(),
    }


def run(params: Params, check_mode: bool) -> Outcome:
    """Find the stack, also in check mode, since this only reads."""
    found = discover(docker_stack.wanted_stack(params))
    return Outcome(False, {"stack": shown(found)}, found.notices)


def shown(stack: Stack) -> dict[str, Any]:
    """Return the description of a stack for results, without secrets."""
    return {
        "docker_host": stack.docker_host,
        "project": stack.project,
        "database": _database(stack.database),
        "redis": _redis(stack.redis),
        "backends": [_container(each) for each in stack.backends],
        "directories": describe.directories(stack),
        "compose": describe.compose(stack.compose),
        "images": describe.images(stack),
        "containers": [_container(each) for each in stack.containers],
    }


def _container(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "project": container.project or None,
        "service": container.service or None,
        "image": container.image,
        "status": container.status,
        "health": container.health or None,
    }


def _server(server: Database | Redis) -> dict[str, Any]:
    return {
        "container": server.container.name if server.container else None,
        "status": server.container.status if server.container else None,
        "host": server.host,
        "port": server.port if server.host else None,
        "container_port": server.inner_port if server.container else None,
        "user": server.user,
        "password_known": server.password is not None,
    }


def _database(database: Database | None) -> dict[str, Any] | None:
    return None if database is None else {**_server(database), "name": database.name}


def _redis(redis: Redis | None) -> dict[str, Any] | None:
    return None if redis is None else {**_server(redis), "database": redis.database}
