# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User-defined functions that run during a restore do not change the restored rows, or the change is detected."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.in_place import execute
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, connect, query

_OTHERS = """
CREATE TABLE "Companies" (id int PRIMARY KEY, ok bool);
INSERT INTO "Companies" SELECT g, true FROM generate_series(1, 3000) g;
CREATE FUNCTION company_ok(wanted int) RETURNS bool LANGUAGE sql AS
    $$ SELECT EXISTS (SELECT FROM public."Companies" WHERE id = wanted AND ok) $$;
"""
#: Constraints that depend on more than the row, and are valid after everything is restored.
HOLDING = {
    "another table": """CREATE TABLE "A" (id int PRIMARY KEY, "companyId" int, CONSTRAINT c CHECK (company_ok("companyId")));
        COMMENT ON CONSTRAINT c ON "A" IS 'looks elsewhere';
        INSERT INTO "A" SELECT g, g FROM generate_series(1, 500) g""",
    "a domain": """CREATE DOMAIN company AS int CONSTRAINT known CHECK (company_ok(VALUE));
        COMMENT ON CONSTRAINT known ON DOMAIN company IS 'looks elsewhere';
        CREATE DOMAIN known AS company CHECK (VALUE > 0);
        CREATE TABLE "A" (id int, c known); INSERT INTO "A" SELECT g, g FROM generate_series(1, 500) g""",
    "the same table": """CREATE TABLE "A" (id int PRIMARY KEY, parent int);
        CREATE FUNCTION exists_in_a(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RETURN $1 IS NULL OR EXISTS (SELECT FROM public."A" WHERE id = $1); END $$;
        INSERT INTO "A" SELECT g, g + 1 FROM generate_series(1, 500) g; INSERT INTO "A" VALUES (501, NULL);
        ALTER TABLE "A" ADD CONSTRAINT tree CHECK (exists_in_a(parent)) NO INHERIT""",
    "its own row type": """CREATE TABLE "A" (id int PRIMARY KEY, v int);
        CREATE FUNCTION row_ok("A") RETURNS bool LANGUAGE sql AS 'SELECT public.company_ok(($1).v)';
        ALTER TABLE "A" ADD CHECK (row_ok("A".*)); INSERT INTO "A" SELECT g, g FROM generate_series(1, 500) g""",
    "children and partitions": """CREATE TABLE p (id int, c int, CONSTRAINT ok CHECK (company_ok(c))) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (100);
        CREATE TABLE p2 (c int, id int, CONSTRAINT ok CHECK (company_ok(c)), CONSTRAINT own CHECK (company_ok(id)));
        ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (100) TO (1000);
        INSERT INTO p SELECT g, g FROM generate_series(1, 500) g;
        CREATE TABLE mother (c int CHECK (company_ok(c))); CREATE TABLE child (d int) INHERITS (mother);
        CREATE TABLE grandchild () INHERITS (child); INSERT INTO grandchild SELECT g, g FROM generate_series(1, 9) g""",
    "an operator": """CREATE FUNCTION known(int, int) RETURNS bool LANGUAGE sql AS 'SELECT public.company_ok($1) AND $2 > 0';
        CREATE OPERATOR public.@@@ (FUNCTION = known, LEFTARG = int, RIGHTARG = int);
        CREATE TABLE "A" (id int CHECK (id OPERATOR(public.@@@) 1)); INSERT INTO "A" SELECT generate_series(1, 500)""",
}
#: Constraints that are violated, or that can't be evaluated.
VIOLATED = {
    "a time that is past": """CREATE TABLE "A" (until timestamptz, CONSTRAINT c CHECK (until > now() OR until IS NULL) NOT VALID);
        INSERT INTO "A" VALUES (now() + '0.2 s'); ALTER TABLE "A" VALIDATE CONSTRAINT c; SELECT pg_sleep(0.3)""",
    "a setting": """SET my.mode = 'on'; CREATE TABLE "A" (v int, CONSTRAINT c CHECK (current_setting('my.mode') = 'on'));
        INSERT INTO "A" VALUES (1)""",
    "a name outside the search path": """CREATE SCHEMA other; CREATE TABLE other.known (id int);
        INSERT INTO other.known VALUES (1);
        CREATE FUNCTION is_known(int) RETURNS bool LANGUAGE plpgsql AS
            'BEGIN RETURN EXISTS (SELECT FROM known WHERE id = $1); END';
        SET search_path = public, other; CREATE TABLE "A" (v int, CONSTRAINT c CHECK (is_known(v)));
        INSERT INTO "A" VALUES (1)""",
    "the user": """CREATE TABLE "A" (v int, CONSTRAINT c CHECK (current_user = 'somebody') NOT VALID);
        UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'; ALTER TABLE "A" DISABLE TRIGGER ALL;
        ALTER TABLE "A" DROP CONSTRAINT c; INSERT INTO "A" VALUES (1);
        ALTER TABLE "A" ADD CONSTRAINT c CHECK (current_user = 'somebody') NOT VALID;
        UPDATE pg_constraint SET convalidated = true WHERE conname = 'c'""",
    "rows that changed since": """CREATE TABLE "A" (v int, CONSTRAINT c CHECK (company_ok(v))); INSERT INTO "A" VALUES (1), (2);
        COMMENT ON CONSTRAINT c ON "A" IS 'not any more'; UPDATE "Companies" SET ok = false WHERE id = 2""",
    "a partition's": """CREATE TABLE "A" (id int, v int, CONSTRAINT c CHECK (company_ok(v))) PARTITION BY LIST (id);
        CREATE TABLE a1 PARTITION OF "A" FOR VALUES IN (1); CREATE TABLE a2 PARTITION OF "A" FOR VALUES IN (2);
        INSERT INTO "A" VALUES (1, 1), (2, 2); UPDATE "Companies" SET ok = false WHERE id = 2""",
    "a domain's": """CREATE DOMAIN d AS int CONSTRAINT c CHECK (company_ok(VALUE)); CREATE TABLE "A" (v d);
        INSERT INTO "A" VALUES (1), (2); UPDATE "Companies" SET ok = false WHERE id = 2""",
}


@pytest.fixture
def goal(database: Any) -> Iterator[Any]:
    server = runs.reach(database, f"goal_{secrets.token_hex(4)}")
    yield server
    administer(database, f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


def restored(database: Any, goal: Any, tmp_path: Path, **options: Any) -> Any:
    """Back up and restore; assert that rows and pg_dump's output are equal, except for adaptations."""
    source = runs.reach(database)
    runs.make_backup(source, tmp_path / "store", compression="none")
    before = runs.contents(connect(source))
    done = runs.make_restore(goal, tmp_path / "store", **options)
    assert runs.contents(connect(goal)) == before
    bindir = database.server.bindir
    wrong = set(runs.schema_dump(bindir, source)) ^ set(runs.schema_dump(bindir, goal))
    assert done.database["adaptations"] or not wrong
    assert not runs.make_restore(goal, tmp_path / "store", **options).changed
    return done


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize("case", HOLDING)
@pytest.mark.variants
def test_checks_that_depend_on_other_rows(
    case: str, jobs: int, database: Any, goal: Any, tmp_path: Path
) -> None:
    """They are restored unchanged for any order of loading."""
    database.execute(_OTHERS + HOLDING[case])
    done = restored(database, goal, tmp_path, jobs=jobs)
    assert done.database["adaptations"] == []
    assert [notice.code for notice in done.notices if "valid" in notice.code] == []


@pytest.mark.parametrize("case", VIOLATED)
@pytest.mark.variants
def test_checks_that_do_not_hold_any_more(case: str, database: Any, goal: Any, tmp_path: Path) -> None:
    """They are restored for new rows, and a warning names them."""
    with closing(database.connect()) as connection:
        connection.autocommit = True
        for statement in (_OTHERS + VIOLATED[case]).split(";\n" if "BEGIN" in VIOLATED[case] else ";"):
            if statement.strip():
                connection.cursor().execute(statement)
    done = restored(database, goal, tmp_path)
    named = {change["object"] for change in done.database["adaptations"]}
    assert {change["kind"] for change in done.database["adaptations"]} == {"not_validated"}
    assert named >= {"c ON DOMAIN public.d" if "domain" in case else 'c ON public."A"'}
    told = [notice for notice in done.notices if notice.code == "constraint_not_validated"]
    assert told and all(notice.facts["constraint"] in named for notice in told)
    sql = "SELECT DISTINCT convalidated FROM pg_constraint WHERE contype = 'c' AND conname = 'c'"
    assert (False,) in query(goal, sql)


_LOG = """
CREATE TABLE ddl_log (n serial, what text);
CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.ddl_log (what) VALUES (tg_event || ' ' || tg_tag); END $$;
CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, session text, status text);
INSERT INTO "Whatsapps" (session, status) VALUES ('s', 'CONNECTED');
CREATE TABLE t (id serial PRIMARY KEY, v text); INSERT INTO t (v) SELECT 'v' FROM generate_series(1, 100);
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t; CREATE INDEX ON t (v);
ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES t;
SELECT setval('t_id_seq', 1);
"""
EVENTS = {
    "a log": "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION log_ddl()",
    "a log whatever the role": """CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION log_ddl();
        ALTER EVENT TRIGGER e ENABLE ALWAYS; COMMENT ON EVENT TRIGGER e IS 'always'""",
    "a ban": """CREATE FUNCTION ban() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no % here', tg_tag; END $$;
        CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION ban()""",
    "two, of drops and rewrites": """CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION log_ddl();
        CREATE EVENT TRIGGER f ON table_rewrite EXECUTE FUNCTION log_ddl(); ALTER EVENT TRIGGER f ENABLE REPLICA""",
}


@pytest.mark.parametrize("case", EVENTS)
@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.variants
def test_event_triggers_see_nothing_of_a_restore(
    strategy: str, case: str, database: Any, goal: Any, tmp_path: Path
) -> None:
    database.execute(_LOG + EVENTS[case])
    if strategy == "in_place":
        administer(database, f'CREATE DATABASE "{goal.database}"')
    restored(database, goal, tmp_path, strategy=strategy, jobs=3)
    assert query(goal, "SELECT count(*) FROM pg_event_trigger") == query(
        runs.reach(database), "SELECT count(*) FROM pg_event_trigger"
    )


def test_sequences_and_sessions_are_set_before_event_triggers(
    database: Any, goal: Any, tmp_path: Path
) -> None:
    """Both change objects, which event triggers may forbid."""
    database.execute(_LOG + EVENTS["a ban"])
    runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
    done = runs.make_restore(goal, tmp_path / "store", clear_sessions=True)
    assert [change["sequence"] for change in done.sequences if change["changed"]]
    assert done.whatsapp_sessions == {"Whatsapps": 1}
    assert not runs.make_restore(goal, tmp_path / "store", clear_sessions=True).changed


@pytest.mark.long
def test_event_triggers_of_others_rest_while_we_are_connected(
    make_database: Callable[..., Any], tmp_path: Path
) -> None:
    """Since PostgreSQL 17, this includes login triggers."""
    database = make_database(18)
    source = runs.reach(database)
    database.execute(
        _LOG
        + "CREATE EVENT TRIGGER e ON login EXECUTE FUNCTION log_ddl(); ALTER EVENT TRIGGER e ENABLE ALWAYS"
    )
    runs.make_backup(source, tmp_path / "store", compression="none")
    goal = runs.reach(database, f"goal_{secrets.token_hex(4)}")
    try:
        done = runs.make_restore(goal, tmp_path / "store")
        # Only the connection of this query has fired the login trigger.
        rows = query(goal, "SELECT what FROM ddl_log WHERE n > (SELECT count(*) FROM ddl_log) - 1")
        assert len(rows) <= 1
        assert done.database is not None
        with closing(connect(goal)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("SET event_triggers = off")
        execute(goal, "SELECT 1")
    finally:
        administer(database, f'DROP DATABASE IF EXISTS "{goal.database}" WITH (FORCE)')


@pytest.mark.long
def test_a_function_that_writes_while_a_view_is_filled(database: Any, goal: Any, tmp_path: Path) -> None:
    """Rows are compared after all user-defined functions have run, so rows that they add are detected."""
    database.execute(
        """
        CREATE TABLE log (what text); CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2);
        CREATE FUNCTION counted(int) RETURNS int LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO public.log VALUES ('counted'); RETURN $1; END $$;
        CREATE VIEW v AS SELECT counted(id) FROM t;
        CREATE MATERIALIZED VIEW m AS SELECT * FROM v; TRUNCATE log
        """
    )
    runs.make_backup(runs.reach(database), tmp_path / "store", compression="none")
    with pytest.raises(
        Exception, match=r"public\.log in .* it has 2 after loading, and 0 in the backup"
    ) as caught:
        runs.make_restore(goal, tmp_path / "store")
    assert getattr(caught.value, "code", "") == "digest_differs"
