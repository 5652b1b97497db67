# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a Ticketz with real rows and files is backed up, lost, restored, and compared.

All files are below one temporary directory, and the demo starts its own PostgreSQL server; nothing else on
this machine is changed.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.demo import fingerprint
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import job
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import build
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import MediaPlan
from ansible_collections.ticketz.sidekick.tools import servers

# The demo's directory in the tree in which Ansible finds the collection.
HERE = Path(fingerprint.__file__).resolve().parent


def say(text: str = "") -> None:
    """Print a line immediately, so that it is in order with Ansible's output."""
    print(text, flush=True)


def forget_runs(work: Path, state: Path, *, was_there: bool) -> None:
    """Remove the state of the demo's runs from the host's state directory, which root's runs use.

    :param state: the host's state directory.
    :param was_there: whether the directory existed before the demo.
    """
    runs = state / "jobs"
    for run in job.list_jobs(runs):
        if Path(run.about.get("backup_dir", "/")).is_relative_to(work):
            shutil.rmtree(runs / run.id)
    if state.is_dir() and not was_there and not job.list_jobs(runs):
        shutil.rmtree(state)


def mb(size: int) -> str:
    """Return a size in megabytes, as text."""
    return f"{size / 1e6:,.1f} MB"


def private_file(path: Path, text: str) -> str:
    """Write a file that only its owner can read; return its path."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return str(path)


def play(variables: Path, inventory: str) -> None:
    """Run the tour's playbook, and print its output immediately."""
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(variables.parent),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(HERE.parents[3]),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_NOCOWS": "1",
        "ANSIBLE_FORCE_COLOR": "1" if sys.stdout.isatty() else "0",
    }
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "--inventory",
        inventory,
        "--extra-vars",
        f"@{variables}",
        str(HERE / "tour.yml"),
    ]
    subprocess.run(command, env=environment, check=True)


def compare(before: fingerprint.Fingerprint, after: fingerprint.Fingerprint) -> list[str]:
    """Return the differences, except those in WhatsApp sessions, which a restore disconnects."""
    wrong = [
        f"table {name}: {before.tables.get(name)} is now {after.tables.get(name)}"
        for name in sorted(set(before.tables) | set(after.tables))
        if name not in fingerprint.SESSIONS and before.tables.get(name) != after.tables.get(name)
    ]
    wrong += [
        f"file {name}: {before.files.get(name)} is now {after.files.get(name)}"
        for name in sorted(set(before.files) | set(after.files))
        if before.files.get(name) != after.files.get(name)
    ]
    return wrong


def tour(work: Path, messages: int, media_bytes: int, server: servers.Server) -> int:
    """Create a Ticketz, back it up, delete it, restore it, and compare; return the exit status."""
    settings: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": "ticketz",
    }
    connection = fingerprint.psycopg2.connect(**{**settings, "dbname": "postgres"})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE ticketz TEMPLATE template0")
    connection.close()

    say(f"1. A Ticketz with {messages:,} messages is being made up ...")
    media = work / "volumes"
    built = build(settings, messages=messages, media=MediaPlan(media, media_bytes))
    folders = {"public": str(media / "public"), "private": str(media / "private")}
    before = fingerprint.Fingerprint(fingerprint.of_database(settings), fingerprint.of_folders(folders))
    say(
        f"   database {mb(built.database_bytes)}, {len(before.tables)} tables,"
        f" {sum(rows for rows, _checksum in before.tables.values()):,} rows; {len(before.files):,} files, {mb(media_bytes)}"
    )

    say("2. Ansible takes over: backup, proof, loss, restore.")
    backups = work / "backups"
    backups.mkdir(mode=0o700)
    demo = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password_file": private_file(work / "password", server.password),
        "key_file": private_file(work / "key", secrets.token_hex(32)),
        "connection_file": private_file(work / "connection.json", json.dumps(settings)),
        "backup_dir": str(backups),
        "directories": folders,
        "lose_script": str(HERE / "lose.py"),
        "results_file": str(work / "results.json"),
    }
    variables = work / "variables.json"
    private_file(variables, json.dumps({"demo": demo, "ansible_python_interpreter": sys.executable}))
    play(variables, "localhost,")
    results = json.loads((work / "results.json").read_text(encoding="utf-8"))

    say("3. What is there now is compared with what was there before.")
    after = fingerprint.Fingerprint(fingerprint.of_database(settings), fingerprint.of_folders(folders))
    wrong = compare(before, after)
    for line in wrong[:20]:
        say(f"   DIFFERENT: {line}")
    numbered = fingerprint.insert_everywhere(settings)
    summary(results, before, numbered, wrong)
    return 1 if wrong else 0


def summary(
    results: dict[str, Any], before: fingerprint.Fingerprint, numbered: int, wrong: list[str]
) -> None:
    """Print a summary for newcomers."""
    backup, verify, restore = results["backup"]["backup"], results["verify"]["checked"], results["restore"]
    media = sum(entry["bytes"] for entry in backup["directories"].values())
    sessions = restore["whatsapp_sessions"]
    say()
    say("Summary")
    say(f"  Backup    {Path(backup['path']).name}")
    say(
        f"            {mb(backup['database']['size'])} of database and {mb(media)} of media in {mb(backup['size'])},"
        f" {backup['duration']:.1f} s, {backup['compression']} and {backup['encryption']}"
    )
    say(
        f"  Verified  {verify['frames']} frames, {verify['parts']} table parts, {verify['rows']:,} rows,"
        f" {verify['files']:,} files: all as they were backed up"
    )
    say(f"  Restored  in {restore['duration']:.1f} s, everything checked before it was switched in")
    say(f"  Rows      {'DIFFERENT, see above' if wrong else 'equal in every table, by checksum'}")
    say(f"  Files     {'see above' if wrong else f'{len(before.files):,} equal: content, owner, mode, time'}")
    say(f"  Numbers   a new row fits into each of {numbered} tables that number their rows")
    say(
        f"  WhatsApp  {sessions.get('Whatsapps', 0)} connections must be paired again (a restored server"
        " must never speak for a live number by itself)"
    )
    say()
    say("Next: README.md shows the first playbook for a server of your own.")


def main() -> int:
    """Parse the command line, run the demo, and clean up in any case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--messages", type=int, default=20_000, help="how many messages the demo database gets"
    )
    parser.add_argument(
        "--media-mb", type=int, default=0, help="size of the media; 0 chooses it by the messages"
    )
    parser.add_argument("--keep", action="store_true", help="leave the directory with everything in it")
    options = parser.parse_args()
    media_bytes = (options.media_mb or max(20, options.messages // 1200)) * 1_000_000
    started = time.monotonic()
    work = Path(tempfile.mkdtemp(prefix="ticketz-demo-"))
    state = job.default_state_dir(os.environ, os.geteuid()).parent
    was_there = state.exists()
    try:
        with servers.start_server(16) as server:
            status = tour(work, options.messages, media_bytes, server)
    except subprocess.CalledProcessError as error:
        say(f"The playbook failed (exit status {error.returncode}); what it says is above.")
        status = 1
    finally:
        forget_runs(work, state, was_there=was_there)
        if options.keep:
            say(f"Left for you to look at: {work}")
        else:
            shutil.rmtree(work)
    say(f"The whole demo took {time.monotonic() - started:.0f} s.")
    return status


if __name__ == "__main__":
    sys.exit(main())
