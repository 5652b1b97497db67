# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real stacks on a real Docker engine, and single containers for other configurations."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.discover import discover_on
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import Engine
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import Stack, Wanted
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "stack"))

import engine as test_engine
import images as test_images
import stack as test_stack

RUN = f"tz{os.getpid()}{secrets.token_hex(2)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that need a second stack as ``long``."""
    for item in items:
        if "helpdesk" in getattr(item, "fixturenames", ()):
            item.add_marker("long")


@pytest.fixture(scope="session")
def docker() -> Callable[..., str]:
    """``docker("ps", "-q")``: run the program docker. Without Docker, tests are skipped; in CI, they fail."""
    try:
        test_engine.require()
    except test_engine.EngineError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    return test_stack.docker


@pytest.fixture(scope="session")
def images(docker: Callable[..., str]) -> dict[str, str]:
    """The images of the stack: ``postgres``, ``redis``, ``backend``, ``frontend``."""
    return test_images.build()


def _stack(naming: str, directory: Path, compose: str | None = None) -> Iterator[Any]:
    # The directory's name has characters that break careless programs. No project's name is a prefix of another one's.
    stack = test_stack.new(
        naming, f"{RUN}{compose or ''}{naming}", directory / "Atendimento São João", compose
    )
    stack.directory.mkdir()
    try:
        yield stack.up()
    finally:
        stack.down()


@pytest.fixture(scope="session")
def ticketz(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running stack with the original names and without a password, created by the current Compose."""
    yield from _stack("ticketz", tmp_path_factory.mktemp("ticketz"))


@pytest.fixture(scope="session")
def helpdesk(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running stack with the guide's names, passwords, and the database in another project, created by an older Compose."""
    yield from _stack("helpdesk", tmp_path_factory.mktemp("helpdesk"))


@pytest.fixture(scope="session")
def ticketz_by_installed(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Like ``ticketz``, created by the installed Compose."""
    yield from _stack("ticketz", tmp_path_factory.mktemp("ticketz"), "installed")


@pytest.fixture(scope="session")
def helpdesk_by_current(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Like ``helpdesk``, created by the current Compose."""
    yield from _stack("helpdesk", tmp_path_factory.mktemp("helpdesk"), "current")


@pytest.fixture(
    params=[
        "ticketz",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("helpdesk", "ticketz_by_installed", "helpdesk_by_current")
        ),
    ]
)
def stack(request: pytest.FixtureRequest) -> Any:
    """Each of these stacks: two sets of names, each created by two versions of Compose."""
    return request.getfixturevalue(request.param)


class Only(Engine):
    """The real engine, restricted to some containers, because others may run on this machine."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self._names = names

    def containers(self) -> list[dict[str, Any]]:
        return [each for each in super().containers() if each["Name"].lstrip("/").startswith(self._names)]


@pytest.fixture(scope="session")
def find(docker: Callable[..., str]) -> Callable[..., Stack]:
    """``find(["lab"], project="x")``: discover the stack among the containers whose names have these prefixes."""

    def search(names: list[str], **wanted: Any) -> Stack:
        with Only(tuple(names)) as engine:
            return discover_on(engine, Wanted(**wanted))

    return search


class Containers:
    """Creates containers, and removes them after the test. Their names begin with :attr:`prefix`."""

    def __init__(self, docker: Callable[..., str], images: dict[str, str]) -> None:
        self.docker = docker
        self.images = images
        self.prefix = f"{RUN}{secrets.token_hex(3)}"
        self._networks: list[str] = []
        self._volumes: list[str] = []

    def name(self, name: str) -> str:
        """Return the full name of a container."""
        return f"{self.prefix}-{name}"

    def network(self, name: str = "net", *options: str) -> str:
        """Create a network; return its full name."""
        self._networks.append(f"{self.prefix}-{name}")
        self.docker("network", "create", *options, self._networks[-1])
        return self._networks[-1]

    def volume(self, name: str, *options: str) -> str:
        """Create a volume; return its full name."""
        self._volumes.append(f"{self.prefix}-{name}")
        self.docker("volume", "create", *options, self._volumes[-1])
        return self._volumes[-1]

    def labels(self, service: str, project: str = "", **more: str) -> list[str]:
        """Return options with the labels that Compose sets for a service's containers."""
        found = {"project": project or self.prefix, "service": service, "oneoff": "False", **more}
        return [f"--label=com.docker.compose.{name}={value}" for name, value in found.items()]

    def run(self, name: str, image: str, *options: str, command: tuple[str, ...] = ()) -> str:
        """Start a container; return its full name."""
        full = self.name(name)
        self.docker("run", "--detach", f"--name={full}", *options, self.images.get(image, image), *command)
        return full

    def create(self, name: str, image: str, *options: str) -> str:
        """Create a container without starting it; return its full name."""
        full = self.name(name)
        self.docker("create", f"--name={full}", *options, self.images.get(image, image))
        return full

    def postgres(self, name: str = "postgres", *options: str, **environment: str) -> str:
        """Start a database and wait until it accepts connections."""
        variables = environment or {"POSTGRES_HOST_AUTH_METHOD": "trust", "POSTGRES_USER": "ticketz"}
        full = self.run(
            name, "postgres", *options, *(f"--env={key}={value}" for key, value in variables.items())
        )
        user = variables.get("POSTGRES_USER", "postgres")
        command = ["docker", "exec", full, "pg_isready", "-h", "127.0.0.1", "-U", user]
        wait_until(lambda: subprocess.run(command, capture_output=True, check=False).returncode == 0)
        return full

    def clean(self) -> None:
        """Remove all containers, networks and volumes."""
        names = self.docker("ps", "--all", f"--filter=name=^{self.prefix}", "--format={{.Names}}").split()
        if names:
            self.docker("rm", "--force", "--volumes", *names)
        for network in self._networks:
            self.docker("network", "rm", network, check=False)
        for volume in self._volumes:
            self.docker("volume", "rm", volume, check=False)


@pytest.fixture
def containers(docker: Callable[..., str], images: dict[str, str]) -> Iterator[Containers]:
    """Single containers for one test."""
    made = Containers(docker, images)
    yield made
    made.clean()
