# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of tables, under the server's default settings: the lock table must suffice, and nothing is lost."""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tools import servers

_TABLES = """
DO $$ BEGIN
  FOR i IN 1..%s LOOP
    EXECUTE format('CREATE TABLE t%%s (id serial PRIMARY KEY, body text)', i);
    EXECUTE format('INSERT INTO t%%s (body) SELECT repeat(''x'', %%s)', i, i);
    IF i %% 500 = 0 THEN COMMIT; END IF;
  END LOOP;
END $$
"""


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Back up and restore a database with many tables; return what was wrong."""
    with servers.start_server(16) as started:
        server = Server(
            host=started.host,
            port=started.port,
            user=started.user,
            password=started.password,
            database="many",
        )
        with closing(_connect(server.on("postgres"))) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE many")
        with closing(_connect(server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(_TABLES % options.tables)
        begun = time.monotonic()
        runs.make_backup(server, work / "store")
        made = time.monotonic()
        runs.make_restore(server.on("again"), work / "store")
        done = time.monotonic()
        print(
            f"tables: {options.tables}: backup {made - begun:.1f} s, restore {done - made:.1f} s", flush=True
        )
        before, after = (runs.contents(_connect(one)) for one in (server, server.on("again")))
        return [
            f"{name}: {before.get(name)} is now {after.get(name)}"
            for name in before
            if before[name] != after.get(name)
        ]


def _connect(server: Server) -> psycopg2.extensions.connection:
    return psycopg2.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
    )
