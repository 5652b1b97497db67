# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores and undos that are killed, or whose server is stopped, at chosen steps of the switch."""

from __future__ import annotations

import datetime
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune_previous import (
    PreviousRequest,
    prune_previous,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import connect

#: Files and functions of which every line is a step of the switch, or of completing an interrupted one.
_STEPS = {"switch.py", "pairs.py", "exchange.py", "journal.py", "recover.py", "prepare.py", "places.py"}
_STEPS_IN = {"target.py": {"exchange", "outgoing_name", "drop"}}
#: Functions in which a switch begins, or in which an interrupted one is resumed.
_BEGIN = {"perform", "_settle"}

RESTORE, UNDO, RECOVER = "restore", "undo", "recover"


@dataclass(frozen=True)
class Stage:
    """The target of faults: a live database, a live directory, and a backup that differs from both.

    :param postmaster: process id of the server.
    """

    server: Server
    store: Path
    media: Path
    postmaster: int

    def state(self) -> tuple[Any, Any]:
        """Return the contents of the database and the directory."""
        return runs.contents(connect(self.server)), runs.tree(self.media)

    def next_run(self, chance: random.Random) -> bool:
        """Complete or revert an interrupted switch by a backup or restore of the same database and directory.

        :returns: whether it was a restore, which also removes staged data.
        """
        backup = chance.random() < 0.5
        if backup:
            runs.make_backup(self.server, self.store.parent / "other", directories={"public": self.media})
        else:
            runs.make_restore(
                self.server, self.store, directories={"public": self.media}, if_not_empty="skip"
            )
        return not backup

    def leftovers(self) -> list[str]:
        """Return databases and directories with private names, which must not exist when nothing is running."""
        with closing(connect(self.server)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname ~ '^ticketz_sidekick_'")
            databases = {str(row[0]) for row in cursor.fetchall()}
        directories = {
            str(path) for path in self.media.parent.iterdir() if path.name.startswith(".ticketz-sidekick-")
        }
        for record in Journal(runs.journal(self.store)).records():
            databases -= {record.database.outgoing if record.database else ""}
            directories -= {item.spare for item in record.directories}
        return sorted(databases | directories)


def strike(stage: Stage, verb: str, line: int, fault: str) -> tuple[int, int]:
    """Run a verb in a child process, and cause a fault before a line of its switch.

    :param line: counted from 1; 0 for no fault.
    :param fault: ``kill`` kills the process, ``stop`` stops the server immediately.
    :returns: the process's exit code, and the number of lines of the switch that it ran.
    """
    server = stage.server
    given = {
        "server": [server.host, server.port, server.user, server.password, server.database],
        "store": str(stage.store),
        "media": str(stage.media),
        "verb": verb,
        "line": line,
        "fault": fault,
        "postmaster": stage.postmaster,
    }
    done = subprocess.run(
        [sys.executable, "-m", __name__], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3, -signal.SIGKILL):
        raise AssertionError(done.stderr)
    return done.returncode, int(done.stdout.split()[-1]) if done.stdout else 0


class _Trace:
    """Counts the lines of the switch in the main thread, and causes the fault before one of them."""

    def __init__(self, line: int, fault: str, postmaster: int) -> None:
        self.count = 0
        self._begun = False
        self._line = line
        self._fault = fault
        self._postmaster = postmaster

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        code = frame.f_code
        name = os.path.basename(code.co_filename)
        if name not in _STEPS and code.co_name not in _STEPS_IN.get(name, ()):
            return None
        # Do not count earlier lines, because their number depends on the number of records.
        self._begun = self._begun or code.co_name in _BEGIN
        if event == "line" and self._begun:
            self.count += 1
            if self.count == self._line:
                self._strike()
        return self

    def _strike(self) -> None:
        if self._fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        os.kill(self._postmaster, signal.SIGQUIT)


def _main() -> int:
    given = json.load(sys.stdin)
    host, port, user, password, database = given["server"]
    server = Server(host=host, port=port, user=user, password=password, database=database, connect_timeout=2)
    store, directories = Path(given["store"]), {"public": Path(given["media"])}
    trace = _Trace(given["line"], given["fault"], given["postmaster"])
    threading.settrace(None)  # type: ignore[arg-type]  # other threads are not traced
    sys.settrace(trace)
    try:
        if given["verb"] == UNDO:
            runs.undo(server, store, directories=directories)
        elif given["verb"] == RECOVER:
            runs.make_restore(server, store, directories=directories, if_not_empty="skip")
        else:
            runs.make_restore(server, store, directories=directories, if_not_empty="replace")
    except SidekickError as error:
        sys.settrace(None)
        print(error.code, file=sys.stderr)
        print(trace.count)
        return 3
    sys.settrace(None)
    print(trace.count)
    return 0


@dataclass
class Tally:
    """The results of a series of faults."""

    strikes: int = 0
    old: int = 0
    new: int = 0

    def __str__(self) -> str:
        return f"{self.strikes} strikes: {self.old} times the old state, {self.new} times the new one"


def stage(started: Any, work: Path) -> Stage:
    """Create a database and a directory, back them up, and change both.

    :param started: a server that is used only by this test, from tools/servers.py.
    """
    server = Server(
        host=started.host,
        port=started.port,
        user=started.user,
        password=started.password,
        database="struck",
        connect_timeout=5,
    )
    with closing(connect(server.on("postgres"))) as connection:
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE struck")
    media, store = work / "media", work / "store"
    (media / "company1").mkdir(parents=True)
    for number in range(20):
        (media / "company1" / f"{number}.jpg").write_bytes(b"%d" % number * 100)
    with closing(connect(server)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(_CONTENT)
            runs.make_backup(server, store, directories={"public": media})
            cursor.execute(_WRITTEN)
    for number in range(10, 30):
        (media / "company1" / f"{number}.jpg").write_bytes(b"%d" % number * 200)
    (media / "company2").mkdir()
    return Stage(server, store, media, started.pid)


_CONTENT = """
CREATE TABLE tickets (id serial PRIMARY KEY, title text);
CREATE TABLE messages (id serial PRIMARY KEY, ticket int REFERENCES tickets, body text);
INSERT INTO tickets (title) SELECT 'ticket ' || g FROM generate_series(1, 50) g;
INSERT INTO messages (ticket, body) SELECT 1 + g % 50, repeat('mensagem ', 1 + g % 9) FROM generate_series(1, 500) g;
"""
_WRITTEN = """
DELETE FROM messages WHERE id % 3 = 0;
INSERT INTO tickets (title) SELECT 'later ' || g FROM generate_series(1, 20) g;
"""


def lines_of(stage: Stage, verb: str) -> int:
    """Run a verb; return the number of lines of its switch."""
    code, count = strike(stage, verb, 0, "kill")
    if code or not count:
        raise AssertionError(f"{verb} ended with {code} after {count} lines")
    return count


def series(stage: Stage, restart: Any, count: int, chance: random.Random, tally: Tally) -> Iterator[str]:
    """Cause faults at random steps of restores and undos; yield errors in their results.

    :param restart: starts the server after it was stopped.
    """
    old = stage.state()
    total = {RESTORE: lines_of(stage, RESTORE)}
    new = stage.state()
    total[UNDO] = lines_of(stage, UNDO)
    verb = RESTORE
    for _number in range(count):
        fault = chance.choice(("kill", "kill", "stop"))
        # Half of the faults in the last third, which contains the decision.
        first = 1 if chance.random() < 0.5 else total[verb] * 2 // 3
        line = chance.randrange(first, total[verb] + 1)
        code, _lines = strike(stage, verb, line, fault)
        where = f"{fault} before line {line} of {total[verb]} of {verb} (exit {code})"
        if fault == "stop":
            with suppress(ProcessLookupError):
                os.kill(stage.postmaster, signal.SIGQUIT)
            stage = restart()
        database, files = stage.state()
        # After any fault, the database and the directory must each be completely in the old or the new state.
        if database not in (old[0], new[0]) or files not in (old[1], new[1]):
            yield f"{where}: neither old nor new before the next run"
        if chance.random() < 0.3:
            strike(stage, RECOVER, chance.randrange(1, 60), "kill")
        cleans = stage.next_run(chance)
        found = stage.state()
        if found not in (old, new):
            yield f"{where}: neither old nor new"
        if cleans and stage.leftovers():
            yield f"{where}: leftovers {stage.leftovers()}"
        tally.strikes += 1
        tally.old += found == old
        tally.new += found == new
        verb = UNDO
        if found == old:
            verb = RESTORE
            request = PreviousRequest(runs.journal(stage.store), stage.server, datetime.timedelta(days=-1))
            prune_previous(request)
            if (cleans and stage.leftovers()) or Journal(request.journal).records():
                rest = stage.leftovers(), Journal(request.journal).records()
                yield f"{where}: not all of the previous data could be removed: {rest}"


if __name__ == "__main__":
    sys.exit(_main())
