# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Peak memory of backup, verify and restore: flat, whatever the sizes and numbers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.bench.cases import Bench
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import build
from ansible_collections.ticketz.sidekick.tools import servers

#: Guarantee: this, plus three times the largest row (here a few kilobytes).
LIMIT = 200 * 10**6
#: Messages in a gigabyte of database, indexes included.
_MESSAGES = 850_000
ROOT = Path(__file__).resolve().parents[2]


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Measure each size in processes of their own; return where the limit was passed."""
    runner = work / "ticketz-sidekick.pyz"
    subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_runner.py"), "--output", str(runner)], check=True
    )
    wrong = []
    with servers.start_server(16, settings={"max_wal_size": "4GB"}) as server:
        settings = {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
        }
        bench = Bench(work, {**settings, "bindir": server.bindir}, {}, runner)
        for size in options.gigabytes:
            bench.shell("psql -q -d postgres -c 'CREATE DATABASE ticketz TEMPLATE template0'")
            built = build({**settings, "dbname": "ticketz"}, messages=int(size * _MESSAGES))
            wrong += _measure(bench, f"database of {built.database_bytes / 1e9:.2f} GB", {}, {})
            bench.shell("psql -q -d postgres -c 'DROP DATABASE ticketz'")
        if options.files:
            bench.shell("psql -q -d postgres -c 'CREATE DATABASE ticketz TEMPLATE template0'")
            files = _many_files(work / "public", options.files)
            wrong += _measure(
                bench, f"{options.files:,} files", {"public": str(files)}, {"public": str(work / "again")}
            )
    return wrong


def _many_files(root: Path, count: int) -> Path:
    """Make many small files, a thousand to a directory."""
    for number in range(count):
        directory = root / f"{number // 1000:06d}"
        if number % 1000 == 0:
            directory.mkdir(parents=True)
        (directory / f"{number:09d}-arquivo.jpg").write_bytes(os.urandom(200 + number % 800))
    return root


def _measure(bench: Bench, name: str, source: dict[str, Any], target: dict[str, Any]) -> list[str]:
    store = bench.work / "store"
    store.mkdir(mode=0o700)
    taken = {
        "backup": bench.verb(
            "backup",
            backup_dir=str(store),
            backup_init=True,
            login_db="ticketz",
            compression="zstd",
            directories=source,
        ),
        "verify": bench.verb("verify", backup_dir=str(store), level="full"),
        "restore": bench.verb("restore", backup_dir=str(store), login_db="restored", directories=target),
    }
    bench.shell(f"psql -q -d postgres -c 'DROP DATABASE restored'; rm -rf '{store}' again")
    for verb, one in taken.items():
        print(f"memory: {name}: {verb} {one.memory / 1e6:.0f} MB, {one.seconds:.1f} s", flush=True)
    return [
        f"{name}: {verb} took {one.memory / 1e6:.0f} MB" for verb, one in taken.items() if one.memory > LIMIT
    ]
