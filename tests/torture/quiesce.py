# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups of a quiesced stack: how long that takes, and that it goes on wherever the backup is killed."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.discover import discover
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.model import Wanted
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.quiesce import (
    resume_orphaned_containers,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.meanwhile import meanwhile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stack"))

import stack as test_stack

_RUNS = 5
_PER_DIRECTORY = 10_000
#: What is no part of a backup without a key.
_LEFT_OUT = {"config_left_out", "redis_left_out"}
#: Seconds that containers may take to go on after a kill.
_PATIENCE = 10
_BACKUP = """
import json, sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup
backup.run(json.loads(sys.argv[1]), False)
"""


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Measure, then kill; return what was wrong."""
    project = f"torture{os.getpid()}{secrets.token_hex(2)}"
    stack = test_stack.new("ticketz", project, work / "stack")
    stack.directory.mkdir()
    store = work / "store"
    store.mkdir(mode=0o700)
    given = {name: option.get("default") for name, option in backup.spec().items()}
    wanted = {**given, "backup_dir": str(store), "compose_project": project, "compression": "zstd"}
    try:
        stack.up()
        _fill(stack, options.media)
        return [*_measure(options, wanted), *_deleting(wanted, stack), *_kill(options, wanted, stack)]
    finally:
        stack.down()


def _fill(stack: Any, files: int) -> None:
    """Put many files where the backend has its media."""
    code = f"""
import os
for number in range({files}):
    directory = f"/usr/src/app/public/media/many/{{number // {_PER_DIRECTORY}}}"
    os.makedirs(directory, exist_ok=True)
    with open(f"{{directory}}/{{1767225600000 + number}}_5f0c2a9b.jpeg", "wb") as file:
        file.write(b"x" * 100)
"""
    test_stack.docker("exec", stack.container("backend"), "python3", "-c", code)


def _measure(options: argparse.Namespace, wanted: dict[str, Any]) -> Iterator[str]:
    for mode in ("pause", "stop"):
        seconds = []
        for _number in range(_RUNS):
            made = backup.run({**wanted, "quiesce": mode}, False)
            seconds.append(made.results["quiesced"]["seconds"])
            Path(made.results["backup"]["path"]).unlink()
            yield from (f"{mode}: {notice}" for notice in made.notices if notice.code not in _LEFT_OUT)
        seconds.sort()
        print(
            f"quiesce: {mode} with {options.media:,} files: {seconds[0]:.2f} to {seconds[-1]:.2f} s, "
            f"median {seconds[_RUNS // 2]:.2f} s",
            flush=True,
        )


def _deleting(wanted: dict[str, Any], stack: Any) -> Iterator[str]:
    """Count the files that restored messages would refer to in vain, while somebody deletes messages and their files."""
    for mode in ("none", "pause"):
        lacking = named = referred = 0
        for _number in range(_RUNS):
            with _deleter(stack) as deleted:
                made = backup.run({**wanted, "quiesce": mode, "compression": "none"}, False)
            path = Path(made.results["backup"]["path"])
            files, there = runs.referred(path)
            path.unlink()
            said = {
                str(notice.facts.get("path")) for notice in made.notices if notice.code == "file_vanished"
            }
            missing = {name for name in files - there if name in deleted}
            referred += len(files)
            lacking += len(missing)
            named += sum(any(path.endswith(name) for path in said) for name in missing)
            if files - there - missing:
                yield f"{mode}: files are missing that nobody has deleted: {sorted(files - there - missing)[:3]}"
        print(
            f"quiesce: {mode}, while messages and their files are deleted: of {referred:,} files that messages refer to "
            f"{lacking} are missing, {named} of them named by a warning",
            flush=True,
        )
        # What goes while files are read is named; that nothing goes unnamed is promised for a quiesced stack.
        if mode == "pause" and lacking > named:
            yield f"pause: {lacking - named} files are missing without a warning"


@contextlib.contextmanager
def _deleter(stack: Any) -> Iterator[set[str]]:
    """Delete messages with media, newest first, each row before its file, as fast as that goes; the files' names come in."""
    names = set[str]()
    # Several messages may refer to one file.
    newest = """SELECT "mediaUrl" FROM "Messages" WHERE "mediaUrl" <> '' ORDER BY id DESC LIMIT 1"""
    statement = f'DELETE FROM "Messages" WHERE "mediaUrl" = ({newest}) RETURNING "mediaUrl"'
    psql = ["psql", "--no-psqlrc", "-h", "127.0.0.1", "-U", stack.names.user, "-d", stack.names.database]
    public = discover(Wanted(project=stack.project)).directories["public"].path

    def work(ended: threading.Event) -> None:
        while not ended.is_set():
            for name in test_stack.docker(
                "exec", stack.container("postgres"), *psql, "-qAtc", statement
            ).split():
                names.add(name)
                # As long as it is paused, the backend deletes nothing.
                if not _paused(stack):
                    (public / name).unlink(missing_ok=True)

    with meanwhile(work):
        yield names


def _paused(stack: Any) -> bool:
    return test_stack.docker("inspect", "--format={{.State.Paused}}", stack.container("backend")) == "true"


def _running(stack: Any) -> bool:
    form = "--format={{.State.Running}} {{.State.Paused}}"
    names = [stack.container(name) for name in ("backend", "frontend")]
    return set(test_stack.docker("inspect", form, *names).splitlines()) == {"true false"}


def _goes_on(stack: Any) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not _running(stack):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _kill(options: argparse.Namespace, wanted: dict[str, Any], stack: Any) -> Iterator[str]:
    """Kill backups at random moments, now and then with their guardians."""
    chance = random.Random(options.seed)
    held = 0
    for number in range(options.kills):
        mode = chance.choice(["pause", "pause", "stop"])
        after = chance.uniform(0.2, 2.5)
        process = subprocess.Popen(
            [sys.executable, "-c", _BACKUP, json.dumps({**wanted, "quiesce": mode})],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        time.sleep(after)
        both = chance.random() < 0.2
        guardians = _children(process.pid) if both else []
        for pid in guardians:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        held += not _running(stack)
        process.kill()
        process.wait()
        if guardians:
            resume_orphaned_containers()
        if not _goes_on(stack):
            yield f"kill {number}: {mode} after {after:.2f} s{' with its guardian' if both else ''}: still held"
            resume_orphaned_containers()
    print(f"quiesce: {options.kills} kills, {held} of them while containers were quiesced", flush=True)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
