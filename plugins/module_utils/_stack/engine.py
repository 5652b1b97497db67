# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker engine of this host, through the Docker SDK, with its errors translated."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._errors import HostError
from .._libraries import require

DEFAULT_HOST = "unix:///var/run/docker.sock"
#: Seconds to wait for a response of the engine.
_TIMEOUT = 30
_LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Engine:
    """A connection to an engine. A context manager.

    :param host: its address: ``unix://`` and a path, or ``tcp://`` and an address of this host.

    Raise HostError: ``engine_absent``, ``engine_refused``, ``engine_failed``, ``engine_elsewhere``,
    ``library_missing``.
    """

    def __init__(self, host: str | None = None) -> None:
        self.host = host or DEFAULT_HOST
        _check_place(self.host)
        docker = require("docker")
        self._errors: Any = require("docker.errors")
        self._requests: Any = require("requests")
        with self._translated():
            self.api: Any = docker.APIClient(base_url=self.host, version="auto", timeout=_TIMEOUT)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (self._errors.DockerException, self._requests.RequestException, OSError) as error:
            said = getattr(error, "explanation", None) or error
            raise HostError("engine_failed", host=self.host, cause=str(said).strip()) from error

    def containers(self) -> list[dict[str, Any]]:
        """Return the inspections of all containers, running or not."""
        found = []
        with self._translated():
            listed = self.api.containers(all=True)
        for each in listed:
            try:
                with self._translated():
                    found.append(self.api.inspect_container(each["Id"]))
            except HostError as error:
                # Removed after it was listed.
                if not isinstance(error.__cause__, self._errors.NotFound):
                    raise
        return found

    def image(self, identity: str) -> dict[str, Any]:
        """Return the inspection of an image, or an empty dictionary if the engine no longer has it."""
        try:
            with self._translated():
                return dict(self.api.inspect_image(identity))
        except HostError as error:
            if isinstance(error.__cause__, self._errors.NotFound):
                return {}
            raise

    def volume(self, name: str) -> dict[str, Any]:
        """Return the inspection of a volume."""
        with self._translated():
            return dict(self.api.inspect_volume(name))

    def call(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the SDK's client, with its errors translated."""
        with self._translated():
            return getattr(self.api, method)(*arguments, **options)

    def close(self) -> None:
        """Close the connection."""
        self.api.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _check_place(host: str) -> None:
    """Check the engine's address, and that its socket accepts connections, since the SDK's errors don't help users.

    Raise HostError: ``engine_absent``, ``engine_refused``, ``engine_elsewhere``.
    """
    kind, _separator, place = host.partition("://")
    if kind == "tcp" and (place.startswith(tuple(f"{name}:" for name in _LOCAL)) or place in _LOCAL):
        return
    if kind != "unix" or not place.startswith("/"):
        raise HostError("engine_elsewhere", host=host)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT)
        try:
            connection.connect(place)
        except PermissionError as error:
            raise HostError("engine_refused", host=host, user=_user()) from error
        except OSError as error:
            raise HostError("engine_absent", host=host, cause=error.strerror or error) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def may_be_used(host: str | None = None) -> bool:
    """Return whether there is an engine that this process may use."""
    try:
        _check_place(host or DEFAULT_HOST)
    except HostError:
        return False
    return True
