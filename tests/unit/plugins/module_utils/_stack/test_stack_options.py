# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of precedence is: option, containers, env file, default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._options import (
    docker_stack,
    environment,
    login,
    media,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import DatabaseContainer


def resolved(**params: Any) -> tuple[Server, dict[str, Path], DatabaseContainer | None]:
    """Return server, directories and container for a verb's options."""
    found = docker_stack.stack(params)
    server = login.database(params, environment.environment(params, found), found)
    return server, media.directories(params, found), login.database_container(params, found)


def env_file(directory: Path, **variables: str) -> str:
    path = directory / ".env-backend"
    path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return str(path)


def test_the_stack_gives_all_that_is_not_said(helpdesk: Any) -> None:
    server, directories, container = resolved(compose_project=helpdesk.project)
    assert server == Server(
        host=helpdesk.address("postgres"),
        user="helpdesk",
        password=helpdesk.password,
        database="Help Desk",
    )
    assert set(directories) == {"public", "private"}
    assert container == DatabaseContainer(DEFAULT_HOST, helpdesk.container("postgres"), 5432)


def test_an_option_wins_over_the_stack(helpdesk: Any) -> None:
    given = {"login_user": "other", "login_db": "elsewhere", "login_password": "mine", "login_port": 99}
    server, directories, _container = resolved(
        compose_project=helpdesk.project, directories={"media": "/srv/media"}, **given
    )
    assert (server.user, server.database, server.password, server.port) == ("other", "elsewhere", "mine", 99)
    assert server.host == helpdesk.address("postgres")
    assert directories == {"media": Path("/srv/media")}


def test_an_address_that_is_given_is_not_the_containers(helpdesk: Any) -> None:
    server, directories, container = resolved(compose_project=helpdesk.project, login_host="db.example.org")
    assert (server.host, server.port) == ("db.example.org", 5432)
    assert server.password == helpdesk.password and "public" in directories
    assert container is None
    named = {"postgres_container": helpdesk.container("postgres"), "login_host": "127.0.0.1"}
    assert resolved(**named)[2] is not None


def test_the_stack_wins_over_the_env_file(helpdesk: Any, tmp_path: Path) -> None:
    path = env_file(tmp_path, DB_HOST="127.0.0.1", DB_PORT="1", DB_USER="u", DB_PASS="p", DB_NAME="d")
    server = resolved(compose_project=helpdesk.project, env_file=path)[0]
    assert (server.host, server.port, server.user) == (helpdesk.address("postgres"), 5432, "helpdesk")
    assert (server.password, server.database) == (helpdesk.password, "Help Desk")


def test_what_only_the_env_file_says_counts(ticketz: Any, tmp_path: Path) -> None:
    params = {
        "compose_project": ticketz.project,
        "env_file": env_file(tmp_path, BACKUP_COMPRESSION="zstd", TZ="UTC"),
    }
    env = environment.environment(params, docker_stack.stack(params))
    assert (env["BACKUP_COMPRESSION"], env["TZ"]) == ("zstd", "America/Sao_Paulo")


def test_a_name_that_only_compose_knows_is_replaced(ticketz: Any, helpdesk: Any) -> None:
    """Only the env file is given, and another stack runs on the same engine."""
    for stack in (ticketz, helpdesk):
        path = stack.projects()[0][0] / stack.names.env_file
        assert f"DB_HOST={stack.names.postgres}" in path.read_text()
        server, directories, _container = resolved(env_file=str(path))
        assert server.host == stack.address("postgres")
        assert server.database == stack.names.database
        assert set(directories) == {"public", "private"}


def test_no_directories_can_be_asked_for(ticketz: Any) -> None:
    assert resolved(compose_project=ticketz.project, directories={})[1] == {}


def test_another_role_does_not_get_the_applications_password(helpdesk: Any, tmp_path: Path) -> None:
    params = {"compose_project": helpdesk.project, "login_user": "postgres", "docker_host": DEFAULT_HOST}
    assert resolved(**params)[0].password is None
    assert resolved(**params, login_password="given")[0].password == "given"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_no_stack_is_looked_for_where_the_database_is_elsewhere(
    ticketz: Any, helpdesk: Any, host: str, tmp_path: Path
) -> None:
    assert docker_stack.stack({"login_host": host}) is None
    assert docker_stack.stack({"login_unix_socket": "/run/postgresql"}) is None
    assert docker_stack.stack({"env_file": env_file(tmp_path, DB_HOST=host)}) is None
    assert resolved(login_host=host) == (Server(host=host), {}, None)


def test_two_stacks_and_nothing_said_is_an_error(ticketz: Any, helpdesk: Any) -> None:
    with pytest.raises(HostError) as caught:
        docker_stack.stack({})
    assert caught.value.code == "stack_ambiguous"
    assert ticketz.project in str(caught.value) and helpdesk.project in str(caught.value)


def test_a_stack_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        docker_stack.stack({"docker_host": f"unix://{tmp_path}/docker.sock", "login_host": "localhost"})
    assert caught.value.code == "engine_absent"


@pytest.mark.long
def test_a_database_that_is_down_is_said(containers: Any) -> None:
    name = containers.postgres()
    containers.docker("stop", name)
    with pytest.raises(HostError) as caught:
        resolved(postgres_container=name)
    assert caught.value.code == "stack_container_down" and name in str(caught.value)
