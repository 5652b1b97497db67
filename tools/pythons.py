"""Finds the Python interpreters of this machine.

``python3 tools/pythons.py`` lists them; ``--best`` prints the one to develop with.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import subprocess
import sys
from pathlib import Path

# The control node needs 3.10; the development tools have binary wheels up to 3.13.
OLDEST_CONTROLLER = (3, 10)
NEWEST_CONTROLLER = (3, 13)

NONE_SUITABLE = (
    "No Python from {}.{} to {}.{} on PATH: install one, or name it with PYTHON=/path/to/python3.".format(
        *OLDEST_CONTROLLER, *NEWEST_CONTROLLER
    )
)

_PROBE = "import sys; print('%d %d' % sys.version_info[:2])"


def _home() -> Path:
    return Path(os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)


def _path_directories() -> list[Path]:
    return [Path(entry) for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry]


def _pyenv_directories() -> list[Path]:
    root = Path(os.environ.get("PYENV_ROOT") or _home() / ".pyenv")
    try:
        return sorted(root.glob("versions/*/bin"))
    except OSError:
        return []


def version_of(python: Path) -> tuple[int, int] | None:
    """Return the version that the interpreter reports, or None if it fails, like pyenv's shims of missing versions."""
    try:
        done = subprocess.run(
            [str(python), "-c", _PROBE], capture_output=True, text=True, timeout=20, check=True
        )
        major, minor = done.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return int(major), int(minor)


def _collect(directories: list[Path]) -> dict[tuple[int, int], Path]:
    found: dict[tuple[int, int], Path] = {}
    names = ["python3"] + [f"python3.{minor}" for minor in range(9, 16)]
    for directory in directories:
        for name in names:
            candidate = directory / name
            if name != "python3" and (3, int(name.split(".")[1])) in found:
                continue
            if os.access(candidate, os.X_OK):
                version = version_of(candidate)
                if version is not None:
                    found.setdefault(version, candidate)
    return found


def on_path() -> dict[tuple[int, int], Path]:
    """Return version → interpreter, the first on PATH of each version."""
    return _collect(_path_directories())


def everywhere() -> dict[tuple[int, int], Path]:
    """Return version → interpreter, from PATH and pyenv's directory."""
    return _collect(_path_directories() + _pyenv_directories())


def best() -> Path | None:
    """Return the newest interpreter on PATH that can run the control node's code; None if there is none."""
    suitable = {
        version: path
        for version, path in on_path().items()
        if OLDEST_CONTROLLER <= version <= NEWEST_CONTROLLER
    }
    return suitable[max(suitable)] if suitable else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--best", action="store_true", help="print only the one to develop with")
    parser.add_argument("--version", metavar="3.N", help="print only this one; fail where there is none")
    args = parser.parse_args()
    if args.version:
        wanted = {"{}.{}".format(*version): path for version, path in everywhere().items()}.get(args.version)
        print(wanted or "", end="\n" if wanted else "")
        return 0 if wanted else 1
    if args.best:
        python = best()
        if python is None:
            print(NONE_SUITABLE, file=sys.stderr)
            return 1
        print(python)
        return 0
    for version, path in sorted(everywhere().items()):
        print("{}.{}  {}".format(*version, path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
