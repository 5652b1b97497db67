# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of the template database that the source did not have, or with other definitions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.read import read_catalog
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, connect

CHANGES = {
    "no public": "DROP SCHEMA public CASCADE; CREATE SCHEMA app; CREATE TABLE app.t AS SELECT 1 AS id",
    "no plpgsql": "DROP EXTENSION plpgsql",
    "neither": "DROP SCHEMA public CASCADE; DROP EXTENSION plpgsql; CREATE SCHEMA a; CREATE TABLE a.t AS SELECT 1 AS id",
    "plpgsql without its comment": "COMMENT ON EXTENSION plpgsql IS NULL",
    "another comment": "COMMENT ON EXTENSION plpgsql IS 'it''s ours'; COMMENT ON SCHEMA public IS NULL",
    "public renamed": "ALTER SCHEMA public RENAME TO legacy",
    "a language of the system": "REVOKE USAGE ON LANGUAGE sql FROM PUBLIC; GRANT USAGE ON LANGUAGE sql TO pg_monitor",
    "a language and a function": "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;"
    "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC",
}


@pytest.fixture
def goal(database: Any) -> Iterator[Any]:
    server = runs.reach(database, f"goal_{secrets.token_hex(4)}")
    yield server
    administer(database, f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.variants
def test_what_a_new_database_has(case: str, database: Any, goal: Any, tmp_path: Path) -> None:
    database.execute("CREATE TABLE t AS SELECT 1 AS id")
    database.execute(CHANGES[case])
    source = runs.reach(database)
    before = runs.contents(connect(source))
    runs.make_backup(source, tmp_path / "store", compression="none")
    done = runs.make_restore(goal, tmp_path / "store")
    assert done.database is not None and done.database["adaptations"] == []
    assert runs.contents(connect(goal)) == before
    with Session.open(source) as one, Session.open(goal) as other:
        assert read_catalog(one) == read_catalog(other)
    assert not runs.make_restore(goal, tmp_path / "store").changed


@pytest.mark.parametrize("case", ["no plpgsql", "another comment", "a language of the system"])
@pytest.mark.variants
def test_an_account_that_may_not_change_it(case: str, database: Any, goal: Any, tmp_path: Path) -> None:
    """The object is not changed, and a warning names it."""
    role = f"plain_{secrets.token_hex(4)}"
    administer(database, f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'p'; GRANT pg_monitor TO {role}")
    try:
        database.execute("CREATE TABLE t AS SELECT 1 AS id")
        database.execute(CHANGES[case])
        runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
        account = runs.reach(database, goal.database, user=role, password="p")
        done = runs.make_restore(account, tmp_path / "store", role_mapping={database.user: role})
        assert done.database is not None and done.database["adaptations"]
        assert "template_kept" in {notice.code for notice in done.notices}
        administer(database, f'DROP DATABASE "{goal.database}"')
    finally:
        administer(database, f"DROP ROLE {role}")
