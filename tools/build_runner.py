"""Builds the runner: the engine and its command line as one file that any Python with the libraries runs.

``python tools/build_runner.py [--output FILE]`` writes ``dist/ticketz-sidekick.pyz``. The same sources give the
same bytes. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "plugins" / "module_utils"
DEFAULT = ROOT / "dist" / "ticketz-sidekick.pyz"

PACKAGE = "ticketz_sidekick"
# What only the modules need: it imports Ansible.
_LEFT_OUT = {"_module.py"}
_SHEBANG = b"#!/usr/bin/env python3\n"
# The earliest moment that the format knows.
_MOMENT = (1980, 1, 1, 0, 0, 0)

# Syntax that Pythons of long ago understand, or they could not say what is wrong.
_MAIN = f"""\
import sys

if sys.version_info < (3, 9):
    sys.exit("ticketz-sidekick needs Python 3.9 or newer, and %s is %s." % (sys.executable, sys.version.split()[0]))

from {PACKAGE}._runner.cli import main

sys.exit(main())
"""


def contents() -> dict[str, bytes]:
    """What is in the archive: name → bytes."""
    found = {
        f"{PACKAGE}/{path.relative_to(SOURCES).as_posix()}": path.read_bytes()
        for path in SOURCES.rglob("*.py")
        if path.relative_to(SOURCES).as_posix() not in _LEFT_OUT
    }
    found.setdefault(f"{PACKAGE}/__init__.py", b"")
    found["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    found["__main__.py"] = _MAIN.encode()
    return found


def build(target: Path = DEFAULT) -> Path:
    """Write the runner to a file; return its path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(_SHEBANG)
            # Not compressed: the same bytes whatever the zlib, and quicker to import.
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, data in sorted(contents().items()):
                    entry = zipfile.ZipInfo(name, _MOMENT)
                    entry.create_system = 3  # Unix, so that the permissions count
                    entry.external_attr = 0o100644 << 16
                    archive.writestr(entry, data)
        temporary.chmod(0o755)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, default=DEFAULT, metavar="FILE", help="default: dist/ticketz-sidekick.pyz"
    )
    print(build(parser.parse_args().output.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
