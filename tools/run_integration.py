"""Runs the integration targets against real PostgreSQL servers, in concurrent lanes.

``python tools/run_integration.py [TARGET...]``, in the development environment. Each lane has its own copy
of the tree and its own server, and runs ansible-test for one target after the other, longest first. A
target's output is printed when it has ended; if there is only one lane, immediately.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import awx_collection
import build_tree
import cores
import servers
import timings

ROOT = build_tree.ROOT
TARGETS = ROOT / "tests" / "integration" / "targets"

# One more than the number of processors, because targets often wait for their server or for a time to pass.
LANES = (os.cpu_count() or 1) + 1

# Targets that depend on this target need the runtime. The first one installs it, the others must wait.
_WITH_RUNTIME = "setup_roles"


# Aliases of targets that "make integration" skips. CI runs the first one; the other is run by hand.
APART = ("long", "hosts")


def all_targets() -> dict[str, str]:
    """Return target → its alias of APART (or an empty string), without the hidden targets on which others depend."""
    aliases = {
        path.parent.name: path.read_text(encoding="utf-8").split()
        for path in sorted(TARGETS.glob("*/aliases"))
    }
    return {
        name: next((word for word in words if word in APART), "")
        for name, words in aliases.items()
        if "hidden" not in words
    }


def _needs_runtime(target: str) -> bool:
    meta = TARGETS / target / "meta" / "main.yml"
    words = meta.read_text(encoding="utf-8").split() if meta.is_file() else []
    # One of these targets creates its own runtime.
    return _WITH_RUNTIME in words and f"{_WITH_RUNTIME}_install:" not in words


class Queue:
    """The targets that are waiting, and the results of those that have ended."""

    def __init__(self, targets: list[str], runtime_ready: Path) -> None:
        self._known = timings.read("integration")
        self._waiting = sorted(targets, key=self._length, reverse=True)
        self._changed = threading.Condition()
        self._first: str | None = None
        # This file is created when the runtime is up to date.
        self.runtime_ready = runtime_ready
        self.results: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def _length(self, target: str) -> float:
        """Return the last duration of a target in seconds, or an estimate from the size of its files."""
        size = sum(path.stat().st_size for path in (TARGETS / target).rglob("*.yml"))
        # A task that runs a playbook takes ten times as long as one that runs a module.
        return self._known.get(target, size / (20 if target.startswith("role_") else 200))

    def _free(self, target: str) -> bool:
        if not _needs_runtime(target) or self._first is None:
            return True
        return self._first in self.results or self.runtime_ready.exists()

    def __iter__(self) -> Iterator[str]:
        """Yield the targets for one lane."""
        while True:
            with self._changed:
                if not self._waiting:
                    return
                target = next(filter(self._free, self._waiting), None)
                if target is None:
                    self._changed.wait(1)
                    continue
                self._waiting.remove(target)
                if _needs_runtime(target) and self._first is None:
                    self._first = target
            yield target

    def ended(self, target: str, result: str, seconds: float) -> None:
        """Record the result of a target."""
        with self._changed:
            self.results[target] = result
            if result == "passed":
                timings.record("integration", {target: seconds})
            self._changed.notify_all()


class Lane:
    """A copy of the tree, and a server."""

    def __init__(
        self, number: int, build: Path, version: int, options: list[str], queue: Queue, report: Report
    ) -> None:
        self._build = build / "lanes" / str(number)
        self._runtime = build / "lanes" / "runtime"
        self._version = version
        self._options = options
        self._queue = queue
        self._report = report

    def run(self) -> None:
        """Run targets until none is left."""
        tree = build_tree.build_tree(self._build)
        awx_collection.link(self._build.parent.parent, self._build)
        config = tree / "tests" / "integration" / "integration_config.yml"
        with servers.start_server(self._version, in_memory=True) as server:
            settings = {
                "postgresql_server": server.as_dict(),
                "in_ci": bool(os.environ.get("CI")),
                "setup_roles_runtime": str(self._runtime),
                "setup_roles_ready": str(self._queue.runtime_ready),
            }
            config.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML, too
            config.chmod(0o600)
            try:
                for target in self._queue:
                    self._target(target)
            finally:
                # The server stops now, so its address and password are no longer needed.
                config.unlink(missing_ok=True)

    def _target(self, target: str) -> None:
        version = "{}.{}".format(*sys.version_info)
        # Run the modules with this Python, too, because it has their libraries.
        arguments = ["integration", "--python", version, "--color", "no", *self._options, target]
        began = time.monotonic()
        with self._report.target(target) as write:
            status = cores.ansible_test(Path(sys.executable).parent, self._build, arguments, write)
            result = {0: "passed", cores.NOTHING_RUN: "skipped"}.get(status, "FAILED")
            seconds = time.monotonic() - began
            write(f"--- {target} {result} in {seconds:.0f} s\n")
        self._queue.ended(target, result, seconds)


class Report:
    """Prints the output of targets: immediately if there is only one lane, else when a target has ended."""

    def __init__(self, at_once: bool) -> None:
        self._at_once = at_once
        self._printing = threading.Lock()

    def _print(self, text: str) -> None:
        with self._printing:
            print(text, end="", flush=True)

    @contextlib.contextmanager
    def target(self, name: str) -> Iterator[Callable[[str], None]]:
        """Yield a function that receives the target's output."""
        self._print(f"--- {name} begins\n")
        lines: list[str] = []
        try:
            yield self._print if self._at_once else lines.append
        finally:
            self._print("".join(lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all without an alias of those")
    parser.add_argument("--alias", choices=APART, default="", help="the targets with this alias")
    parser.add_argument("--postgresql", type=int, default=servers.DEFAULT_VERSION, metavar="MAJOR")
    parser.add_argument("--build", type=Path, default=ROOT / ".build", help="default: .build")
    parser.add_argument("--lanes", type=int, default=LANES, help=f"default: {LANES}")
    parser.add_argument("-v", dest="verbosity", action="count", default=0)
    args = parser.parse_args()
    known = all_targets()
    unknown = sorted(set(args.targets) - set(known))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)} (there is: {', '.join(known)})")
    build = args.build.absolute()
    build.mkdir(parents=True, exist_ok=True)
    targets = args.targets or [name for name, alias in known.items() if alias == args.alias]
    if "awx" in targets:
        awx_collection.ensure(build)
    count = min(args.lanes, len(targets))
    options = ["-" + "v" * args.verbosity] if args.verbosity else []
    report = Report(at_once=count == 1)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=build) as scratch, ThreadPoolExecutor(count) as pool:
        queue = Queue(targets, Path(scratch) / "runtime-ready")
        lanes = [
            Lane(number, build, args.postgresql, options, queue, report) for number in range(1, count + 1)
        ]
        for done in [pool.submit(lane.run) for lane in lanes]:
            done.result()
    return _summary(queue.results, time.monotonic() - began)


def _summary(results: dict[str, str], seconds: float) -> int:
    """Print a summary; return the exit status. In CI, a skipped target is a failure."""
    by_result: dict[str, list[str]] = {"passed": [], "skipped": [], "FAILED": []}
    for target, result in sorted(results.items()):
        by_result[result].append(target)
    print(f"Integration: {len(by_result['passed'])} targets passed in {seconds:.0f} s.", flush=True)
    if by_result["skipped"]:
        print(f"Skipped: {', '.join(by_result['skipped'])}.", flush=True)
    if by_result["FAILED"]:
        print(f"FAILED: {', '.join(by_result['FAILED'])}.", file=sys.stderr)
    return 1 if by_result["FAILED"] or (by_result["skipped"] and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main())
