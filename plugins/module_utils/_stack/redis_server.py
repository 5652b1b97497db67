# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connects to a Redis or compatible server, and translates its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .._errors import HostError
from .._libraries import require
from .roles import REDIS_PORT

#: Seconds to connect, and to wait for one response.
_CONNECT, _ANSWER = 10, 60


@dataclass(frozen=True)
class RedisServer:
    """Connection parameters of a server.

    :param unix_socket: path of its socket, which is used instead of host and port.
    """

    host: str = "localhost"
    port: int = REDIS_PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0
    tls: bool = False
    unix_socket: str | None = None

    @property
    def place(self) -> str:
        """The name of the server and its database in messages."""
        return f"{self.unix_socket or f'{self.host}:{self.port}'}/{self.database}"


def redis_server(url: str) -> RedisServer:
    """Parse the URL of a server: ``redis://[[user]:password@]host[:port][/database]``, ``rediss://`` with TLS,
    or ``unix://[[user]:password@]/path/of/socket[?db=database]``.

    Raise HostError (``option_invalid``), without the URL in the message, since it may contain a password.
    """
    parts = urlsplit(url)
    try:
        if parts.scheme not in ("redis", "rediss", "unix"):
            raise ValueError("it must begin with redis://, rediss:// or unix://")
        number = (
            parse_qs(parts.query).get("db", ["0"])[0] if parts.scheme == "unix" else parts.path.strip("/")
        )
        if number and not number.isdigit():
            raise ValueError("its database must be a number")
        port = parts.port
    except ValueError as error:
        raise HostError("option_invalid", option="redis_url", value="***", cause=error) from error
    return RedisServer(
        host=parts.hostname or "localhost",
        port=port or REDIS_PORT,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=int(number or 0),
        tls=parts.scheme == "rediss",
        unix_socket=unquote(parts.path) if parts.scheme == "unix" else None,
    )


@contextmanager
def connected(server: RedisServer) -> Iterator[Any]:
    """Connect during the block; yield the library's client, in bytes mode.

    Raise HostError: ``library_missing``, ``redis_unreachable``, ``redis_refused``, ``redis_failed``.
    """
    library = require("redis")
    errors = library.exceptions
    common = {
        "username": server.user,
        "password": server.password,
        "db": server.database,
        "socket_timeout": _ANSWER,
        "socket_connect_timeout": _CONNECT,
    }
    client = (
        library.Redis(unix_socket_path=server.unix_socket, **common)
        if server.unix_socket
        else library.Redis(host=server.host, port=server.port, **_tls(server), **common)
    )
    try:
        yield client
    except (errors.AuthenticationError, errors.AuthorizationError, errors.NoPermissionError) as error:
        raise HostError("redis_refused", server=server.place, cause=_brief(error)) from error
    except (errors.ConnectionError, errors.TimeoutError, OSError) as error:
        raise HostError("redis_unreachable", server=server.place, cause=_brief(error)) from error
    except errors.RedisError as error:
        # Not all versions of the library raise an authentication error for NOAUTH.
        code = "redis_refused" if "NOAUTH" in str(error) or "NOPERM" in str(error) else "redis_failed"
        raise HostError(code, server=server.place, cause=_brief(error)) from error
    finally:
        client.close()


def _tls(server: RedisServer) -> dict[str, Any]:
    """Return the library's options for TLS. They include a check of the host name, which its version 5 does not do by default."""
    return {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True} if server.tls else {}


def _brief(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
