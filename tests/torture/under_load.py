# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups for minutes on end, of a database that others write to, truncate and rewrite: each is proved."""

from __future__ import annotations

import argparse
import collections
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, runs
from ansible_collections.ticketz.sidekick.tools import servers

_REFUSALS = {"tables_unsteady", "pg_dump_failed", "lock_not_available", "statement_failed"}


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Back up, restore and check again and again; return what was wrong."""
    wrong: list[str] = []
    outcomes: collections.Counter[str] = collections.Counter()
    with servers.start_server(16) as started:
        settings = {
            "host": started.host,
            "port": started.port,
            "user": started.user,
            "password": started.password,
            "dbname": "busy",
        }
        server = Server(
            host=started.host,
            port=started.port,
            user=started.user,
            password=started.password,
            database="busy",
        )
        with closing(psycopg2.connect(**{**settings, "dbname": "postgres"})) as maintenance:
            maintenance.autocommit = True
            maintenance.cursor().execute("CREATE DATABASE busy")
            with closing(psycopg2.connect(**settings)) as connection:
                hard_cases.build_bank(connection, transfers=2000)
                hard_cases.Disturber.build(connection)
            end = time.monotonic() + options.minutes * 60
            with (
                hard_cases.Writer(settings),
                hard_cases.Writer(settings, seed=2),
                hard_cases.Disturber(settings),
            ):
                number = 0
                while time.monotonic() < end:
                    number += 1
                    store = work / f"store-{number}"
                    try:
                        runs.make_backup(server, store)
                    except DatabaseError as error:
                        outcomes[error.code] += 1
                        if error.code not in _REFUSALS:
                            wrong.append(f"backup {number}: {error}")
                        continue
                    outcomes["complete"] += 1
                    runs.make_restore(server.on("again"), store)
                    with closing(psycopg2.connect(**{**settings, "dbname": "again"})) as connection:
                        found = hard_cases.check(connection) + hard_cases.Disturber.check(connection)
                    wrong += [f"backup {number}: {line}" for line in found]
                    maintenance.cursor().execute("DROP DATABASE again WITH (FORCE)")
    print("concurrent: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()), flush=True)
    if not outcomes["complete"]:
        wrong.append("no backup was ever complete")
    return wrong
