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
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import DATABASE_OWNER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.sql.victims import victim
from ansible_collections.ticketz.sidekick.tests.support import runs

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
    ],
    ids=["index", "predicate", "materialized view", "statistics"],
)
def test_a_function_that_starts_a_program(database: Any, tmp_path: Path, statement: str) -> None:
    path, seconds = _drill(database, tmp_path / "store", statement)
    assert not path.exists()
    assert not _runs(seconds)


@attack(DATABASE_OWNER, "keeps a program on the host, or gives it rights or a network, by a drill")
@pytest.mark.long
def test_a_constraint_that_starts_a_program(database: Any, tmp_path: Path) -> None:
    """It is checked by the server's own superuser, so it runs: as nobody, for as long as the drill."""
    path, seconds = _drill(database, tmp_path / "store", "ALTER TABLE t ADD CHECK (public.escape(n) > 0)")
    assert not _runs(seconds)
    if not path.exists():
        return
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
