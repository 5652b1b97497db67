# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of projects created by real versions of Compose are found by the containers' labels."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import Stack

Find = Callable[..., Stack]


class Project:
    """A directory for which Compose creates containers, without starting them. Images are written ``{postgres}`` etc."""

    def __init__(self, directory: Path, command: list[str], images: dict[str, str]) -> None:
        self.directory = directory
        self.name = f"tz{os.getpid()}{secrets.token_hex(2)}"
        self._command = [*command, "-p", self.name]
        self._images = images

    def write(self, files: dict[str, str]) -> None:
        """Write files: relative path → text."""
        for name, text in files.items():
            path = self.directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            for image, tag in self._images.items():
                text = text.replace(f"{{{image}}}", tag)
            path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> None:
        """Run Compose in the directory."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.directory,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.directory), "SHELL_ONLY": "env"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def found(self, find: Find) -> tuple[Stack, list[str]]:
        """Return the discovered stack, and the warnings about files."""
        found = find([self.name], project=self.name)
        wanted = [
            each
            for each in found.notices
            if each.code.startswith(("stack_file", "stack_path", "env_", "file_"))
        ]
        return found, [notice.text() for notice in wanted]

    def names(self, paths: tuple[Path, ...]) -> list[str]:
        """Return paths relative to the directory."""
        return [str(path.relative_to(self.directory)) for path in paths]


@pytest.fixture
def make_project(
    docker: Callable[..., str], images: dict[str, str], tmp_path: Path
) -> Iterator[Callable[[str], Project]]:
    """``make_project("current")``: a directory for a version of Compose. Its containers are removed after the test."""
    import engine

    made: list[Project] = []

    def project(compose: str) -> Project:
        directory = tmp_path / "São João"
        directory.mkdir()
        made.append(Project(directory, engine.composes()[compose], images))
        return made[-1]

    yield project
    for each in made:
        docker(
            "rm",
            "--force",
            "--volumes",
            *docker("ps", "-aq", f"--filter=name=^{each.name}").split(),
            check=False,
        )
        docker("volume", "rm", f"{each.name}_public")
        docker("network", "rm", f"{each.name}_default")


BACKEND = """
  backend:
    image: {backend}
    volumes: [public:/usr/src/app/public]
    environment: {DB_HOST: postgres}
"""
POSTGRES = """
  postgres:
    image: {postgres}
"""


@pytest.mark.parametrize("compose", ["current", "installed"])
def test_what_both_composes_know(make_project: Callable[[str], Project], find: Find, compose: str) -> None:
    project = make_project(compose)
    version = "version: '2.4'\nservices:\n"
    project.write(
        {
            "docker-compose.yml": version
            + BACKEND
            + "    env_file: ['${WHERE}/backend_${X:-env}', '${X:-env}/common.env']\n"
            + POSTGRES
            + "    extends: {file: parts/base.yml, service: base}\n"
            + "  sidekick:\n    image: {backend}\n    profiles: [do-not-start]\n    env_file: env/sidekick.env\n"
            + "volumes: {public: {}}\n",
            "docker-compose.override.yml": version + "  backend:\n    env_file: [env/more.env]\n",
            "parts/base.yml": version + "  base:\n    image: {postgres}\n    env_file: [base.env]\n",
            ".env": "WHERE='env'\n",
            **dict.fromkeys(["parts/base.env", "env/backend_env", "env/common.env"], "A=1\n"),
            **dict.fromkeys(["env/more.env", "env/sidekick.env"], "A=1\n"),
        }
    )
    project.run("up", "--no-start")
    found, notices = project.found(find)
    assert notices == []
    assert project.names(found.compose.files) == [
        "docker-compose.yml",
        "docker-compose.override.yml",
        "parts/base.yml",
    ]
    assert project.names(found.compose.env_files) == [
        "env/backend_env",
        "env/common.env",
        "env/more.env",
        "parts/base.env",
        "env/sidekick.env",
        ".env",
    ]


NEW = """
include:
  - parts/db.yaml
  - path: [parts/cache.yaml, '${PARTS:?}/cache.override.yaml']
    project_directory: other
    env_file: other/cache.env
volumes: {public: {}}
services:
  backend:
    image: {backend}
    volumes: [public:/usr/src/app/public]
    environment: {DB_HOST: postgres}
    env_file:
      - path: ${ENV_DIR:-${NOWHERE:-nowhere}}/backend.env
      - {path: env/optional.env, required: false}
      - {path: env/raw.env, format: raw}
    secrets: [jwt]
    configs: [{source: nginx, target: /etc/nginx.conf}]
    label_file: env/labels.env
    ports: !reset []
  tool:
    image: {backend}
    profiles: [do-not-start]
    env_file: env/nobody-has-it.env
secrets:
  jwt: {file: ./env/jwt.txt}
  other: {environment: HOME}
configs:
  nginx: {file: $ENV_DIR/nginx.conf}
"""


def test_what_only_the_current_compose_knows(make_project: Callable[[str], Project], find: Find) -> None:
    project = make_project("current")
    project.write(
        {
            "compose.yaml": NEW,
            "compose.override.yaml": "services: {backend: {environment: {A: b}}}\n",
            ".env": 'ENV_DIR="./env" # here\nPARTS=parts\n',
            "parts/db.yaml": "services:" + POSTGRES + "    env_file: ['${DB_ENV}']\n",
            "parts/.env": "DB_ENV=db.env\n",
            "parts/cache.yaml": "services:\n  redis:\n    image: {redis}\n    env_file: ['${CACHE}.env']\n",
            "parts/cache.override.yaml": "services: {redis: {labels: {x: y}}}\n",
            "other/cache.env": "CACHE=service\n",
            "env/raw.env": "A='1'\n",
            **dict.fromkeys(
                ["parts/db.env", "other/service.env", "env/backend.env", "env/labels.env"], "A=1\n"
            ),
            **dict.fromkeys(["env/jwt.txt", "env/nginx.conf"], "text\n"),
        }
    )
    project.run("create")
    found, notices = project.found(find)
    assert notices == []
    assert project.names(found.compose.files) == [
        "compose.yaml",
        "compose.override.yaml",
        "parts/db.yaml",
        "parts/cache.yaml",
        "parts/cache.override.yaml",
    ]
    assert project.names(found.compose.env_files) == [
        "env/backend.env",
        "env/raw.env",
        "parts/.env",
        "parts/db.env",
        "other/cache.env",
        "other/service.env",
        ".env",
    ]
    assert sorted(project.names(found.compose.bound_files)) == [
        "env/jwt.txt",
        "env/labels.env",
        "env/nginx.conf",
    ]
    (project.directory / "parts" / "db.yaml").unlink()
    found, notices = project.found(find)
    assert len(notices) == 1 and f"{project.directory}/parts/db.yaml" in notices[0]


def test_a_path_that_only_the_shell_knew_is_said(make_project: Callable[[str], Project], find: Find) -> None:
    project = make_project("current")
    project.write(
        {
            "compose.yaml": "volumes: {public: {}}\nservices:"
            + BACKEND
            + "    env_file: ['${SHELL_ONLY:?say where}/backend.env', env/common.env]\n"
            + POSTGRES,
            **dict.fromkeys(["env/backend.env", "env/common.env"], "A=1\n"),
        }
    )
    project.run("create")
    found, notices = project.found(find)
    assert project.names(found.compose.env_files) == ["env/common.env"]
    assert len(notices) == 1
    assert "${SHELL_ONLY:?say where}/backend.env" in notices[0] and "config_files" in notices[0]


def test_files_that_were_given_on_the_command_line(
    make_project: Callable[[str], Project], find: Find
) -> None:
    project = make_project("current")
    main = "volumes: {public: {}}\nservices:" + BACKEND + "    env_file: ['${NAME}.env']\n" + POSTGRES
    project.write(
        {
            "production.env": "NAME=produção\n",
            "first/main.yaml": main,
            "second/more.yaml": "services: {backend: {env_file: [second.env]}}\n",
            **dict.fromkeys(["first/produção.env", "first/second.env"], "A=1\n"),
        }
    )
    given = ("--env-file", "production.env", "-f", "first/main.yaml", "-f", "second/more.yaml")
    project.run(*given, "create")
    found, notices = project.found(find)
    assert notices == []
    assert project.names(found.compose.files) == ["first/main.yaml", "second/more.yaml"]
    assert project.names(found.compose.env_files) == [
        "first/produção.env",
        "first/second.env",
        "production.env",
    ]
