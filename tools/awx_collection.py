"""Brings the collection awx.awx, which the playbook awx calls, next to the tree that tests and checks run in.

``python tools/awx_collection.py [DIR]``, in the development environment. The package ``ansible`` carries it among a
hundred others: it is fetched through pip, and only awx.awx is taken out of it. Once it is there, nothing is fetched.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import build_tree

# With awx.awx 24.6.1, the newest that was published.
PACKAGE = "ansible==12.*"
_PART = "ansible_collections/awx/"


def ensure(build: Path) -> Path:
    """Have awx.awx below build; return its directory."""
    there = build / "ansible_collections" / "awx"
    if (there / "awx" / "MANIFEST.json").is_file():
        return there / "awx"
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        # It is not run, so that any version of Python will do.
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        command += ["--only-binary", ":all:", "--python-version", "3.12", "--dest", scratch, PACKAGE]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("ansible-*.whl"))) as wheel:
            wheel.extractall(scratch, [name for name in wheel.namelist() if name.startswith(_PART)])
        # By rename: it is there as a whole, or not at all.
        shutil.rmtree(there, ignore_errors=True)
        (Path(scratch) / _PART).rename(there)
    return there / "awx"


def link(build: Path, other: Path) -> None:
    """Let another tree find what is below build, once it is there."""
    link = other / "ansible_collections" / "awx"
    # Until it is there, the link leads nowhere, and still exists.
    if not link.is_symlink() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(build / "ansible_collections" / "awx", target_is_directory=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", type=Path, nargs="?", default=build_tree.ROOT / ".build")
    print(ensure(parser.parse_args().directory.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
