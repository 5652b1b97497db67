# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup and restore work with any settings of a role, a database or a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.drill_plan import DrillRequest
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, runs
from ansible_collections.ticketz.sidekick.tests.support.in_place import execute
from ansible_collections.ticketz.sidekick.tests.support.servers import connect, query
from ansible_collections.ticketz.sidekick.tools import servers

pytestmark = pytest.mark.long

#: Unusual values for settings with texts and numbers. For other settings, all values except the default are used.
ODD = {
    "DateStyle": "German, DMY",
    "TimeZone": "Asia/Kathmandu",
    "client_encoding": "LATIN1",
    "extra_float_digits": "-15",
    "gin_fuzzy_search_limit": "1",
    "idle_in_transaction_session_timeout": "1500",
    "idle_session_timeout": "1500",
    "lock_timeout": "1500",
    "restrict_nonsystem_relation_kind": "view, foreign-table",
    "statement_timeout": "1500",
    "timezone_abbreviations": "India",
    "transaction_timeout": "1500",
    "work_mem": "64",
}
#: Prefixes of settings that are not tested, because they cause too much output, or break the server for all clients.
LEFT = ("debug_", "log_", "trace_", "transaction_", "ignore_system_indexes", "session_replication_role")

_SETTABLE = """
SELECT name, vartype, reset_val, enumvals FROM pg_settings
 WHERE context IN ('user', 'superuser') AND vartype IN ('bool', 'enum')
"""

_MORE = """
CREATE TABLE odd (id serial PRIMARY KEY, price money DEFAULT 1234.5, names text[], back text, at timestamptz,
    span interval, f float8, b bytea, never int CHECK (never = NULL), x xml);
INSERT INTO odd (names, back, at, span, f, b) VALUES ('{a,NULL,"NULL",""}', 'c:\\new\\\\', '2024-02-03 04:05+00',
    '-1 day 02:03', 0.1::float8 + 0.2, '\\x00ff5c');
CREATE FUNCTION back() RETURNS text LANGUAGE sql AS 'SELECT ''a\\b''::text';
CREATE VIEW first AS SELECT id, back FROM odd WHERE at > '2024-01-02 03:04:05+05:30';
CREATE MATERIALIZED VIEW second AS SELECT * FROM first;
CREATE TABLE words (w text[]); INSERT INTO words SELECT ARRAY['a', g::text] FROM generate_series(1, 500) g;
CREATE INDEX ON words USING gin (w);
"""


@pytest.fixture(params=[16, 18])
def own_server(request: pytest.FixtureRequest) -> Iterator[servers.Server]:
    with servers.start_server(request.param) as server:
        yield server


def odd_settings(server: Any) -> dict[str, str]:
    """Return all settings that a user may change, with unusual values."""
    found = {}
    for name, kind, usual, values in query(server, _SETTABLE):
        if name.startswith(LEFT):
            continue
        if kind == "bool":
            found[name] = "off" if usual == "on" else "on"
        else:
            others = [value for value in values if value != usual]
            found.update({name: others[-1]} if others else {})
    known = {name for (name,) in query(server, "SELECT name FROM pg_settings")}
    return {**found, **{name: value for name, value in ODD.items() if name in known}}


@pytest.mark.parametrize("level", ["role", "database", "cluster"])
def test_every_setting_at_once(level: str, own_server: servers.Server, tmp_path: Path) -> None:
    admin = runs.reach(own_server, "postgres")
    source, goal = admin.on("source"), admin.on("goal")
    execute(admin, "CREATE DATABASE source")
    execute(source, _MORE)
    if level == "role":
        with closing(connect(source)) as connection:
            hard_cases.build(connection, rows=30, inexact_cases=False)
    before = runs.contents(connect(source))
    schema = runs.schema_dump(str(own_server.bindir), source)
    place = {
        "role": f'ALTER ROLE "{admin.user}"',
        "database": "ALTER DATABASE source",
        "cluster": "ALTER SYSTEM",
    }[level]
    wanted = odd_settings(admin)
    statements = [f"{place} SET \"{name}\" = '{value}'" for name, value in wanted.items()]
    statements = [line.replace("'view, foreign-table'", "'view', 'foreign-table'") for line in statements]
    # In one session, because the settings apply to later sessions.
    with Session.open(admin) as session:
        for statement in [*statements, "SELECT pg_reload_conf()"]:
            session.execute(statement)
    runs.make_backup(source, tmp_path / "store", compression="zstd")
    done = runs.make_restore(goal, tmp_path / "store")
    again = runs.make_restore(goal, tmp_path / "store")
    proof = VerifyRequest(
        backup="latest",
        backup_dir=tmp_path / "store",
        level="drill",
        key=None,
        jobs=2,
        drill=DrillRequest(goal),
    )
    proved = verify(proof, Run())
    with Session.open(admin) as session:
        for database in ("source", "goal"):
            session.execute(f"ALTER DATABASE {database} RESET ALL")
        session.execute(f'ALTER ROLE "{admin.user}" RESET ALL')
        session.execute("ALTER SYSTEM RESET ALL")
        session.execute("SELECT pg_reload_conf()")
    assert done.changed and not again.changed
    assert proved.drill is not None
    assert runs.contents(connect(goal)) == before
    wrong = set(schema) ^ set(runs.schema_dump(str(own_server.bindir), goal))
    assert {line for line in wrong if "SET search_path" not in line and "LANGUAGE" not in line} == set()
