# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.state_dir import VARIABLE, state_dir
from ansible_collections.ticketz.sidekick.tests.support.private_state import (
    host_directories,
    records_naming,
    seen,
)
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import login, run

HOME = Path("~/.local/state/ticketz-sidekick/jobs").expanduser()


@pytest.mark.parametrize(
    ("environment", "user_id", "expected"),
    [
        ({}, 0, "/var/lib/ticketz-sidekick/jobs"),
        ({"XDG_STATE_HOME": "/x"}, 0, "/var/lib/ticketz-sidekick/jobs"),
        ({"XDG_STATE_HOME": "/x"}, 1000, "/x/ticketz-sidekick/jobs"),
        ({"XDG_STATE_HOME": "relative"}, 1000, HOME),
        ({}, 1000, HOME),
        ({VARIABLE: "/srv/state", "XDG_STATE_HOME": "/x"}, 0, "/srv/state/jobs"),
        ({VARIABLE: "/srv/state", "XDG_STATE_HOME": "/x"}, 1000, "/srv/state/jobs"),
        ({VARIABLE: "relative"}, 0, "/var/lib/ticketz-sidekick/jobs"),
        ({VARIABLE: ""}, 1000, HOME),
    ],
)
def test_where_state_is_kept(environment: dict[str, str], user_id: int, expected: str | Path) -> None:
    assert state_dir("jobs", environment, user_id) == Path(expected)


_PRUNE = """
import sys
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import run
run("prune", backup_dir=sys.argv[1], keep_last=1)
"""


def test_runs_of_tests_leave_nothing_where_real_runs_keep_their_state(
    database: Any, tmp_path: Path, host_state: Path
) -> None:
    before = seen(host_directories())
    (tmp_path / "store").mkdir(mode=0o700)
    store = str(tmp_path / "store")
    database.execute("CREATE TABLE t AS SELECT 1 AS id")
    run("backup", backup_dir=store, **login(database))
    database.execute("INSERT INTO t VALUES (2)")
    replaced = run(
        "restore", backup_dir=store, components=["database"], if_not_empty="replace", **login(database)
    )
    assert replaced.changed
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", _PRUNE, store], env=environment, check=True)
    assert run("restore", backup_dir=store, state="undone", **login(database)).changed

    verbs = [path.name.split("-")[1] for path in sorted((host_state / "jobs").iterdir())]
    assert sorted(verbs) == ["backup", "prune", "restore", "undo"]
    assert {"jobs", "stores", "switches"} <= {path.name for path in host_state.iterdir()}
    assert records_naming(store, [host_state], {}) != []
    assert records_naming(store, host_directories(), before) == []


def test_only_what_a_run_itself_has_left_is_found(tmp_path: Path) -> None:
    mine, other, old, log = (tmp_path / "jobs" / name for name in ("mine", "other", "old", "log"))
    mine.parent.mkdir()
    for path in (old, log):
        path.write_text('{"backup_dir": "/tmp/run-1/store"}\n')
    before = seen([tmp_path, tmp_path / "missing"])
    mine.write_text('{"backup_dir": "/tmp/run-1/store"}')
    other.write_text('{"backup_dir": "/tmp/run-2/store"}')
    with log.open("a") as file:
        file.write('{"backup_dir": "/tmp/run-2/store"}\n')
    assert records_naming("/tmp/run-1/", [tmp_path, tmp_path / "missing"], before) == [mine]
    with log.open("a") as file:
        file.write('{"backup_dir": "/tmp/run-1/store"}\n')
    assert sorted(records_naming("/tmp/run-1/", [tmp_path], before)) == [log, mine]
