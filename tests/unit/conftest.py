# Copyright: Contributors to the ticketz.sidekick collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real PostgreSQL servers for tests, and the rule that CI skips no test."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import itertools
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store import state_dir
from ansible_collections.ticketz.sidekick.tests.support import private_state
from ansible_collections.ticketz.sidekick.tools import servers

# If one of these versions is missing, its tests fail; they are never skipped.
REQUIRED_VERSIONS = {servers.DEFAULT_VERSION, 18}

# Fixtures that run stacks of containers. One worker creates them once for all tests that use them.
STACKS = ("ticketz", "helpdesk", "stack")

_numbers = itertools.count(1)
#: major version → server; one per version for the whole run, even if another test suite imports these fixtures
_running: dict[int, servers.Server] = {}


@dataclasses.dataclass(frozen=True)
class Database:
    """A new database, and its connection parameters."""

    server: servers.Server
    name: str

    @property
    def host(self) -> str:
        return self.server.host

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def user(self) -> str:
        return self.server.user

    @property
    def password(self) -> str:
        return self.server.password

    def connect(self, **options: Any) -> Any:
        """Open a psycopg2 connection to it; ``options`` override the connection parameters."""
        import psycopg2

        settings: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.name,
        }
        return psycopg2.connect(**{**settings, **options})

    def execute(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run and commit statements on a new connection; return the rows of the last one."""
        with contextlib.closing(self.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return cursor.fetchall() if cursor.description else []


def pytest_configure(config: pytest.Config) -> None:
    """Configure Hypothesis: the same few examples every day, so that results are reproducible; many new ones at night.

    The time for running or generating an example is not limited, because other tests run at the same time. Examples may
    share a fixture's directory, because each writes its own files.
    """
    tolerated = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]
    patient = hypothesis.settings(deadline=None, suppress_health_check=tolerated)
    hypothesis.settings.register_profile("everyday", patient, max_examples=30, derandomize=True)
    hypothesis.settings.register_profile("thorough", patient, max_examples=300, derandomize=False)
    hypothesis.settings.register_profile("fuzzing", patient, max_examples=1800, derandomize=False)
    # Hypothesis has already read its option --hypothesis-profile.
    if not config.getoption("--hypothesis-profile"):
        hypothesis.settings.load_profile("everyday")


@functools.cache
def _shared_in(file: str) -> str:
    """Return the costly fixture that the tests of a file share, so that one worker runs them all; empty for most files."""
    text = (Path(__file__).resolve().parents[2] / file).read_text(encoding="utf-8")
    if re.search(rf"^def test_\w+\([^)]*\b({'|'.join(STACKS)})\b", text, re.MULTILINE):
        return "stacks"
    return file if 'scope="module"' in text else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute tests to free workers, except tests that share a costly fixture, which run on one worker."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _shared_in(nodeid.split("::")[0]) or nodeid

    return Scheduling(config, log)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests with an argument ``pg_version`` on every installed major version, in ``make test`` only on Ticketz's."""
    if "pg_version" in metafunc.fixturenames:
        versions = sorted(REQUIRED_VERSIONS | set(servers.available_versions()))
        metafunc.parametrize(
            "pg_version",
            [
                pytest.param(version, marks=() if version == servers.DEFAULT_VERSION else pytest.mark.long)
                for version in versions
            ],
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all but the first sets of parameters of tests with the mark ``variants`` as ``long``."""
    seen: collections.Counter[str] = collections.Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        marker = item.get_closest_marker("variants")
        if marker and seen[test] >= (marker.args[0] if marker.args else 1):
            item.add_marker(pytest.mark.long)
        seen[test] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail in CI if a test was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", [])) if reporter else 0
    if os.environ.get("CI") and skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"{skipped} skipped: with CI set, that fails the run.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session", autouse=True)
def shared_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory for the state of all tests. After the tests, none of it may be in the host's real state directories."""
    before = private_state.seen(private_state.host_directories())
    path = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(state_dir.VARIABLE, str(path / "shared"))
        yield path
    mark = str(tmp_path_factory.getbasetemp())
    assert private_state.records_naming(mark, private_state.host_directories(), before) == []


@pytest.fixture(autouse=True)
def host_state(shared_state: Path) -> Iterator[Path]:
    """The directory of jobs, journals and logs of this test and its child processes."""
    path = shared_state / str(next(_numbers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(state_dir.VARIABLE, str(path))
        yield path


@pytest.fixture(scope="session")
def pg_servers() -> Iterator[Callable[..., servers.Server]]:
    """``pg_servers(18)``: the server of that major version, which is started at the first call."""

    def server(version: int = servers.DEFAULT_VERSION) -> servers.Server:
        if version not in _running:
            _running[version] = servers.start_server(version, in_memory=True)
        return _running[version]

    yield server
    while _running:
        _running.popitem()[1].stop()


@pytest.fixture
def make_database(pg_servers: Callable[..., servers.Server]) -> Iterator[Callable[..., Database]]:
    """``make_database(18)``: a new empty database on that major version, dropped after the test."""
    made: list[Database] = []

    def database(version: int = servers.DEFAULT_VERSION, options: str = "") -> Database:
        server = pg_servers(version)
        one = Database(server, f"test_{os.getpid()}_{next(_numbers)}")
        Database(server, "postgres").execute(f'CREATE DATABASE "{one.name}" TEMPLATE template0 {options}')
        made.append(one)
        return one

    yield database
    for one in made:
        Database(one.server, "postgres").execute(f'DROP DATABASE IF EXISTS "{one.name}" WITH (FORCE)')


@pytest.fixture
def database(make_database: Callable[..., Database]) -> Database:
    """A new empty database on the major version that Ticketz uses, dropped after the test."""
    return make_database()


@pytest.fixture
def memory() -> Iterator[Path]:
    """A directory on a file system in memory, which can store all file times."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as path:
        yield Path(path)
