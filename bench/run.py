# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark: every case several times, in turns, in one run; medians and ratios into a page.

Ratios of one run on one machine can be compared with those of another; seconds can't.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.bench import stores
from ansible_collections.ticketz.sidekick.bench.cases import CASES, GOALS, STARTUP, Bench
from ansible_collections.ticketz.sidekick.bench.measure import Taken
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import MediaPlan
from ansible_collections.ticketz.sidekick.tools import servers

ROOT = Path(__file__).resolve().parent.parent
#: Settings of a production server. All cases use the same server.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
}


NOTES = """\
## What bounds it

Ratios above their goal, and why, as far as measured on this kind of machine. Seconds below are of another run than the
table's, in which `pg_restore -j2` took 12.3 s: compare them with one another only. A core second is one core, busy for a
second.

- **Backup, zstd** (7.4 s). The database takes 5.3 s, and both cores are busy all the time (10.0 core seconds). The server
  needs 6.3 of them, to write CSV and for the digest of every row (1.9); the rest is compression, the SHA-256 of each part
  and frame and of the archive, and receiving the rows. Files take 1.4 s, and reading the archive back from the disk 0.7 s.
  The peer proves nothing, and leaves its output in the page cache, not on the disk.
- **Backup, gzip.** The same; ISA-L makes gzip about as fast as zstd, so this is nearly the row above.
- **Database restore** (13.0 s). Loading takes 5.5 s, keys and indexes 4.3 s, foreign keys and beside them the digest of
  every row 2.1 s, ANALYZE 0.7 s. Both cores are busy but for the last. `pg_restore` compares nothing and leaves ANALYZE
  to the user.
- **Whole restore.** The database as above, and beside it every file is read, proved, written and synced (about 5 core
  seconds). A backup leaves nothing of itself in the page cache, so ours reads the archive from the disk, as it would be
  after a loss; the old sidekick's is still in memory here. Its `psql` loads on one core, syncs no file and compares nothing.
""".splitlines()


def machine() -> str:
    """Return a one-line description of the machine."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB of memory, {platform.system()} {platform.release()}"


def report(times: dict[str, list[Taken]], title: str, sizes: str) -> str:
    """Return the text of the page.

    :param times: case → its measurements.
    :param title: description of the server.
    :param sizes: description of the data.
    """
    start = statistics.median(taken.seconds for taken in times[STARTUP.name])
    ours = {case.name for case in CASES if case.ours}
    median = {
        name: statistics.median(taken.seconds for taken in runs) - (start if name in ours else 0)
        for name, runs in times.items()
    }
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench ARGS=--output=$PWD/docs/benchmarks.md`; do not edit.",
        "Each case was run several times, in turns with the others;",
        "medians are shown. From our own rows the start-up of the process is subtracted"
        f" ({start:.2f} s: Python and all libraries).",
        "Memory is the peak of the largest process, without the server.",
        "",
        f"- Machine: {machine()}",
        f"- {title}",
        f"- Data: {sizes}",
        "",
        "| case | seconds | spread | peak memory | compared with | ratio | goal |",
        "|---|---:|---:|---:|---|---:|---:|",
    ]
    for case in CASES:
        runs = times[case.name]
        spread = max(taken.seconds for taken in runs) - min(taken.seconds for taken in runs)
        memory = max(taken.memory for taken in runs) / 1e6
        base, goal = GOALS.get(case.name, ("", None))
        ratio = f"{median[case.name] / median[base]:.2f}" if base else ""
        wanted = f"≤ {goal:.2f}{'' if base else ' s'}" if goal else ""
        cells = [
            case.name,
            f"{median[case.name]:.2f}",
            f"{spread:.2f}",
            f"{memory:.0f} MB",
            base,
            ratio,
            wanted,
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", *NOTES]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Build the data, run all cases, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=600_000)
    parser.add_argument("--media-mb", type=int, default=530)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--output", type=Path, help="write the page there, beside printing it")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="ticketz-bench-"))
    os.chmod(work, 0o755)
    try:
        with servers.start_server(16, settings=SETTINGS) as server:
            return _run(options, work, server)
    finally:
        shutil.rmtree(work)


def _run(options: argparse.Namespace, work: Path, server: servers.Server) -> int:
    runner = work / "ticketz-sidekick.pyz"
    subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_runner.py"), "--output", str(runner)], check=True
    )
    settings: dict[str, Any] = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "bindir": server.bindir,
    }
    bench = Bench(work, settings, {name: work / "volumes" / name for name in ("public", "private")}, runner)
    print(f"building {options.messages:,} messages and {options.media_mb} MB of media ...", flush=True)
    built = bench.database(
        "ticketz",
        messages=options.messages,
        media=MediaPlan(work / "volumes", options.media_mb * 1_000_000),
    )
    stores.fill(bench)
    bench.shell("psql -q -d ticketz -c 'VACUUM ANALYZE' -c CHECKPOINT")
    times: dict[str, list[Taken]] = {}
    for turn in range(1, options.repeat + 1):
        for case in (STARTUP, *CASES):
            taken = case.run(bench)
            times.setdefault(case.name, []).append(taken)
            print(
                f"{turn}/{options.repeat}  {taken.seconds:7.2f} s  {taken.memory / 1e6:5.0f} MB  {case.name}",
                flush=True,
            )
    files = built.media.files if built.media else 0
    sizes = (
        f"database {built.database_bytes / 1e6:.0f} MB ({options.messages:,} messages), {files:,} files with"
    )
    title = f"PostgreSQL {server.version} on the same machine, fsync on, shared_buffers 256 MB"
    page = report(times, title, f"{sizes} {options.media_mb} MB of media; {options.repeat} turns")
    print(page)
    if options.output:
        options.output.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
