# Copyright: Contributors to the ticketz.sidekick collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers that other tests use."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until
from ansible_collections.ticketz.sidekick.tools import servers


def test_every_version_answers(pg_version, make_database):
    database = make_database(pg_version)

    rows = database.execute(
        "SELECT current_setting('server_version_num')::int / 10000, pg_encoding_to_char(encoding)"
        " FROM pg_database WHERE datname = current_database()"
    )

    assert rows == [(pg_version, "UTF8")]


def test_answers_on_its_socket_and_wants_the_password(database):
    with database.connect(host=database.server.socket_dir) as connection:
        connection.cursor().execute("SELECT 1")
    connection.close()

    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        database.connect(password="wrong")


def test_settings_are_applied(tmp_path):
    with servers.start_server(
        base_dir=tmp_path / "server", settings={"max_locks_per_transaction": "17"}
    ) as server:
        connection = psycopg2.connect(
            host=server.host, port=server.port, user=server.user, password=server.password, dbname="postgres"
        )
        with connection.cursor() as cursor:
            cursor.execute("SHOW max_locks_per_transaction")
            assert cursor.fetchone() == ("17",)
        connection.close()

    assert not Path(server.datadir).exists()
    assert not Path(server.run_dir).exists()
    assert not (tmp_path / "server").exists()


def test_an_unknown_version_is_refused_by_name():
    with pytest.raises(servers.ServerError, match=r"No PostgreSQL 12 found \(there is: "):
        servers.start_server(12)


@pytest.mark.long
def test_a_setting_that_the_server_refuses_leaves_nothing(tmp_path):
    with pytest.raises(servers.ServerError, match='unrecognized configuration parameter "nonsense"'):
        servers.start_server(base_dir=tmp_path / "server", settings={"nonsense": "1"})

    assert not (tmp_path / "server").exists()


@pytest.mark.long
@pytest.mark.parametrize("in_memory", [False, True])
def test_the_server_ends_when_its_program_is_killed(tmp_path, in_memory):
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import servers;"
        f"server = servers.start_server(base_dir=sys.argv[2], in_memory={in_memory});"
        "print(server.pid, server.run_dir, server.datadir, flush=True);"
        "time.sleep(60)"
    )
    tools = Path(servers.__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tools), str(tmp_path / "server")],
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, run_dir, datadir = process.stdout.readline().split()
    process.send_signal(signal.SIGKILL)
    process.communicate()

    wait_until(lambda: not Path(run_dir).exists())
    assert not Path(datadir).exists()
    assert not servers.is_running(int(pid), datadir)


@pytest.mark.long
def test_the_command_line_starts_stops_and_replaces(tmp_path):
    def run(*arguments):
        return subprocess.run(
            [sys.executable, servers.__file__, *arguments], check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    directory = tmp_path / "server"
    try:
        first = servers.json.loads(run("start", "--dir", str(directory)))
        second = servers.json.loads(run("start", "--dir", str(directory), "--set", "work_mem=5MB"))
    finally:
        run("stop", "--dir", str(directory))

    assert first["pid"] != second["pid"]
    for one in (first, second):
        assert not Path(one["datadir"]).exists()
