# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database's owner leaves functions in it that reach for the host when somebody drills a restore."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.drill_plan import (
    EMBEDDED,
    DrillRequest,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.scratch import scratch
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.embedded import embedded
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.embedded_packages import choose
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import DATABASE_OWNER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.sql.victims import victim
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

#: Runs a program if it may: to stay, under a name of its own, with a file that tells what it could do.
_ESCAPE = """
CREATE FUNCTION public.run() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_catalog.current_setting('cluster_name') LIKE '%drill%' THEN
    COPY (SELECT 1) TO PROGRAM
      'setsid sh -c "cat /proc/self/status /proc/net/dev > {path}; exec sleep {seconds}" > /dev/null 2>&1 &';
  END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
CREATE FUNCTION public.escape(value int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM public.run(); RETURN value; END $$;
CREATE TABLE t (id serial PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2);
"""


def _runs(mark: str) -> bool:
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and mark in Path(f"/proc/{name}/cmdline").read_text(
                encoding="utf-8", errors="replace"
            ):
                return True
        except OSError:
            pass
    return False


def _drill(database: Any, store: Path, statement: str) -> tuple[Path, str]:
    """Drill a backup of a database with the function; return the program's file, and how long it would stay."""
    path = Path("/tmp") / f"ticketz-attack-{secrets.token_hex(8)}"
    seconds = str(1_000_000_000 + secrets.randbelow(1_000_000_000))
    with victim(database, _ESCAPE.format(path=path, seconds=seconds), statement) as planted:
        runs.make_backup(planted.own, store)
    drill = DrillRequest(runs.reach(database), where=EMBEDDED)
    done = verify(VerifyRequest("latest", store, "drill", None, 2, drill=drill), runs.Run())
    assert done.drill is not None
    return path, seconds


@attack(DATABASE_OWNER, "runs a program on the host where a backup of his database is drilled")
@pytest.mark.long
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX ON t (public.escape(n))",
        "CREATE INDEX ON t (n) WHERE public.escape(1) > 0",
        "CREATE MATERIALIZED VIEW m AS SELECT public.escape(n) FROM t",
        "CREATE STATISTICS s ON (public.escape(n)), id FROM t",
        "ALTER TABLE t ADD CHECK (public.escape(n) > 0)",
    ],
    ids=["index", "predicate", "materialized view", "statistics", "check"],
)
def test_a_function_that_starts_a_program(database: Any, tmp_path: Path, statement: str) -> None:
    path, seconds = _drill(database, tmp_path / "store", statement)
    assert not path.exists()
    assert not _runs(seconds)


@attack(DATABASE_OWNER, "keeps a program on the host, or gives it rights or a network, by a drill")
@pytest.mark.long
def test_what_the_server_itself_may_do(tmp_path: Path) -> None:
    """Should his code ever come to all rights in that server, it is nobody there, for as long as the drill."""
    name = f"ticketz-attack-{secrets.token_hex(8)}"
    path, seconds = Path("/tmp") / name, str(1_000_000_000 + secrets.randbelow(1_000_000_000))
    with scratch(Path("/var/tmp"), passable=True) as room:
        with embedded(choose(16, ()), room.path, room.lock, lambda: None) as server:
            with Session.open(server.on("postgres")) as session:
                session.execute("SET search_path = public")
                session.execute(_ESCAPE.format(path=path, seconds=seconds))
                session.execute("SELECT public.run()")
            wait_until(lambda: path.exists() and _runs(seconds))
        assert not _runs(seconds)
    said = path.read_text(encoding="utf-8")
    path.unlink()
    assert re.search(r"^NoNewPrivs:\s*1$", said, re.MULTILINE)
    uid = int(re.search(r"^Uid:\s*(\d+)", said, re.MULTILINE)[1])  # type: ignore[index]
    if os.geteuid() == 0:
        with pytest.raises(KeyError):
            pwd.getpwuid(uid)
    if _may_leave_the_network():
        assert {
            line.split(":")[0].strip() for line in said.splitlines() if re.match(r" *\w+: +\d", line)
        } <= {"lo"}


def _may_leave_the_network() -> bool:
    program = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x40000000) != 0)"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


#: Tries whatever would give it rights that its owner has not, and writes down what came of it.
_TRIES = """
CREATE FUNCTION public.attack(place text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  attempt text;
  superuser text := (SELECT pg_catalog.quote_ident(rolname) FROM pg_catalog.pg_roles WHERE rolsuper LIMIT 1);
  gained boolean;
BEGIN
  IF pg_catalog.current_setting('cluster_name') NOT LIKE '%drill%' THEN RETURN 1; END IF;
  FOREACH attempt IN ARRAY ARRAY[
    'COPY (SELECT 1) TO PROGRAM ''true''', 'COPY (SELECT 1) TO ''/tmp/ticketz-attack''',
    'DO $d$ BEGIN PERFORM pg_catalog.pg_read_file(''PG_VERSION''); END $d$',
    'DO $d$ BEGIN PERFORM pg_catalog.pg_ls_dir(''/''); END $d$',
    'DO $d$ BEGIN PERFORM pg_catalog.lo_import(''/etc/passwd''); END $d$',
    'ALTER ROLE CURRENT_USER SUPERUSER', 'ALTER ROLE SESSION_USER SUPERUSER', 'CREATE ROLE other SUPERUSER',
    'GRANT pg_execute_server_program TO CURRENT_USER', 'SET ROLE pg_execute_server_program',
    'SET ROLE ' || superuser, 'SET SESSION AUTHORIZATION ' || superuser,
    'ALTER FUNCTION public.attack(text) OWNER TO ' || superuser,
    'ALTER SYSTEM SET session_preload_libraries = ''x''', 'SET session_preload_libraries = ''x''',
    'SET session_replication_role = replica',
    'CREATE FUNCTION pg_temp.f(text) RETURNS text LANGUAGE internal AS ''pg_read_file_all''',
    'RESET ROLE', 'SET ROLE NONE', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION DEFAULT'
  ] LOOP
    BEGIN
      EXECUTE attempt;
      gained := attempt !~ '^(RESET|SET ROLE NONE|SET SESSION AUTHORIZATION DEFAULT)' OR (
        SELECT pg_catalog.bool_or(rolsuper) FROM pg_catalog.pg_roles WHERE rolname IN (current_user, session_user));
    EXCEPTION WHEN OTHERS THEN gained := false;
    END;
    IF gained THEN
      RAISE LOG 'GAINED % by %', place, attempt;
    END IF;
  END LOOP;
  RAISE LOG 'TRIED %', place;
  RETURN 1;
END $$;
"""
#: Where the owner's functions run while a backup is restored; each calls the function of its own, ``at_<place>``.
_PLACES = {
    "index": "CREATE INDEX ON t (public.at_index(n))",
    "predicate": "CREATE INDEX ON t (n) WHERE public.at_predicate(1) > 0",
    "check": "ALTER TABLE t ADD CHECK (public.at_check(n) > 0)",
    "generated": "ALTER TABLE t ADD g int GENERATED ALWAYS AS (public.at_generated(n)) STORED",
    "domain": "CREATE DOMAIN d AS int CHECK (public.at_domain(value) > 0); CREATE TABLE u (d d); INSERT INTO u VALUES (1)",
    "constant": "CREATE DOMAIN c AS int CHECK (public.at_constant(value) > 0); "
    "CREATE VIEW v AS SELECT '{1}'::c[] AS c; CREATE TABLE w (c c[] DEFAULT '{1}')",
    "argument": "CREATE DOMAIN a AS int CHECK (public.at_argument(value) > 0); "
    "CREATE FUNCTION f(a a[] DEFAULT '{1}') RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "aggregate": "CREATE DOMAIN e AS int CHECK (public.at_aggregate(value) > 0); "
    "CREATE FUNCTION e_add(e[], int) RETURNS e[] LANGUAGE sql AS 'SELECT $1'; "
    "CREATE AGGREGATE e_sum(int) (SFUNC = e_add, STYPE = e[], INITCOND = '{1}')",
    "policy": "CREATE DOMAIN p AS int CHECK (public.at_policy(value) > 0); CREATE TABLE q (id int); "
    "CREATE POLICY q ON q USING ('{1}'::p[] IS NOT NULL)",
    "bound": "CREATE DOMAIN b AS int CHECK (public.at_bound(value) > 0); "
    "CREATE TABLE r (b b) PARTITION BY LIST (b); CREATE TABLE r1 PARTITION OF r FOR VALUES IN (1)",
    "predefined": "CREATE TABLE x (n int); INSERT INTO x VALUES (1); GRANT SELECT ON x TO PUBLIC; "
    "CREATE INDEX ON x (public.at_predefined(n))",
    "view": "CREATE MATERIALIZED VIEW m AS SELECT public.at_view(n) FROM t",
    "statistics": "CREATE STATISTICS s ON (public.at_statistics(n)), id FROM t",
    "trigger": "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM public.at_trigger(1); RETURN NEW; END'; "
    "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire()",
    "default": "ALTER TABLE t ADD z int DEFAULT public.at_default(1)",
    "rule": "CREATE RULE r AS ON INSERT TO t DO ALSO SELECT public.at_rule(1)",
}
#: Nothing is inserted or planned there in a drill, unless somebody finds a way.
_NEVER_CALLED = {"trigger", "default", "rule"}


def _calling(place: str) -> str:
    return (
        f"CREATE FUNCTION public.at_{place}(value int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS "
        f"$$ BEGIN PERFORM public.attack('{place}'); RETURN value; END $$"
    )


@attack(DATABASE_OWNER, "has more rights than his own in the server of a drill")
@pytest.mark.long
def test_functions_that_reach_for_rights(database: Any, tmp_path: Path) -> None:
    planted = [statement for place in _PLACES for statement in (_calling(place), _PLACES[place])]
    table = "CREATE TABLE t (id serial PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2)"
    with victim(database, _TRIES, table, *planted) as found:
        # A role of the server's own, that he was a member of where the backup was made.
        database.execute("ALTER TABLE x OWNER TO pg_execute_server_program")
        runs.make_backup(found.own, tmp_path / "store")
    said: list[str] = []
    room = Path("/var/tmp") / f"ticketz-attack-{secrets.token_hex(8)}"
    room.mkdir(mode=0o755)

    def progress(**position: Any) -> None:
        if position.get("phase") == "dropping":
            (log,) = room.glob("*/server/log")
            said.append(log.read_text(encoding="utf-8", errors="replace"))

    drill = DrillRequest(runs.reach(database), where=EMBEDDED, scratch_dir=room)
    try:
        request = VerifyRequest("latest", tmp_path / "store", "drill", None, 2, drill=drill)
        done = verify(request, runs.Run(progress=progress))
    finally:
        room.rmdir()
    assert done.drill is not None
    assert set(re.findall(r"GAINED .*", said[0])) == set()
    assert set(re.findall(r"TRIED (\w+)", said[0])) >= set(_PLACES) - _NEVER_CALLED
