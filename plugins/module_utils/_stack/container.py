# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The relevant values of a container's inspection. Secrets are never in a ``repr``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .._libraries import require

_LABEL = "com.docker.compose"

#: A query that extracts the relevant values from the JSON of ``docker inspect``.
_QUERY = f"""{{
    id: Id,
    name: Name,
    image: Config.Image,
    image_id: Image,
    status: State.Status,
    exit_code: State.ExitCode,
    health: State.Health.Status,
    command: [[Path], Args][],
    environment: Config.Env,
    exposed: keys(Config.ExposedPorts || `{{}}`),
    mounts: Mounts[].{{kind: Type, source: Source, destination: Destination, volume: Name, driver: Driver, writable: RW}},
    networks: NetworkSettings.Networks,
    published: NetworkSettings.Ports,
    network_mode: HostConfig.NetworkMode,
    hostname: Config.Hostname,
    project: Config.Labels."{_LABEL}.project",
    service: Config.Labels."{_LABEL}.service",
    oneoff: Config.Labels."{_LABEL}.oneoff",
    working_dir: Config.Labels."{_LABEL}.project.working_dir",
    config_files: Config.Labels."{_LABEL}.project.config_files",
    environment_file: Config.Labels."{_LABEL}.project.environment_file"
}}"""


@dataclass(frozen=True)
class Mount:
    """A mount of a container.

    :param kind: Docker's type of the mount, such as ``volume`` or ``bind``.
    :param source: its path on the host, as reported by the engine.
    :param destination: its path in the container.
    :param volume: name of the volume, empty if there is none.
    :param driver: the volume's driver.
    :param writable: whether the container may write to it.
    """

    kind: str
    source: str
    destination: str
    volume: str = ""
    driver: str = ""
    writable: bool = True


@dataclass(frozen=True)
class Network:
    """A network that a container is in.

    :param addresses: the container's addresses, IPv4 first; none while it is stopped.
    :param aliases: the container's names in the network.
    """

    name: str
    addresses: tuple[str, ...]
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Container:
    """A container.

    :param status: Docker's status: ``running``, ``exited``, ``restarting``, ``paused``, ``created``, ``dead``.
    :param health: ``healthy``, ``unhealthy``, ``starting``, or empty without a health check.
    :param exposed: exposed ports, such as ``5432/tcp``.
    :param published: published port, such as ``5432/tcp`` → addresses and ports of the host.
    :param project: the Compose project, empty if it belongs to none.
    :param config_files: the project's files as in Compose's label, unresolved.
    """

    id: str
    name: str
    image: str
    image_id: str
    status: str
    exit_code: int
    health: str
    command: tuple[str, ...] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    exposed: tuple[str, ...]
    mounts: tuple[Mount, ...]
    networks: tuple[Network, ...]
    published: Mapping[str, tuple[tuple[str, int], ...]]
    network_mode: str
    hostname: str
    project: str
    service: str
    oneoff: bool
    working_dir: str
    config_files: tuple[str, ...]
    environment_files: tuple[str, ...]

    @property
    def running(self) -> bool:
        """Whether its processes are running now."""
        return self.status == "running"

    @property
    def state(self) -> str:
        """Its status for messages."""
        if self.status in ("exited", "dead", "restarting"):
            return f"{self.status}, exit code {self.exit_code}"
        return self.status

    @property
    def names(self) -> frozenset[str]:
        """The names that other containers in its networks can use for it."""
        return frozenset([self.name, *(alias for network in self.networks for alias in network.aliases)])

    def mounted(self, destination: str) -> Mount | None:
        """Return the mount at a path of the container, if any."""
        return next((mount for mount in self.mounts if mount.destination.rstrip("/") == destination), None)


@lru_cache(maxsize=1)
def _query() -> Any:
    return require("jmespath").compile(_QUERY)


def container(inspected: Mapping[str, Any]) -> Container:
    """Parse a container's inspection from the engine."""
    found = _query().search(inspected)
    return Container(
        id=found["id"],
        name=(found["name"] or "").lstrip("/"),
        image=found["image"] or "",
        image_id=found["image_id"] or "",
        status=found["status"] or "",
        exit_code=found["exit_code"] or 0,
        health=(found["health"] or "").replace("none", ""),
        command=tuple(word for word in found["command"] or () if word),
        environment={
            name: value for name, _sign, value in (line.partition("=") for line in found["environment"] or ())
        },
        exposed=tuple(found["exposed"]),
        mounts=_mounts(found["mounts"] or ()),
        networks=tuple(_networks(found["networks"] or {})),
        published={
            port: tuple((each["HostIp"], int(each["HostPort"])) for each in places)
            for port, places in (found["published"] or {}).items()
            if places
        },
        network_mode=found["network_mode"] or "",
        hostname=found["hostname"] or "",
        project=found["project"] or "",
        service=found["service"] or "",
        oneoff=(found["oneoff"] or "").lower() == "true",
        working_dir=found["working_dir"] or "",
        config_files=_listed(found["config_files"]),
        environment_files=_listed(found["environment_file"]),
    )


def _mounts(mounts: Iterable[Mapping[str, Any]]) -> tuple[Mount, ...]:
    """Return the mounts sorted by destination, since the engine's order varies."""
    found = []
    for mount in mounts:
        given: dict[str, Any] = {name: "" if value is None else value for name, value in mount.items()}
        found.append(Mount(**given))
    return tuple(sorted(found, key=lambda mount: mount.destination))


def _networks(networks: Mapping[str, Mapping[str, Any]]) -> list[Network]:
    return [
        Network(
            name,
            tuple(filter(None, (each.get("IPAddress"), each.get("GlobalIPv6Address")))),
            tuple(dict.fromkeys([*(each.get("Aliases") or ()), *(each.get("DNSNames") or ())])),
        )
        for name, each in networks.items()
    ]


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
