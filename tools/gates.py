"""Runs the gates of a tier, in concurrent lanes, and prints a table with the duration and result of each gate.

``python3 tools/gates.py TIER [GATE...]``: each gate is the target of the same name in the Makefile. A gate's output is
printed when the gate has ended, so that outputs are not mixed, and stored in ``.build/gates/``. After a failure, the other
gates continue. ``--resume`` skips gates that have passed for the same commit. Exit status: 0 if every gate passed.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# Tests import this file from the collection.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import timings

ROOT = Path(__file__).resolve().parent.parent

# The lanes of each tier. Gates that use a processor run at the same time as gates that wait for servers. In the nightly
# tier, gates that are more likely to fail run first, so that a failure can be investigated while the others run.
TIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "test": (("sanity", "lint"), ("integration", "units")),
    "nightly": (
        (
            "units-random",
            "units-long",
            "torture-short",
            "units-oldest",
            "units",
            "lint",
            "lint-all",
            "sanity-all",
        ),
        ("integration-hosts", "integration-long", "integration"),
    ),
}

# Gates that run pytest. They have a separate tree, because other gates would remove the files that pytest writes there.
WITH_PYTEST = ("units", "units-long", "units-random", "units-oldest", "torture-short")


@dataclass(frozen=True)
class Result:
    """How a gate ended."""

    gate: str
    seconds: float
    passed: bool
    earlier: bool = False


class Passed:
    """The gates that have passed for the current commit. With uncommitted changes, nothing is read or recorded."""

    def __init__(self, build: Path) -> None:
        self._file = build / "gates" / "passed.json"
        self._writing = threading.Lock()
        self._commit = "" if _git("status", "--porcelain") else _git("rev-parse", "HEAD")

    def read(self) -> dict[str, float]:
        """Return gate → duration in seconds."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(found["gates"]) if self._commit and found["commit"] == self._commit else {}

    def record(self, gate: str, seconds: float) -> None:
        """Record that a gate has passed."""
        if not self._commit:
            return
        with self._writing:
            found = {"commit": self._commit, "gates": {**self.read(), gate: round(seconds, 1)}}
            self._file.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


class Tier:
    """One run of some gates.

    :param earlier: gates that are skipped → their durations in seconds.
    """

    def __init__(self, build: Path, earlier: Mapping[str, float]) -> None:
        self._build = build
        self._earlier = earlier
        self._passed = Passed(build)
        self._logs = build / "gates"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._printing = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def lane(self, gates: Sequence[str]) -> list[Result]:
        """Run gates one after the other; return their results."""
        return [self._run(gate) for gate in gates if not self._stopped]

    def stop(self) -> None:
        """Terminate the running gates with their child processes, and start no others."""
        self._stopped = True
        for process in list(self._running):
            os.killpg(process.pid, signal.SIGTERM)

    def _run(self, gate: str) -> Result:
        if gate in self._earlier:
            return Result(gate, self._earlier[gate], passed=True, earlier=True)
        log = self._logs / f"{gate}.log"
        build = self._build / "lanes" / "units" if gate in WITH_PYTEST else self._build
        began = time.monotonic()
        self._print(f"--- {gate} begins\n")
        with open(log, "wb") as output:
            # In a separate process group, so that an interrupt reaches the children only from stop().
            process = subprocess.Popen(
                ["make", "--no-print-directory", gate, f"BUILD={build}"],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
            status = process.wait()
            self._running.discard(process)
        result = Result(gate, time.monotonic() - began, status == 0)
        if result.passed:
            self._passed.record(gate, result.seconds)
        self._print(
            log.read_text(encoding="utf-8", errors="replace")
            + f"--- {gate} {'passed' if result.passed else 'FAILED'} in {result.seconds / 60:.1f} min\n"
        )
        return result

    def _print(self, text: str) -> None:
        with self._printing:
            sys.stdout.write(text)
            sys.stdout.flush()


def table(tier: str, results: Sequence[Result], seconds: float) -> str:
    """Return a table with one line per gate, and a summary."""
    width = max(len(result.gate) for result in results)
    lines = [
        f"  {result.gate:<{width}}  {result.seconds / 60:6.1f} min  {_word(result)}" for result in results
    ]
    failed = [result.gate for result in results if not result.passed]
    end = f"FAILED: {', '.join(failed)}." if failed else "Every gate passed."
    return "\n".join([f"make {tier}", *lines, f"  {'together':<{width}}  {seconds / 60:6.1f} min  {end}"])


def _word(result: Result) -> str:
    return "passed earlier" if result.earlier else "passed" if result.passed else "FAILED"


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("tier", choices=sorted(TIERS))
    parser.add_argument("gates", nargs="*", metavar="GATE", help="only these of the tier")
    parser.add_argument("--build", type=Path, default=ROOT / ".build", help="default: .build")
    parser.add_argument("--resume", action="store_true", help="leave out what has passed for this commit")
    args = parser.parse_args()
    known = [gate for lane in TIERS[args.tier] for gate in lane]
    unknown = sorted(set(args.gates) - set(known))
    if unknown:
        parser.error(f"no such gate: {', '.join(unknown)} (there is: {', '.join(known)})")
    lanes = [[gate for gate in lane if not args.gates or gate in args.gates] for lane in TIERS[args.tier]]
    build = args.build.absolute()
    tier = Tier(build, Passed(build).read() if args.resume else {})
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _interrupt)
    with ThreadPoolExecutor(len(lanes)) as pool:
        try:
            futures = [pool.submit(tier.lane, gates) for gates in lanes]
            results = [result for future in futures for result in future.result()]
        except KeyboardInterrupt:
            tier.stop()
            raise
    timings.record(
        "gates", {result.gate: result.seconds for result in results if result.passed and not result.earlier}
    )
    print(table(args.tier, results, time.monotonic() - began), flush=True)
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
