# SPDX-License-Identifier: GPL-3.0-or-later
"""A Ticketz stack for tests, brought up by Compose: ``up`` from nothing to serving, ``down`` to nothing.

``python tests/stack/stack.py up --naming ticketz --project NAME --dir DIR`` prints where it is as JSON.
Two namings: ``ticketz`` as upstream (one project, no password), ``helpdesk`` as in the guide (the database and
Redis are another project on an external network, both with passwords).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import engine
import images

_COMPOSE = Path(__file__).resolve().parent / "compose"
_SERVING_SECONDS = 300
_REQUEST_SECONDS = 10


class StackError(Exception):
    """The stack can't be brought up; the text says why."""


def docker(*arguments: str, check: bool = True) -> str:
    """Run the program docker, and return what it prints."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise StackError(f"docker {' '.join(arguments[:3])}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclasses.dataclass(frozen=True)
class Naming:
    """Which files and names a stack has."""

    backend: str
    frontend: str
    postgres: str
    redis: str
    user: str
    database: str
    #: directory of Compose files → suffix of its project's name; the first one has the backend
    projects: dict[str, str]
    env_file: str
    password: bool
    #: which Compose makes it unless another one is asked for, see engine.composes
    compose: str


NAMINGS = {
    "ticketz": Naming(
        "backend",
        "frontend",
        "postgres",
        "redis",
        "ticketz",
        "ticketz",
        {"ticketz": ""},
        ".env-backend",
        False,
        "current",
    ),
    "helpdesk": Naming(
        "helpdesk-api-prd-latest",
        "helpdesk-latest",
        "helpdesk-postgres",
        "helpdesk-redis",
        "helpdesk",
        "Help Desk",
        {"helpdesk": "", "database": "db"},
        "env/.env-backend",
        True,
        "installed",
    ),
}


@dataclasses.dataclass(frozen=True)
class Stack:
    """A stack that may be running.

    :param directory: one directory below it for each project.
    :param compose_name: a key of :func:`engine.composes`.
    """

    naming: str
    project: str
    directory: Path
    compose_name: str
    password: str | None = None
    redis_password: str | None = None

    @property
    def names(self) -> Naming:
        """Names of services, database and user."""
        return NAMINGS[self.naming]

    @property
    def network(self) -> str:
        """The external network that the guide's naming needs."""
        return f"{self.project}-net"

    def projects(self) -> list[tuple[Path, str]]:
        """Directories of Compose files, with their projects; the one with the backend first."""
        return [
            (self.directory / name, self.project + suffix) for name, suffix in self.names.projects.items()
        ]

    def compose(self, directory: Path, project: str, *arguments: str) -> None:
        """Run Compose on one of the projects."""
        command = [*engine.composes()[self.compose_name], "-p", project, *arguments]
        environment = {
            "HELPDESK_NETWORK": self.network,
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        }
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode != 0:
            raise StackError(f"{' '.join(command)}: {done.stderr.strip()[-1500:]}")

    def container(self, service: str) -> str:
        """Name of a service's container: ``backend``, ``frontend``, ``postgres`` or ``redis`` in every naming."""
        found = docker(
            "ps",
            "--all",
            f"--filter=label=com.docker.compose.service={getattr(self.names, service)}",
            '--format={{.Names}} {{.Label "com.docker.compose.project"}}',
        ).splitlines()
        ours = {project for _directory, project in self.projects()}
        return next(name for name, project in (line.split() for line in found) if project in ours)

    def address(self, service: str) -> str:
        """Address of a service's container on its network."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        return docker("inspect", f"--format={form}", self.container(service)).split()[0]

    def get(
        self, path: str, token: str = "", body: Any = None, service: str = "backend", port: int = 3000
    ) -> Any:
        """Ask the backend for a page, and return its JSON. Raise OSError unless it is there."""
        request = urllib.request.Request(
            f"http://{self.address(service)}:{port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )
        with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS) as answer:
            return json.loads(answer.read())

    def wait_until_serving(self) -> None:
        """Return once the backend says that it is well. Raise StackError with its log if it never does."""
        deadline = time.monotonic() + _SERVING_SECONDS
        while True:
            try:
                self.get("/health")
            except (OSError, StackError, IndexError, StopIteration) as error:
                if time.monotonic() > deadline:
                    logs = docker("logs", "--tail=20", self.container("backend"), check=False)
                    raise StackError(f"the backend does not serve: {error}\n{logs}") from error
                time.sleep(0.2)
            else:
                return

    def up(self) -> Stack:
        """Write the Compose files where there are none, and start everything."""
        engine.require()
        built = images.build()
        if len(self.names.projects) > 1 and not docker(
            "network", "ls", f"--filter=name=^{self.network}$", "-q"
        ):
            docker("network", "create", self.network)
        for directory, project in reversed(self.projects()):
            if not directory.exists():
                self._write(directory, built)
            self.compose(directory, project, "up", "--detach")
        self.wait_until_serving()
        return self

    def down(self) -> None:
        """Remove containers, volumes and networks; the files stay."""
        for directory, project in self.projects():
            if directory.exists():
                self.compose(directory, project, "down", "--volumes", "--remove-orphans", "--timeout=3")
        if len(self.names.projects) > 1:
            docker("network", "rm", self.network, check=False)

    def _write(self, directory: Path, built: dict[str, str]) -> None:
        shutil.copytree(_COMPOSE / directory.name, directory)
        replaced = {f"{images.REPOSITORY}/{name}:local": tag for name, tag in built.items()}
        replaced["@PASSWORD@"] = self.password or ""
        replaced["@REDIS_PASSWORD@"] = self.redis_password or ""
        for path in directory.rglob("*"):
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                for old, new in replaced.items():
                    text = text.replace(old, new)
                path.write_text(text, encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """Everything that a test in another process needs, for JSON."""
        facts = dataclasses.asdict(self) | {"directory": str(self.directory)}
        facts["containers"] = {
            name: self.container(name) for name in ("backend", "frontend", "postgres", "redis")
        }
        facts["names"] = dataclasses.asdict(self.names)
        return facts


def new(naming: str, project: str, directory: Path, compose: str | None = None) -> Stack:
    """Return a stack with passwords of its own where the naming has any."""
    compose = compose or NAMINGS[naming].compose
    if not NAMINGS[naming].password:
        return Stack(naming, project, directory, compose)
    # With signs that break careless programs, and that need no quotes in an env file of any Compose.
    return Stack(naming, project, directory, compose, secrets.token_hex(8) + "=%&+é", secrets.token_hex(12))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", choices=["up", "down"])
    parser.add_argument("--naming", choices=list(NAMINGS), default="ticketz")
    parser.add_argument(
        "--compose", choices=["current", "installed"], help="default: each naming has its own"
    )
    parser.add_argument("--project", required=True)
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    stack = new(options.naming, options.project, options.dir.absolute(), options.compose)
    try:
        if options.action == "down":
            stack.down()
            return 0
        print(json.dumps(stack.up().as_dict(), indent=2))
    except (StackError, engine.EngineError, images.ImagesError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
