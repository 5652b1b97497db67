# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the address under which this host reaches a server in a container."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable, Sequence

from .container import Container

Address = tuple[str, int]

#: Seconds to wait for one address. The addresses are on this host, so they normally respond within a millisecond.
_TIMEOUT = 2.0
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # read, not listened on


def addresses(container: Container, port: int, containers: Iterable[Container]) -> tuple[Address, ...]:
    """Return the addresses at which this host may reach a port of a container, the most direct ones first.

    :param containers: all containers, since one may use the network of another.
    """
    kind, _colon, other = container.network_mode.partition(":")
    if kind == "host":
        return (("127.0.0.1", port), ("::1", port))
    if kind == "container":
        owner = next((each for each in containers if each.id == other or each.name == other), None)
        return addresses(owner, port, ()) if owner else ()
    direct = [(address, port) for network in container.networks for address in network.addresses]
    published = container.published.get(f"{port}/tcp", ())
    return (*direct, *((_ANY.get(host, host), number) for host, number in published))


def reachable(candidates: Sequence[Address]) -> Address | None:
    """Return the first address that accepts a connection, else the first that refuses one, else None.

    An address that refuses may accept soon, for example when the database is just starting.
    """
    refused = None
    for address in candidates:
        try:
            socket.create_connection(address, timeout=_TIMEOUT).close()
        except OSError as error:
            if error.errno == errno.ECONNREFUSED and refused is None:
                refused = address
        else:
            return address
    return refused


def resolves(host: str) -> bool:
    """Return whether a host is an address, or a name that this host can resolve."""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False
    return True
