"""Runs ansible-test on one version of ansible-core, or on each for which this machine has a Python.

``cores.py sanity``, ``cores.py sanity --all``, ``cores.py units --core 2.19``; arguments after ``--`` are passed on.
Each version has its own virtual environment. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import build_tree
import make_venv
import pythons
import timings

ROOT = build_tree.ROOT

# ansible-core → the Pythons that can run it, the preferred one first. The first version is the oldest that
# meta/runtime.yml supports, 2.19 changed templating, the last one is the newest release.
CORES: dict[str, tuple[tuple[int, int], ...]] = {
    "2.16": ((3, 11), (3, 10), (3, 12)),
    "2.19": ((3, 11), (3, 12), (3, 13)),
    "2.21": ((3, 13), (3, 12)),
}

# The sanity tests that run once for each Python version: they compile or import every file.
_EACH_PYTHON = ("compile", "import")

# The sanity tests whose result depends on the version of ansible-core, because it parses documentation and argument specs
# or has its own linter rules. For the others, a run on the newest version is sufficient.
_DIFFER = ("action-plugin-docs", "ansible-doc", "runtime-metadata", "validate-modules")

# These tests check file by file, and take half of the time of all sanity tests. By default they check only the files that
# are shipped; with --all they also check tests and tools.
_FILE_BY_FILE = ("pep8", "pylint", "yamllint")
_SHIPPED = ("plugins/", "roles/", "playbooks/")

# The files that import ansible-core; only for these can the result of an import depend on its version.
_IMPORTING_ANSIBLE = ("plugins/modules/", "plugins/module_utils/_module.py", "plugins/lookup/")

# The oldest Python of a managed host.
_OLDEST_TARGET = (3, 9)

# An exit status that ansible-test does not use.
NOTHING_RUN = 77

# ansible-test prints this if it skips a test because a program is missing.
_LEFT_OUT = re.compile(r'WARNING: Required program "(.+)" not found')

# Output of pip while ansible-test creates its environments. It is suppressed, so that the results remain visible.
_INSTALLING = re.compile(
    r"WARNING: (Location|Running pip)|Collecting |Installing |Successfully |Looking in |Processing "
    r"|Requirement already|Using cached |Obtaining |\s+(Downloading|Using cached|\u2501)"
)


def runnable() -> dict[str, Path]:
    """Return ansible-core → Python, for each version for which this machine has a Python."""
    found = pythons.everywhere()
    return {
        core: next(found[version] for version in versions if version in found)
        for core, versions in CORES.items()
        if any(version in found for version in versions)
    }


def ensure_core(core: str, python: Path) -> Path:
    """Create the virtual environment of a version of ansible-core if needed; return its directory of programs."""
    directory = ROOT / f".venv-core{core.replace('.', '')}"
    return make_venv.ensure(directory, packages=[f"ansible-core~={core}.0"], python=python).parent


def _provide_pip(bindir: Path, home: Path) -> None:
    """Replace the script that ansible-test downloads to install pip by Python's ensurepip.

    So the tests only need the network for packages.
    """
    source = next(
        bindir.parent.glob("lib/python3.*/site-packages/ansible_test/_internal/python_requirements.py")
    )
    for version in set(re.findall(r"pip='([0-9.]+)'", source.read_text(encoding="utf-8"))):
        script = home / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text("import ensurepip\nensurepip.bootstrap()\n", encoding="utf-8")


def _provide_ssh_keygen(bindir: Path, home: Path) -> Path:
    """Return a directory for PATH with a replacement for ssh-keygen; it is empty if ssh-keygen is installed."""
    directory = home / "bin"
    directory.mkdir(exist_ok=True)
    program = directory / "ssh-keygen"
    program.unlink(missing_ok=True)
    if shutil.which("ssh-keygen") is None:
        arguments = [str(bindir / "python"), str(ROOT / "tools" / "ssh_keygen.py")]
        program.write_text(f'#!/bin/sh\nexec {shlex.join(arguments)} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return directory


def environment(bindir: Path, build: Path) -> dict[str, str]:
    """Return the environment for ansible-test, with a separate home, and a PATH with all Python versions.

    Sanity tests of modules need the oldest Python, too.
    """
    home = build / "home"
    home.mkdir(parents=True, exist_ok=True)
    _provide_pip(bindir, home)
    directories = [bindir, _provide_ssh_keygen(bindir, home)] + [
        python.parent for python in pythons.everywhere().values()
    ]
    path = [str(directory) for directory in directories] + [os.environ.get("PATH", os.defpath)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
    kept["HOME"] = str(home)
    kept["PATH"] = os.pathsep.join(path)
    kept["LC_ALL"] = "C.UTF-8"  # Ansible insists on UTF-8
    # Without this, ansible-test would install packages into the system's Python if another version is requested.
    kept["PIP_REQUIRE_VIRTUALENV"] = "1"
    return kept


def _number(core: str) -> tuple[int, ...]:
    return tuple(int(part) for part in core.split("."))


def _print(line: str) -> None:
    print(line, end="", flush=True)


def ansible_test(
    bindir: Path, build: Path, arguments: list[str], write: Callable[[str], None] = _print
) -> int:
    """Run ansible-test in the tree; return its exit status, or NOTHING_RUN if it skipped all targets.

    In CI, a skipped test is a failure.
    """
    tree = build_tree.build_tree(build)
    nothing = left_out = False
    with subprocess.Popen(
        [str(bindir / "ansible-test"), *arguments],
        cwd=tree,
        env=environment(bindir, build),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            nothing = nothing or "All targets skipped" in line
            left_out = left_out or _LEFT_OUT.match(line) is not None
            if not _INSTALLING.match(line):
                write(line)
    if left_out and os.environ.get("CI"):
        write("With CI set, a test that is left out for want of a program fails the run.\n")
        return process.returncode or 1
    return process.returncode or (NOTHING_RUN if nothing else 0)


def _tests(*names: str, skip: bool = False) -> list[str]:
    return [part for name in names for part in ("--skip-test" if skip else "--test", name)]


def sanity_runs(core: str, newest: str, python: tuple[int, int], every: bool) -> list[list[str]]:
    """Return the arguments of each run of ansible-test sanity on a version of ansible-core.

    On the newest version, all tests run. Without ``every``, pylint and similar tests check only the files that are shipped,
    and tests that run once for each Python only run for the oldest of managed hosts, since unit tests and mypy cover the
    others. On an older version, only the tests run whose result can differ there.
    """
    if core != newest:
        return [
            _tests(*_DIFFER),
            [*_tests("pylint"), *_SHIPPED],
            [*_tests("import"), *_IMPORTING_ANSIBLE],
        ]
    if every:
        return [[]]
    targets = [version for version in pythons.everywhere() if version >= _OLDEST_TARGET]
    return [
        _tests(*_EACH_PYTHON, *_FILE_BY_FILE, skip=True),
        [*_tests(*_FILE_BY_FILE), *_SHIPPED],
        [*_tests(*_EACH_PYTHON), "--python", "{}.{}".format(*min(targets, default=python))],
    ]


def _ansible_test_on(core: str, python: Path, build: Path, command: str, runs: list[list[str]]) -> bool:
    """Run ansible-test once for each list of arguments; return whether all passed."""
    began = time.monotonic()
    bindir = ensure_core(core, python)
    version = "{}.{}".format(*(pythons.version_of(bindir / "python") or (0, 0)))
    print(f"--- ansible-test {command}: ansible-core {core}, Python {version}", flush=True)
    options = ["--color", "no"]
    if command == "units":
        options += ["--python", version, "--requirements"]
    clock = timings.SanityClock(core)

    def write(line: str) -> None:
        clock.line(line)
        _print(line)

    passed = True
    for run in runs:
        passed = ansible_test(bindir, build, [command, *options, *run], write) == 0 and passed
        clock.end()
    timings.record("sanity", clock.seconds)
    print(f"--- {'passed' if passed else 'FAILED'} in {time.monotonic() - began:.0f} s", flush=True)
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("command", choices=["sanity", "units"])
    parser.add_argument("--core", choices=sorted(CORES), help="default: the newest that can run here")
    parser.add_argument(
        "--all",
        action="store_true",
        help="every ansible-core that can run here, and every Python for the newest",
    )
    parser.add_argument("--build", type=Path, default=ROOT / ".build", help="default: .build")
    end = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args, passed_on = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1 :]
    available = runnable()
    newest = max(available, key=_number, default="none")
    chosen = sorted(available, key=_number, reverse=True) if args.all else [args.core or newest]
    failed = []
    for core in chosen:
        if core not in available:
            print(f"No Python for ansible-core {core} on this machine: see tools/pythons.py", file=sys.stderr)
            return 1
        runs = [passed_on]
        if args.command == "sanity" and not passed_on:
            runs = sanity_runs(core, newest, pythons.version_of(available[core]) or (0, 0), args.all)
        if not _ansible_test_on(core, available[core], args.build.absolute(), args.command, runs):
            failed.append(core)
    missing = sorted(set(CORES) - set(available))
    print(f"ansible-test {args.command} ran on ansible-core {', '.join(chosen)}.", flush=True)
    if args.all and missing:
        print(f"Not run, for want of a Python: ansible-core {', '.join(missing)}.", flush=True)
        if os.environ.get("CI"):
            failed += missing
    if failed:
        print(f"FAILED on ansible-core {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
