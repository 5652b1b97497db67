# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application's Redis, from the options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .specs import Params

if TYPE_CHECKING:
    from .._stack.model import Stack
    from .._stack.redis_server import RedisServer


def redis(params: Params, found: Stack | None) -> RedisServer | None:
    """Return the server of ``redis_url``, else the stack's if it can be reached from this host, else None.

    Raise HostError (``option_invalid``).
    """
    from .._stack.redis_server import RedisServer, redis_server

    if params.get("redis_url"):
        return redis_server(params["redis_url"])
    inside = found.redis if found else None
    if inside is None or inside.host is None:
        return None
    return RedisServer(
        host=inside.host,
        port=inside.port,
        user=inside.user,
        password=inside.password,
        database=inside.database,
    )
