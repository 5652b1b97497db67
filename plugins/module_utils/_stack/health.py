# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until started containers are healthy."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._errors import HostError
from .address import resolves
from .container import Container, container
from .engine import Engine

#: How health was determined: the containers' health checks, a page, or only that they are running.
HEALTH_CHECK, URL, RUNNING = "health_check", "url", "running"

#: Seconds between two checks, for one request, and for which a container must run without other checks.
_POLL = 0.5
_REQUEST = 5.0
_MINIMUM_UPTIME = 5.0


@dataclass(frozen=True)
class Health:
    """The health of containers.

    :param healthy: whether they are healthy.
    :param seconds: duration of the wait.
    :param checked_by: those of :data:`HEALTH_CHECK`, :data:`URL` and :data:`RUNNING` that were used.
    :param trouble: the problem at the last check; empty if there was none.
    """

    healthy: bool
    seconds: float
    checked_by: tuple[str, ...]
    trouble: str = ""


def check_url(url: str) -> None:
    """Raise HostError (``option_invalid``) if it is not a web address, or contains a password."""
    try:
        parts = urlsplit(url)
        # An invalid port raises only when it is accessed.
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        secret = parts.password is not None
    except ValueError:
        good, secret = False, False
    if secret:
        raise HostError(
            "option_invalid", option="health_url", value="***", cause="it must not hold a password"
        )
    if not good:
        cause = "it must begin with http:// or https:// and name a host"
        raise HostError("option_invalid", option="health_url", value=url, cause=cause)


def wait_until_healthy(
    docker_host: str,
    containers: Sequence[str],
    *,
    url: str | None,
    timeout: float,
    check: Callable[[], None] = lambda: None,
) -> Health:
    """Wait until containers are running, their health checks succeed, and a page responds.

    :param containers: names or ids. Without health checks and a page, they must run for some seconds.
    :param url: a page that must respond without an error; None for no page. Its host may be the name of a container.
    :param timeout: maximum seconds to wait.
    :param check: called while waiting; raises if a stop was requested.

    Raise HostError: the errors of :class:`.engine.Engine`.
    """
    began = time.monotonic()
    steady: tuple[tuple[str, ...], float] = ((), began)
    with Engine(docker_host) as engine:
        while True:
            inspected = [engine.call("inspect_container", name) for name in containers]
            found = [container(each) for each in inspected]
            starts = tuple(each["State"]["StartedAt"] for each in inspected)
            if starts != steady[0]:
                steady = starts, time.monotonic()
            kinds = tuple(
                kind
                for kind, used in ((HEALTH_CHECK, any(each.health for each in found)), (URL, bool(url)))
                if used
            ) or (RUNNING,)
            trouble = _trouble(found) or (_answer(url, found) if url else "")
            if not trouble and kinds == (RUNNING,) and time.monotonic() - steady[1] < _MINIMUM_UPTIME:
                trouble = "it has just started"
            seconds = round(time.monotonic() - began, 3)
            if not trouble or seconds >= timeout:
                return Health(not trouble, seconds, kinds, trouble)
            check()
            time.sleep(_POLL)


def _trouble(containers: Sequence[Container]) -> str:
    for each in containers:
        if not each.running:
            return f"container {each.name} is {each.state}"
        if each.health not in ("", "healthy"):
            return f"container {each.name} is {each.health}"
    return ""


def _answer(url: str, containers: Sequence[Container]) -> str:
    """Return the problem with a page; empty if there is none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(_reachable(url, containers), timeout=_REQUEST) as answer:
            answer.read(1)
    except urllib.error.HTTPError as error:
        error.close()
        return f"{url} answers {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return f"{url}: {getattr(reason, 'strerror', None) or reason}"
    return ""


def _reachable(url: str, containers: Sequence[Container]) -> str:
    """Return the URL for this host, since a container's name is resolved only within its network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    for each in containers:
        addresses = [address for network in each.networks for address in network.addresses]
        if addresses and host in {*each.names, each.service} and not resolves(host):
            port = f":{parts.port}" if parts.port else ""
            return parts._replace(netloc=f"{addresses[0]}{port}").geturl()
    return url
