# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contents of a database after it was replaced in place, and refusals."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.in_place import (
    has_committed,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.load import (
    Loaded,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    DatabaseError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import hard_cases, runs
from ansible_collections.ticketz.sidekick.tests.support.extensions import server_with_words
from ansible_collections.ticketz.sidekick.tests.support.in_place import everything, execute, refused, replace
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, connect, query
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import build as build_ticketz
from ansible_collections.ticketz.sidekick.tools import servers

#: A permitted difference in the catalog of the restored database, since PostgreSQL 17.
_ADAPTED = "SET search_path"


def roles_of(database: Any) -> hard_cases.Roles:
    with closing(database.connect()) as connection:
        return hard_cases.create_roles(connection, f"r{secrets.token_hex(3)}")


def properties(database: Any) -> Any:
    return administer(
        database,
        "SELECT ARRAY(SELECT a::text FROM unnest(datacl) a ORDER BY 1), datconnlimit,"
        " shobj_description(oid, 'pg_database'),"
        " (SELECT array_agg(c ORDER BY c) FROM pg_db_role_setting s, unnest(setconfig) c"
        "   WHERE setdatabase = d.oid AND c !~ '^ticketz_sidekick')"
        f" FROM pg_database d WHERE datname = '{database.name}'",
    )


# --- restored data -----------------------------------------------------------


@pytest.mark.parametrize("over", ["ticketz", "older state", "nothing"])
@pytest.mark.long
def test_every_hard_case_over_what_is_there(
    over: str, pg_version: int, make_database: Callable[..., Any], tmp_path: Path
) -> None:
    """Rows are compared by an independent checksum, definitions by pg_dump. The safety backup has the replaced data."""
    source, goal = make_database(pg_version), make_database(pg_version)
    roles = roles_of(source)
    with closing(source.connect()) as connection:
        hard_cases.build(connection, rows=150, roles=roles, inexact_cases=False)
        hard_cases.set_database_properties(connection, roles)
    archive = runs.make_backup(runs.reach(source), tmp_path / "store", compression="zstd").backup["path"]
    if over == "ticketz":
        build_ticketz(
            {
                "host": goal.host,
                "port": goal.port,
                "user": goal.user,
                "password": goal.password,
                "dbname": goal.name,
            },
            messages=200,
            seed=5,
        )
    elif over == "older state":
        with closing(goal.connect()) as connection:
            hard_cases.build(connection, rows=40, roles=roles)
        goal.execute(f"ALTER DATABASE \"{goal.name}\" SET work_mem = '9MB'")
        goal.execute(f'ALTER DATABASE "{goal.name}" SET geqo = off')
    before = everything(goal)
    done = replace(runs.reach(goal), archive)
    assert runs.contents(goal.connect()) == runs.contents(source.connect())
    for notice in done.notices:  # Ticketz's extensions are kept, if the server has them
        if notice.code == "extension_kept":
            goal.execute(f'DROP EXTENSION "{notice.facts["extension"]}"')
    lines = [runs.schema_dump(one.server.bindir, runs.reach(one)) for one in (source, goal)]
    wrong = set(lines[0]) ^ set(lines[1])
    assert {line for line in wrong if not (pg_version >= 17 and _ADAPTED in line)} == set()
    assert properties(goal) == properties(source)
    assert goal.execute(
        "SELECT c FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) c"
        " WHERE d.datname = current_database() AND c LIKE 'ticketz_sidekick.restored=%'"
    ) == [("ticketz_sidekick.restored=id@store",)]
    if over == "nothing":
        assert done.loaded.previous is None
        assert not (tmp_path / "safety").exists()
        return
    assert done.loaded.previous is not None
    saved = runs.reach(goal, f"saved_{secrets.token_hex(4)}")
    try:
        runs.make_restore(saved, tmp_path / "safety", backup=done.loaded.previous["path"])
        if over == "ticketz":
            assert (runs.contents(connect(saved)), runs.schema_dump(goal.server.bindir, saved)) == before
        else:  # rows of hash partitions by an enum may move to another partition
            after = runs.contents(connect(saved))
            for name in set(before[0]) | set(after):
                assert (
                    name.startswith("inexact.")
                    or after[name] == before[0][name]
                    or name == "triggers.history"
                )
    finally:
        administer(goal, f'DROP DATABASE IF EXISTS "{saved.database}" WITH (FORCE)')


@pytest.fixture
def owner(make_database: Callable[..., Any]) -> Iterator[Callable[[int], Any]]:
    """``owner(16)``: a database owned by an ordinary role that may not create databases."""
    made: list[tuple[Any, str]] = []

    def database(version: int = 16, name: str = "") -> tuple[Any, Server]:
        one = make_database(version)
        if not name:
            name = f"owner_{secrets.token_hex(3)}"
            administer(one, f"CREATE ROLE {name} LOGIN PASSWORD 'plain word'")
            made.append((one, name))
        administer(one, f'ALTER DATABASE "{one.name}" OWNER TO {name}')
        return one, runs.reach(one, user=name, password="plain word")

    yield database
    # Roles are not dropped, because the databases still depend on them; they are removed with the server.


@pytest.mark.long
def test_an_owner_that_may_not_create_databases(
    pg_version: int, owner: Callable[..., Any], tmp_path: Path
) -> None:
    source, reach_source = owner(pg_version)
    goal, reach_goal = owner(pg_version, reach_source.user)
    roles = roles_of(source)
    for server, rows in ((reach_source, 120), (reach_goal, 40)):
        with closing(connect(server)) as connection:
            hard_cases.build(
                connection,
                rows=rows,
                roles=roles,
                superuser=False,
                forced_rls=False,
                inexact_cases=rows == 40,
            )
    with closing(connect(reach_source)) as connection:
        hard_cases.set_database_properties(connection)
    archive = runs.make_backup(reach_source, tmp_path / "store", compression="zstd").backup["path"]
    done = replace(reach_goal, archive)
    assert done.codes <= {
        "mark_not_set",
        "server_space_unknown",
        "sequence_unclear",
        "function_adapted",
    }
    assert runs.contents(goal.connect()) == runs.contents(source.connect())
    lines = [runs.schema_dump(one.server.bindir, runs.reach(one)) for one in (source, goal)]
    wrong = set(lines[0]) ^ set(lines[1])
    assert {line for line in wrong if not (pg_version >= 17 and _ADAPTED in line)} == set()
    assert properties(goal) == properties(source)


def test_an_owner_that_has_taken_the_right_to_write_from_itself(
    owner: Callable[..., Any], tmp_path: Path
) -> None:
    """For example, to protect the data from changes until they are replaced."""
    goal, server = owner()
    execute(server, "CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    archive = runs.make_backup(server, tmp_path / "store", compression="zstd").backup["path"]
    goal.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON t FROM {server.user}")
    replace(server, archive)
    assert goal.execute("SELECT relacl::text FROM pg_class WHERE relname = 't'") == [(None,)]


@pytest.mark.long
def test_the_schema_public_comes_and_goes(make_database: Callable[..., Any], tmp_path: Path) -> None:
    with_it, without_it = make_database(), make_database()
    with_it.execute("CREATE TABLE t (id int)")
    without_it.execute("DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.t (id int)")
    dumps = [runs.schema_dump(one.server.bindir, runs.reach(one)) for one in (with_it, without_it)]
    archives = []
    for one in (with_it, without_it):
        home = tmp_path / one.name
        home.mkdir()
        made = runs.make_backup(runs.reach(one), home / "store", compression="zstd")
        archives.append(made.backup["path"])
    for one, archive, dump in ((without_it, archives[0], dumps[0]), (with_it, archives[1], dumps[1])):
        replace(runs.reach(one), archive)
        assert runs.schema_dump(one.server.bindir, runs.reach(one)) == dump


@pytest.mark.long
def test_rows_of_an_extension_s_configuration(tmp_path: Path) -> None:
    """The backup contains the user's rows, and the extension is kept, so these rows must not be duplicated."""
    with server_with_words("relocatable = true\n") as server:
        reach = runs.reach(server, "postgres")
        execute(reach, "CREATE EXTENSION words; INSERT INTO words VALUES ('meu'), ('teu')")
        archive = runs.make_backup(reach, tmp_path / "store", compression="zstd").backup["path"]
        execute(reach, "INSERT INTO words VALUES ('outro'); DELETE FROM words WHERE word = 'meu'")
        for _number in range(2):
            replace(reach, archive)
            assert query(reach, "SELECT word FROM words ORDER BY 1") == [("meu",), ("teu",), ("the",)]
        # Only a superuser may create this extension, but an existing one is kept.
        plain = runs.reach(server, "plain", user="plain", password="plain word")
        execute(reach, "CREATE ROLE plain LOGIN PASSWORD 'plain word'")
        execute(reach, "CREATE DATABASE plain OWNER plain TEMPLATE template0")
        execute(plain, "CREATE TABLE mine (id int)")
        with pytest.raises(DatabaseError) as caught:
            replace(plain, archive)
        assert caught.value.code == "extension_refused" and "words" in str(caught.value)
        assert query(plain, "SELECT to_regclass('mine')::text") == [("mine",)]
        execute(runs.reach(server, "plain"), "CREATE EXTENSION words; GRANT ALL ON words TO plain")
        replace(plain, archive)
        assert query(plain, "SELECT word FROM words ORDER BY 1") == [("meu",), ("teu",), ("the",)]


def test_sessions_and_sequences(shop: Any, archive: str) -> None:
    done = replace(runs.reach(shop), archive, clear_sessions=True)
    assert done.loaded.whatsapp_sessions == {"Whatsapps": 1, "BaileysKeys": 1}
    assert shop.execute('SELECT session, status FROM "Whatsapps"') == [("", "DISCONNECTED")]
    assert shop.execute("SELECT nextval('\"Messages_id_seq\"')") == [(501,)]
    assert shop.execute("SELECT reltuples::int FROM pg_class WHERE relname = 'Messages'") == [(500,)]
    assert shop.execute("SELECT to_regclass('\"Later\"'), to_regproc('later'), to_regnamespace('extra')") == [
        (None, None, None)
    ]
    assert has_committed(runs.reach(shop), done.loaded.transaction or "")


@pytest.mark.long
def test_what_others_have_granted_in_advance_or_on_the_system_s_objects_goes(
    shop: Any, archive: str, tmp_path: Path
) -> None:
    """Default privileges would be granted on all objects that the restore creates."""
    role = f"granted_{secrets.token_hex(3)}"
    administer(shop, f"CREATE ROLE {role}")
    before = shop.execute(
        "SELECT nspacl::text, obj_description(oid) FROM pg_namespace WHERE nspname = 'public'"
    )
    shop.execute(
        f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {role};"
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {role};"
        f"GRANT EXECUTE ON FUNCTION pg_catalog.pg_reload_conf() TO {role};"
        f"GRANT ALL ON SCHEMA public TO {role}; COMMENT ON SCHEMA public IS 'mine';"
        f"ALTER SCHEMA public OWNER TO {role}"
    )
    replace(runs.reach(shop), archive)
    assert shop.execute("SELECT count(*) FROM pg_default_acl") == [(0,)]
    assert shop.execute("SELECT relacl FROM pg_class WHERE relname = 'Messages'") == [(None,)]
    assert shop.execute(f"SELECT has_function_privilege('{role}', 'pg_reload_conf()', 'EXECUTE')") == [
        (False,)
    ]
    after = shop.execute(
        "SELECT nspacl::text, obj_description(oid) FROM pg_namespace WHERE nspname = 'public'"
    )
    assert [sorted(after[0][0].strip("{}").split(",")), after[0][1]] == [
        sorted(before[0][0].strip("{}").split(",")),
        before[0][1],
    ]


@pytest.mark.long
def test_extensions_stay_and_one_that_the_backup_lacks_is_told(
    make_database: Callable[..., Any], tmp_path: Path
) -> None:
    source, goal = make_database(18), make_database(18)
    source.execute(
        "CREATE SCHEMA ext; CREATE EXTENSION citext WITH SCHEMA ext; CREATE TABLE words (w ext.citext PRIMARY KEY);"
        "INSERT INTO words VALUES ('Um'), ('dois')"
    )
    goal.execute(
        "CREATE EXTENSION citext; CREATE TABLE other (w citext); INSERT INTO other VALUES ('x');"
        "CREATE SCHEMA apart; CREATE EXTENSION unaccent WITH SCHEMA apart; CREATE VIEW apart.v AS SELECT 1"
    )
    unaccent = goal.execute("SELECT oid FROM pg_extension WHERE extname = 'unaccent'")
    archive = runs.make_backup(runs.reach(source), tmp_path / "store", compression="zstd").backup["path"]
    done = replace(runs.reach(goal), archive)
    told = [notice.facts for notice in done.notices if notice.code == "extension_kept"]
    assert [(facts["extension"], facts["schema"]) for facts in told] == [("unaccent", "apart")]
    assert goal.execute("SELECT oid FROM pg_extension WHERE extname = 'unaccent'") == unaccent
    assert goal.execute(
        "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'citext'"
    ) == [("ext",)]
    assert runs.contents(goal.connect()) == runs.contents(source.connect())
    # The same extension in the same schema is not created again.
    kept = goal.execute("SELECT oid FROM pg_extension WHERE extname = 'citext'")
    replace(runs.reach(goal), archive)
    assert goal.execute("SELECT oid FROM pg_extension WHERE extname = 'citext'") == kept
    assert runs.contents(goal.connect()) == runs.contents(source.connect())


@pytest.mark.long
def test_another_encoding_and_locale(make_database: Callable[..., Any], tmp_path: Path) -> None:
    latin = make_database(16, "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    latin.execute("CREATE TABLE texts (t text); INSERT INTO texts VALUES ('ação'), ('não')")
    archive = runs.make_backup(runs.reach(latin), tmp_path / "store", compression="zstd").backup["path"]
    goal = make_database(16)
    done = replace(runs.reach(goal), archive)
    assert {"locale_differs", "digests_not_compared", "database_properties_refused"} <= done.codes
    assert goal.execute("SELECT t FROM texts ORDER BY 1") == [("ação",), ("não",)]
    back = runs.make_backup(runs.reach(goal), tmp_path / "utf8", compression="zstd").backup["path"]
    error = refused("in_place_encoding", runs.reach(latin), back)
    assert "UTF8" in str(error) and "LATIN1" in str(error)


# --- refusals ----------------------------------------------------------------


def test_what_would_be_replaced_is_named(shop: Any, archive: str, make_database: Any) -> None:
    before = everything(shop)
    error = refused("target_not_empty", runs.reach(shop), archive, replace=False)
    assert (
        "is not empty: public.BaileysKeys (1 rows), public.Later (2 rows), public.Messages (400 rows), "
        in str(error)
    )
    assert re.search(r", … \(\+[1-9][0-9]*\)", str(error))
    assert everything(shop) == before
    few = make_database()
    few.execute(
        "CREATE VIEW recent AS SELECT 1; CREATE SCHEMA extra; CREATE TYPE extra.kind AS ENUM ('a');"
        " CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    )
    error = refused("target_not_empty", runs.reach(few), archive, replace=False)
    for words in ("view public.recent", "function public.later()", "type extra.kind"):
        assert words in str(error)


def test_an_account_that_does_not_own_everything(owner: Callable[..., Any], tmp_path: Path) -> None:
    goal, server = owner()
    execute(server, "CREATE TABLE mine (id int)")
    archive = runs.make_backup(server, tmp_path / "store", compression="zstd").backup["path"]
    goal.execute(
        "CREATE SCHEMA theirs; CREATE TABLE theirs.data (id int); CREATE FUNCTION theirs.f() RETURNS int"
        " LANGUAGE sql AS 'SELECT 1'; GRANT USAGE ON SCHEMA theirs TO PUBLIC; GRANT SELECT ON theirs.data TO PUBLIC"
    )
    before = everything(goal)
    error = refused("objects_not_owned", server, archive)
    for words in ("table theirs.data", "schema theirs", "function theirs.f()", goal.user):
        assert words in str(error)
    assert "mine" not in str(error)
    assert everything(goal) == before


def test_an_account_without_the_right_to_create(owner: Callable[..., Any], tmp_path: Path) -> None:
    _source, reach_source = owner()
    execute(reach_source, "CREATE SCHEMA app; CREATE TABLE app.t (id int)")
    archive = runs.make_backup(reach_source, tmp_path / "store", compression="zstd").backup["path"]
    goal, reach_goal = owner()
    administer(goal, f'ALTER DATABASE "{goal.name}" OWNER TO {goal.user}')
    assert "schema app" in str(refused("in_place_no_create", reach_goal, archive))
    administer(goal, f'GRANT CREATE ON DATABASE "{goal.name}" TO {reach_goal.user}')
    # The schema public belongs to another role, and the account may not create objects there.
    assert "schema public" in str(refused("in_place_no_create", reach_goal, archive))


def test_a_schema_public_of_somebody_else_stays_as_it_is(owner: Callable[..., Any], tmp_path: Path) -> None:
    _source, reach_source = owner()
    execute(
        reach_source,
        "CREATE TABLE t (id int); INSERT INTO t VALUES (1); COMMENT ON SCHEMA public IS 'source''s'",
    )
    archive = runs.make_backup(reach_source, tmp_path / "store", compression="zstd").backup["path"]
    goal, reach_goal = owner(16, reach_source.user)
    administer(goal, f'ALTER DATABASE "{goal.name}" OWNER TO {goal.user}')
    goal.execute(
        f"GRANT ALL ON SCHEMA public TO {reach_goal.user}; COMMENT ON SCHEMA public IS 'the provider''s'"
    )
    done = replace(reach_goal, archive)
    assert {"schema_kept", "database_properties_refused"} <= done.codes
    assert ("schema_kept", "public") in {(item["kind"], item["object"]) for item in done.loaded.adaptations}
    assert goal.execute("SELECT obj_description('public'::regnamespace)") == [("the provider's",)]
    assert goal.execute("SELECT * FROM t") == [(1,)]


def test_a_database_that_does_not_exist(shop: Any, archive: str) -> None:
    error = refused("in_place_database_missing", runs.reach(shop, "not_there"), archive)
    assert "not_there" in str(error)


@pytest.mark.long
def test_a_replication_slot_and_a_prepared_transaction_are_in_the_way(tmp_path: Path) -> None:
    with servers.start_server(
        16, settings={"wal_level": "logical", "max_prepared_transactions": "2"}
    ) as server:
        reach = runs.reach(server, "postgres")
        with closing(connect(reach)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE t (id int); CREATE PUBLICATION p FOR ALL TABLES")
            archive = runs.make_backup(reach, tmp_path / "store", compression="zstd").backup["path"]
            cursor.execute("SELECT pg_create_logical_replication_slot('my_slot', 'pgoutput')")
            assert "replication slot my_slot" in str(refused("target_held", reach, archive))
            cursor.execute("SELECT pg_drop_replication_slot('my_slot')")
            cursor.execute("BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'undecided'")
            assert "prepared transaction undecided" in str(refused("target_held", reach, archive))
            cursor.execute("COMMIT PREPARED 'undecided'")
            replace(reach, archive)
            cursor.execute("SELECT count(*) FROM t")
            assert cursor.fetchall() == [(0,)]


def test_large_objects_are_in_the_way(shop: Any, archive: str) -> None:
    with closing(shop.connect()) as connection:
        hard_cases.add_large_object(connection)
    refused("large_objects", runs.reach(shop), archive)


def test_nothing_is_replaced_without_a_safety_backup(shop: Any, archive: str, tmp_path: Path) -> None:
    before = everything(shop)
    refused("safety_backup_needed", runs.reach(shop), archive, safety=None)
    error = refused("safety_backup_failed", runs.reach(shop), archive, pg_dump="/nowhere/pg_dump")
    assert error.facts["cause_code"] == "pg_dump_missing"
    assert "/nowhere/pg_dump" in str(error) and "/nowhere/pg_dump" in error.text("pt")
    error = refused("safety_backup_failed", runs.reach(shop), archive, safety_dir=tmp_path / "no" / "where")
    assert error.facts["cause_code"] == "store_missing"
    assert everything(shop) == before


@pytest.mark.long
def test_an_older_server(make_database: Callable[..., Any], tmp_path: Path) -> None:
    newer = make_database(18)
    newer.execute("CREATE TABLE t (id int)")
    archive = runs.make_backup(runs.reach(newer), tmp_path / "store", compression="zstd").backup["path"]
    refused("server_too_old", runs.reach(make_database(16)), archive)


@pytest.mark.long
def test_the_need_for_locks_is_known_before(tmp_path: Path) -> None:
    """With too few locks the server fails; with the number in the message, the restore succeeds."""
    tables = 300

    def fill(server: servers.Server) -> None:
        with closing(connect(runs.reach(server, "postgres"))) as connection:
            for number in range(tables):
                with connection, connection.cursor() as cursor:
                    cursor.execute(f"CREATE TABLE t{number} (id serial PRIMARY KEY, v text UNIQUE)")
                    cursor.execute(f"INSERT INTO t{number} (v) VALUES ('{number}')")

    with servers.start_server(16) as roomy:
        fill(roomy)
        archive = runs.make_backup(
            runs.reach(roomy, "postgres"), tmp_path / "store", compression="zstd"
        ).backup["path"]
    small = {"max_connections": "10", "max_wal_senders": "0", "max_worker_processes": "2"}
    with servers.start_server(16, settings={**small, "max_locks_per_transaction": "10"}) as server:
        fill(server)
        error = refused("in_place_locks", runs.reach(server, "postgres"), archive)
        assert not (tmp_path / "safety").exists()
    wanted = int(error.facts["wanted"])  # type: ignore[call-overload]
    assert f"max_locks_per_transaction = {wanted}" in str(error) and wanted > 10
    peak: list[int] = []
    with servers.start_server(16, settings={**small, "max_locks_per_transaction": str(wanted)}) as server:
        fill(server)
        reach = runs.reach(server, "postgres")

        def count(_loaded: Loaded) -> None:
            rows = query(
                reach,
                "SELECT count(DISTINCT concat_ws(',', locktype, relation, classid, objid)) FROM pg_locks l"
                " JOIN pg_stat_activity a USING (pid) WHERE application_name = 'ticketz.sidekick restore'",
            )
            peak.append(rows[0][0])

        replace(reach, archive, inside=count)
        assert query(reach, "SELECT count(*) FROM t299") == [(1,)]
    # The estimate is not less than the real number, and not much more.
    assert 0.7 * int(error.facts["needed"]) < peak[0] <= int(error.facts["needed"])  # type: ignore[call-overload]
