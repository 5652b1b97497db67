# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stacks are discovered by the containers' functions, not by their names."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.stack_report import stack_lines
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.address import addresses, reachable
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.discover import discover, own_first
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import Stack, Wanted
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.servers import check_database
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs.stack_info import shown
from ansible_collections.ticketz.sidekick.tests.support.ports import free_port
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

Find = Callable[..., Stack]
PUBLIC = "/usr/src/app/public"
PRIVATE = "/usr/src/app/private"


def refused(code: str, call: Callable[[], Any]) -> str:
    with pytest.raises(HostError) as caught:
        call()
    assert caught.value.code == code, caught.value
    return str(caught.value)


def rows_behind(found: Stack) -> int:
    """Log in with the stack's parameters, and count rows."""
    assert found.database
    connection = psycopg2.connect(
        host=found.database.host,
        port=found.database.port,
        user=found.database.user,
        password=found.database.password,
        dbname=found.database.name,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute('SELECT count(*) FROM "Messages"')
            return int(cursor.fetchone()[0])
    finally:
        connection.close()


# --- whole stacks -----------------------------------------------------------------


def test_a_stack_is_found_by_its_project(stack: Any, docker: Callable[..., str]) -> None:
    found = discover(Wanted(project=stack.project))
    assert found.project == stack.project
    assert found.database and found.database.container and found.redis and found.redis.container
    assert found.database.container.name == stack.container("postgres")
    assert found.database.host == stack.address("postgres")
    assert (found.database.user, found.database.password) == (stack.names.user, stack.password)
    assert found.database.name == stack.names.database
    assert rows_behind(found) >= 300
    assert found.redis.container.name == stack.container("redis")
    assert (found.redis.host, found.redis.password) == (stack.address("redis"), stack.redis_password)
    assert [each.name for each in found.backends] == [stack.container("backend")]
    assert not found.notices
    for name, destination in (("public", PUBLIC), ("private", PRIVATE)):
        text = f"written by the backend into {name}"
        docker("exec", stack.container("backend"), "sh", "-c", f"echo '{text}' > {destination}/seen.txt")
        assert (found.directories[name].path / "seen.txt").read_text() == f"{text}\n"
        docker("exec", stack.container("backend"), "rm", f"{destination}/seen.txt")


def test_files_and_images_of_a_stack_are_found(stack: Any) -> None:
    found = discover(Wanted(project=stack.project))
    directory = stack.projects()[0][0]
    assert found.compose.working_dir == directory
    assert found.compose.files == tuple(path / "docker-compose.yml" for path, _name in stack.projects())
    assert found.compose.env_files[0] == directory / stack.names.env_file
    used = {name.split(":")[0].rpartition("/")[2] for name in (image.name for image in found.images)}
    assert used == {"postgres", "redis", "backend", "frontend"}
    assert all(image.id.startswith("sha256:") and image.containers for image in found.images)


@pytest.mark.parametrize("option", ["postgres", "backend"])
def test_a_stack_is_found_by_one_of_its_containers(stack: Any, option: str) -> None:
    by_project = discover(Wanted(project=stack.project))
    found = discover(Wanted(**{option: stack.container(option)}))
    assert found.database == by_project.database
    assert found.directories == by_project.directories
    assert found.project == stack.project


def test_a_container_can_be_named_by_its_id(ticketz: Any, docker: Callable[..., str]) -> None:
    name = ticketz.container("postgres")
    found = discover(Wanted(postgres=docker("inspect", "--format={{.Id}}", name)[:12]))
    assert found.database and found.database.container and found.database.container.name == name


def test_the_databases_own_project_leads_to_its_backend(helpdesk: Any) -> None:
    found = discover(Wanted(project=f"{helpdesk.project}db"))
    assert found.project == helpdesk.project
    assert set(found.directories) == {"public", "private"}


def test_the_only_stack_is_found_from_nothing(stack: Any, find: Find) -> None:
    found = find([stack.project])
    # Other containers on this host may use its volumes, too, but are hidden from this test.
    assert found == find([stack.project], project=stack.project)


def test_two_stacks_are_ambiguous(ticketz: Any, helpdesk: Any, find: Find) -> None:
    said = refused("stack_ambiguous", lambda: find([ticketz.project, helpdesk.project]))
    for each in (ticketz, helpdesk):
        assert f"project {each.project}: {each.container('backend')} (running)" in said
    assert "compose_project" in said


def test_an_env_file_says_which_of_two_stacks_is_meant(ticketz: Any, helpdesk: Any, find: Find) -> None:
    for each in (ticketz, helpdesk):
        path = each.projects()[0][0] / each.names.env_file
        assert find([ticketz.project, helpdesk.project], env_file=str(path)).project == each.project


def test_a_wrong_project_is_refused_with_those_that_there_are(ticketz: Any) -> None:
    wrong = ticketz.project.upper()
    said = refused("stack_project_unknown", lambda: discover(Wanted(project=wrong)))
    assert f"'{wrong}'" in said and ticketz.project in said


@pytest.mark.parametrize("option", ["postgres", "backend", "redis"])
def test_a_wrong_container_is_refused_with_those_that_there_are(ticketz: Any, option: str) -> None:
    wrong = ticketz.container("backend").replace("-", "_")
    said = refused("stack_container_unknown", lambda: discover(Wanted(**{option: wrong})))
    assert f"'{wrong}' ({option}_container)" in said and ticketz.container("backend") in said


def test_secrets_are_not_shown(stack: Any) -> None:
    found = discover(Wanted(project=stack.project))
    assert found.database
    told = "\n".join(stack_lines({"stack": shown(found)}, False, False, "pt"))
    for fact in (
        stack.project,
        stack.container("redis"),
        *(str(each.path) for each in found.directories.values()),
    ):
        assert fact in told
    everything = repr(found) + str(found) + json.dumps(shown(found)) + repr(found.database) + told
    assert stack.container("postgres") in everything
    for secret in filter(None, (stack.password, stack.redis_password)):
        assert secret not in everything
        assert json.dumps(secret)[1:-1] not in everything
    assert shown(found)["database"]["password_known"] is (stack.password is not None)


# --- states -----------------------------------------------------------------------


def database_refused(found: Stack, code: str) -> str:
    assert found.database and found.database.host is None
    assert code in [notice.code for notice in found.notices]
    return refused(code, lambda: check_database(found.database, found.containers))  # type: ignore[arg-type]


@pytest.mark.long
def test_a_stopped_database_is_found_and_said(containers: Any, find: Find) -> None:
    name = containers.postgres()
    containers.docker("stop", name)
    said = database_refused(find([containers.prefix]), "stack_container_down")
    assert f"{name} does not run: it is exited, exit code 0" in said and f"docker start {name}" in said


@pytest.mark.long
def test_a_paused_database_is_said(containers: Any, find: Find) -> None:
    name = containers.postgres()
    containers.docker("pause", name)
    said = database_refused(find([containers.prefix]), "stack_container_down")
    assert "it is paused" in said and f"docker unpause {name}" in said


@pytest.mark.long
def test_a_restarting_database_is_said(containers: Any, find: Find) -> None:
    # Without a password or "trust", the entrypoint fails repeatedly.
    name = containers.run("postgres", "postgres", "--restart=always")
    # The engine waits longer before each restart, so the state "restarting" lasts for some seconds.
    state = "{{.State.Status}} {{gt .RestartCount 5}}"
    wait_until(lambda: containers.docker("inspect", f"--format={state}", name) == "restarting true")
    said = database_refused(find([containers.prefix]), "stack_container_down")
    assert "it is restarting, exit code 1" in said and f"docker logs --tail 50 {name}" in said


def test_a_database_that_was_never_started_is_said(containers: Any, find: Find) -> None:
    containers.create("postgres", "postgres")
    assert "it is created" in database_refused(find([containers.prefix]), "stack_container_down")


@pytest.mark.long
def test_the_backend_may_be_stopped(containers: Any, find: Find) -> None:
    project = simple(containers)
    containers.docker("stop", "--time=1", project["backend"])
    found = find([containers.prefix])
    assert [each.state for each in found.backends] == ["exited, exit code 137"]
    assert found.database and found.database.host
    assert set(found.directories) == {"public", "private"}


# --- other configurations ---------------------------------------------------------

SLEEP = ("--entrypoint=sleep",)


def backend(containers: Any, name: str, *options: str, **environment: str) -> str:
    """Start a container with a backend's mounts or variables, which does nothing."""
    variables = {
        "DB_HOST": "postgres",
        "DB_NAME": "ticketz",
        "DB_USER": "ticketz",
        "DB_PASS": "",
        "REDIS_URI": "redis://redis:6379",
        **environment,
    }
    given = [f"--env={key}={value}" for key, value in variables.items()]
    return str(containers.run(name, "backend", *options, *given, *SLEEP, command=("300",)))


def media(containers: Any, prefix: str = "") -> list[str]:
    return [
        f"--volume={containers.volume(f'{prefix}public')}:{PUBLIC}",
        f"--volume={containers.volume(f'{prefix}private')}:{PRIVATE}",
    ]


def simple(containers: Any, *labels: str) -> dict[str, str]:
    """Start a database and a backend on one network."""
    network = f"--network={containers.network()}"
    return {
        "postgres": containers.postgres("postgres", network, "--network-alias=postgres", *labels),
        "backend": backend(containers, "backend", network, *labels, *media(containers)),
    }


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("127.0.0.1:40473/frontend:1", "127.0.0.1:40473/frontend"),
        ("127.0.0.1:34953/frontend", "127.0.0.1:34953/frontend"),
        ("docker.io/library/frontend:latest", "frontend"),
        ("ghcr.io/team/desk/frontend:v2@sha256:2", "ghcr.io/team/desk/frontend"),
    ],
)
def test_the_digest_of_an_images_own_registry_comes_first(name: str, first: str) -> None:
    places = (
        "127.0.0.1:34953/frontend",
        "127.0.0.1:40473/frontend",
        "frontend",
        "ghcr.io/team/desk/frontend",
    )
    found = own_first(name, [f"{place}@sha256:1" for place in places])
    assert found[0] == f"{first}@sha256:1" and len(found) == len(places)


@pytest.mark.long
def test_containers_without_compose_are_found(containers: Any, find: Find) -> None:
    made = simple(containers)
    found = find([containers.prefix])
    assert found.project is None
    assert found.database and found.database.container
    assert found.database.container.name == made["postgres"]
    assert {each.name for each in found.containers} == set(made.values())
    assert not found.compose.files


@pytest.mark.long
def test_labels_of_compose_2_lead_to_its_files(containers: Any, find: Find, tmp_path: Path) -> None:
    directory = tmp_path / "São João"
    (directory / "env").mkdir(parents=True)
    (directory / "docker-compose.yml").write_text(
        "services:\n"
        "  api:\n"
        "    image: ${API_IMAGE:?}\n"
        "    env_file:\n"
        "      - path: ./env/${ENVIRONMENT:-nothing}.env\n"
        "        required: true\n"
        "      - path: ./env/optional.env\n"
        "        required: false\n"
        "  other:\n"
        "    image: other\n"
        "    env_file: ./env/other.env\n"
    )
    (directory / "override.yml").write_text(
        "services:\n  api:\n    ports: !reset []\n    env_file: [env/more.env]\n"
    )
    for name in ("produção.env", "other.env", "more.env"):
        (directory / "env" / name).write_text("A=1\n")
    (directory / "production").write_text("ENVIRONMENT=produção\n")
    (tmp_path / "nginx.conf").write_text("")
    labels = {
        "project.working_dir": str(directory),
        "project.config_files": f"{directory}/docker-compose.yml,{directory}/override.yml",
        "project.environment_file": str(directory / "production"),
        "version": "2.29.1",
    }
    network = f"--network={containers.network()}"
    containers.postgres("db-1", network, "--network-alias=postgres", *containers.labels("db", **labels))
    options = [f"--volume={tmp_path}/nginx.conf:/etc/nginx.conf:ro", *media(containers)]
    backend(containers, "api-1", network, *containers.labels("api", **labels), *options)
    found = find([containers.prefix], project=containers.prefix)
    assert not found.notices
    assert found.compose.working_dir == directory
    assert found.compose.files == (directory / "docker-compose.yml", directory / "override.yml")
    assert [path.relative_to(directory) for path in found.compose.env_files] == [
        # The backend's files come first, regardless of the Compose file that names them.
        Path("env/produção.env"),
        Path("env/more.env"),
        Path("env/other.env"),
        Path("production"),
    ]
    assert found.compose.bound_files == (tmp_path / "nginx.conf",)


@pytest.mark.long
def test_files_that_were_moved_are_a_notice(containers: Any, find: Find, tmp_path: Path) -> None:
    labels = containers.labels(
        "x", **{"project.working_dir": str(tmp_path), "project.config_files": "docker-compose.yml"}
    )
    simple(containers, *labels)
    found = find([containers.prefix])
    assert [notice.code for notice in found.notices] == ["stack_file_unknown"]
    assert str(tmp_path / "docker-compose.yml") in found.notices[0].text()
    assert found.database and found.database.host


@pytest.mark.parametrize("text", ["services: [", "\x00", "- a\n- b\n", "services:\n  x: 1\n"])
@pytest.mark.long
def test_a_compose_file_that_is_none_is_no_obstacle(
    containers: Any, find: Find, tmp_path: Path, text: str
) -> None:
    (tmp_path / "docker-compose.yml").write_text(text)
    labels = containers.labels(
        "x", **{"project.working_dir": str(tmp_path), "project.config_files": "docker-compose.yml"}
    )
    simple(containers, *labels)
    found = find([containers.prefix])
    assert found.database and found.database.host
    assert {notice.code for notice in found.notices} <= {"stack_file_unknown"}
    assert found.compose.files == (tmp_path / "docker-compose.yml",)


@pytest.mark.long
def test_bind_mounts_and_other_names_are_found(containers: Any, find: Find, tmp_path: Path) -> None:
    """A renamed fork: no name is the same as in Ticketz, and the folders are directories of the host."""
    places = {name: tmp_path / f"mídia 'x' {name}" for name in ("public", "private")}
    for place in places.values():
        place.mkdir()
    network = f"--network={containers.network()}"
    name = containers.postgres(
        "storage",
        network,
        "--network-alias=o-banco",
        POSTGRES_USER="Dona Flor",
        POSTGRES_DB="Seu banco",
        POSTGRES_PASSWORD="not the one in use any more",
    )
    containers.docker(
        "exec", name, "psql", "-h", "127.0.0.1", "-U", "Dona Flor", "-d", "Seu banco", "-c",
        "CREATE ROLE app LOGIN PASSWORD 'in use: é'; CREATE TABLE \"Messages\" (); "
        "GRANT SELECT ON \"Messages\" TO app",
    )  # fmt: skip
    mounts = [
        f"--mount=type=bind,source={places['public']},target={PUBLIC}",
        f"--mount=type=bind,source={places['private']},target={PRIVATE}",
    ]
    backend(
        containers,
        "chat",
        network,
        *mounts,
        DB_HOST="o-banco",
        DB_USER="app",
        DB_PASS="in use: é",
        DB_NAME="Seu banco",
    )
    found = find([containers.prefix])
    assert {key: value.path for key, value in found.directories.items()} == places
    assert {value.kind for value in found.directories.values()} == {"bind"}
    assert rows_behind(found) == 0
    assert found.database and found.database.user == "app"


@pytest.mark.long
def test_without_a_backend_the_database_container_says_who_logs_in(containers: Any, find: Find) -> None:
    containers.postgres(POSTGRES_USER="u", POSTGRES_DB="d", POSTGRES_PASSWORD="p=p")
    found = find([containers.prefix])
    assert found.database
    assert (found.database.user, found.database.password, found.database.name) == ("u", "p=p", "d")
    assert [notice.code for notice in found.notices] == ["stack_without_backend"]
    assert not found.directories


@pytest.mark.long
def test_somebody_elses_database_is_not_taken_by_itself(containers: Any, find: Find) -> None:
    containers.postgres("one")
    assert find([containers.prefix]).database
    refused("stack_absent", lambda: find([containers.prefix], by_itself=True))
    containers.postgres("two")
    refused("stack_absent", lambda: find([containers.prefix], by_itself=True))


@pytest.mark.long
def test_db_host_decides_between_two_databases(containers: Any, find: Find) -> None:
    network = f"--network={containers.network()}"
    containers.postgres("one", network, "--network-alias=db1")
    second = containers.postgres("two", network, "--network-alias=db2")
    backend(containers, "backend", network, *media(containers), DB_HOST="db2")
    found = find([containers.prefix])
    assert found.database and found.database.container and found.database.container.name == second


@pytest.mark.long
def test_two_databases_are_ambiguous_where_nothing_leads_to_one(containers: Any, find: Find) -> None:
    names = [containers.postgres("one"), containers.postgres("two")]
    said = refused("stack_ambiguous", lambda: find([containers.prefix]))
    assert all(name in said for name in names) and "postgres_container" in said
    found = find([containers.prefix], postgres=names[1])
    assert found.database and found.database.container and found.database.container.name == names[1]


@pytest.mark.long
def test_two_backends_of_one_project_are_ambiguous(containers: Any, find: Find) -> None:
    network = f"--network={containers.network()}"
    containers.postgres("postgres", network, "--network-alias=postgres", *containers.labels("db"))
    for number in ("1", "2"):
        options = [*containers.labels(f"api{number}"), *media(containers, number)]
        backend(containers, f"api{number}", network, *options)
    said = refused("stack_ambiguous", lambda: find([containers.prefix]))
    assert "api1" in said and "api2" in said and "backend_container" in said
    found = find([containers.prefix], backend=containers.name("api2"))
    assert found.directories["public"].volume.endswith("2public")


@pytest.mark.long
def test_replicas_are_one_backend(containers: Any, find: Find) -> None:
    network = f"--network={containers.network()}"
    containers.postgres("postgres", network, "--network-alias=postgres", *containers.labels("db"))
    shared = media(containers)
    for number in ("1", "2"):
        backend(containers, f"api{number}", network, *containers.labels("api"), *shared)
    containers.docker("stop", "--time=0", containers.name("api1"))
    found = find([containers.prefix])
    assert [each.name for each in found.backends] == [containers.name("api2"), containers.name("api1")]


@pytest.mark.long
def test_what_only_looks_like_a_database_is_passed_over(containers: Any, find: Find) -> None:
    """A backup container with PostgreSQL's image, and a one-off container of Compose."""
    docker, image = containers.docker, containers.images["postgres"]
    tag = f"{containers.prefix}/postgres-backup:1"
    docker("tag", image, tag)
    try:
        name = containers.postgres("db", *containers.labels("db"))
        containers.run("backup", tag, *containers.labels("backup"), *SLEEP, command=("300",))
        containers.create("once", image, *containers.labels("once", oneoff="True"))
        found = find([containers.prefix])
    finally:
        docker("rmi", "--force", "--no-prune", tag, check=False)
    assert found.database and found.database.container and found.database.container.name == name


def test_nothing_is_found_where_there_is_no_database(containers: Any, find: Find) -> None:
    name = containers.run("redis", "redis")
    said = refused("stack_absent", lambda: find([containers.prefix]))
    assert f"{name} (running)" in said and "postgres_container" in said


def test_a_database_outside_docker_is_kept(containers: Any, find: Find) -> None:
    backend(containers, "backend", *media(containers), DB_HOST="127.0.0.9", DB_PORT="5433")
    found = find([containers.prefix])
    assert found.database and found.database.container is None
    assert (found.database.host, found.database.port) == ("127.0.0.9", 5433)
    assert set(found.directories) == {"public", "private"}


@pytest.mark.long
def test_a_backend_without_volumes_is_a_notice(containers: Any, find: Find) -> None:
    network = f"--network={containers.network()}"
    containers.postgres("postgres", network, "--network-alias=postgres")
    name = backend(containers, "backend", network)
    found = find([containers.prefix])
    assert [notice.code for notice in found.notices] == ["stack_directory_unmounted"] * 2
    assert name in found.notices[0].text() and not found.directories


@pytest.mark.long
def test_a_volume_that_binds_a_directory_is_that_directory(
    containers: Any, find: Find, tmp_path: Path
) -> None:
    """While its containers are stopped, Docker's directory for the volume is empty."""
    (tmp_path / "photo").write_text("there")
    options = ("--opt=type=none", "--opt=o=bind", f"--opt=device={tmp_path}")
    volume = containers.volume("public", *options)
    network = f"--network={containers.network()}"
    containers.postgres("postgres", network, "--network-alias=postgres")
    name = backend(containers, "backend", network, f"--volume={volume}:{PUBLIC}")
    containers.docker("stop", "--time=0", name)
    found = find([containers.prefix])
    assert (found.directories["public"].path / "photo").read_text() == "there"


# --- addresses --------------------------------------------------------------------


@pytest.mark.long
def test_a_published_port_is_used_where_the_container_has_no_address(containers: Any, find: Find) -> None:
    name = containers.postgres("postgres", "--publish=127.0.0.1::5432")
    port = int(containers.docker("port", name, "5432").rpartition(":")[2])
    found = find([containers.prefix]).database
    assert found and found.container
    direct = (found.container.networks[0].addresses[0], 5432)
    assert addresses(found.container, 5432, ()) == (direct, ("127.0.0.1", port))
    assert (found.host, found.port) == direct
    # Like an engine in a virtual machine or without root, whose bridge does not exist on this host.
    hidden = dataclasses.replace(found.container, networks=())
    assert reachable(addresses(hidden, 5432, ())) == ("127.0.0.1", port)


@pytest.mark.long
def test_a_database_on_several_networks_has_an_address_that_answers(containers: Any, find: Find) -> None:
    networks = [containers.network("one"), containers.network("two", "--internal")]
    name = containers.postgres("postgres", f"--network={networks[1]}")
    containers.docker("network", "connect", networks[0], name)
    found = find([containers.prefix])
    assert found.database
    psycopg2.connect(host=found.database.host, port=5432, user="ticketz", dbname="postgres").close()


@pytest.mark.long
def test_a_database_on_the_hosts_network_is_at_the_hosts_address(containers: Any, find: Find) -> None:
    port = free_port()
    name = containers.postgres(
        "postgres", "--network=host", f"--env=PGPORT={port}", POSTGRES_HOST_AUTH_METHOD="trust"
    )
    found = find([containers.prefix])
    assert found.database and found.database.container and found.database.container.name == name
    assert (found.database.host, found.database.port) == ("127.0.0.1", port)


@pytest.mark.long
def test_a_database_on_another_containers_network_is_at_its_address(containers: Any, find: Find) -> None:
    owner = containers.run("owner", "redis")
    containers.postgres("postgres", f"--network=container:{owner}")
    found = find([containers.prefix])
    assert found.database and found.database.host
    psycopg2.connect(host=found.database.host, port=5432, user="ticketz", dbname="postgres").close()


def test_a_database_without_a_network_is_said(containers: Any, find: Find) -> None:
    name = containers.run("postgres", "postgres", "--network=none", "--env=POSTGRES_HOST_AUTH_METHOD=trust")
    said = database_refused(find([containers.prefix]), "stack_container_unreachable")
    assert name in said and "tried: -" in said
