"""Creates a virtual environment, and updates it when its requirements change.

``python3 tools/make_venv.py DIR REQUIREMENT...``: each requirement is a file name or,
after ``--package``, a requirement such as ``ansible-core~=2.19.0``.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pythons

_STAMP = ".made-from"


class CannotMakeError(Exception):
    """The environment cannot be created; the message says what to do."""


def _included(requirement_file: Path) -> list[Path]:
    """Return the file and all files that it includes with ``-r``."""
    files = [requirement_file]
    for line in requirement_file.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            files += _included(requirement_file.parent / line[3:].strip())
    return files


def _fingerprint(requirement_files: list[Path], packages: list[str]) -> str:
    digest = hashlib.sha256(repr(packages).encode())
    for top in requirement_files:
        for path in _included(top):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _has_ensurepip(python: Path) -> bool:
    return (
        subprocess.run(
            [str(python), "-c", "import ensurepip, venv"], capture_output=True, check=False
        ).returncode
        == 0
    )


def _provide_venv(python: Path) -> None:
    """Install the package that venv needs and that Debian and Ubuntu do not install with Python."""
    if _has_ensurepip(python):
        return
    version = "{}.{}".format(*(pythons.version_of(python) or sys.version_info[:2]))
    package = f"python{version}-venv"
    command = f"apt-get install --yes {package}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise CannotMakeError(f"{python} cannot make virtual environments; run as root: {command}")
    print(f"{python} cannot make virtual environments: running {command}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "--quiet"], env=environment, stdout=subprocess.DEVNULL, check=False)
    done = subprocess.run(
        ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode or not _has_ensurepip(python):
        raise CannotMakeError(f"{python} cannot make virtual environments, and this failed: {command}")


def _create(directory: Path, python: Path | None) -> None:
    python = python or pythons.best()
    if python is None:
        raise CannotMakeError(pythons.NONE_SUITABLE)
    _provide_venv(python)
    print(f"Setting up {directory.name} with {python}", flush=True)
    subprocess.run([str(python), "-m", "venv", "--clear", str(directory)], check=True)


def ensure(
    directory: Path,
    requirement_files: list[Path] | None = None,
    packages: list[str] | None = None,
    python: Path | None = None,
) -> Path:
    """Create or update the environment if needed; return its Python.

    If ``python`` is None, a working environment is kept, even if PATH has a newer Python.
    """
    requirement_files = requirement_files or []
    packages = packages or []
    directory = directory.absolute()
    fingerprint = _fingerprint(requirement_files, packages)
    stamp = directory / _STAMP
    # Two runs of make may be concurrent; the second one waits and then has nothing to do.
    with open(f"{directory}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inside = directory / "bin" / "python"
        usable = stamp.exists() and inside.exists()
        usable = usable and (python is None or pythons.version_of(python) == pythons.version_of(inside))
        if usable and stamp.read_text(encoding="utf-8") == fingerprint:
            return inside
        if usable:
            # Not created from scratch, because programs of the environment may be running.
            print(f"Bringing {directory.name} up to date", flush=True)
        else:
            _create(directory, python)
        arguments = packages + [part for path in requirement_files for part in ("-r", str(path))]
        subprocess.run(
            [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments],
            check=True,
        )
        stamp.write_text(fingerprint, encoding="utf-8")
        return inside


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", type=Path)
    parser.add_argument("requirements", type=Path, nargs="*")
    parser.add_argument("--package", action="append", default=[])
    parser.add_argument("--python", type=Path, help="default: the newest suitable one on PATH")
    args = parser.parse_args()
    try:
        ensure(args.directory, args.requirements, args.package, args.python)
    except CannotMakeError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Cannot set up {args.directory}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
