# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the runner: the engine and its command line as one file that any Python with the libraries runs.

The same sources give the same bytes. Standard library only.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "plugins" / "module_utils"

PACKAGE = "ticketz_sidekick"
#: What only the modules need: it imports Ansible.
_LEFT_OUT = {"_module.py"}
_SHEBANG = b"#!/usr/bin/env python3\n"
#: The earliest moment that the format knows.
_MOMENT = (1980, 1, 1, 0, 0, 0)

#: Syntax that Pythons of long ago understand, or they could not say what is wrong.
_MAIN = f"""\
import sys

if sys.version_info < (3, 9):
    sys.exit("ticketz-sidekick needs Python 3.9 or newer, and %s is %s." % (sys.executable, sys.version.split()[0]))

from {PACKAGE}._runner.cli import main

sys.exit(main())
"""


def contents() -> dict[str, bytes]:
    """Return what is in the archive: name → bytes."""
    found = {
        f"{PACKAGE}/{path.relative_to(SOURCES).as_posix()}": path.read_bytes()
        for path in SOURCES.rglob("*.py")
        if path.relative_to(SOURCES).as_posix() not in _LEFT_OUT
    }
    found.setdefault(f"{PACKAGE}/__init__.py", b"")
    found["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    found["__main__.py"] = _MAIN.encode()
    return found


def zipapp() -> bytes:
    """Return the runner."""
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    # Not compressed: the same bytes whatever the zlib, and quicker to import.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(contents().items()):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.create_system = 3  # Unix, so that the permissions count
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def build(target: Path) -> Path:
    """Write the runner to a file, all of it or nothing; return its path."""
    _write(target, zipapp())
    return target


def build_in(directory: Path) -> Path:
    """Write the runner into a directory, under a name that tells its content, unless it is there; return its path."""
    data = zipapp()
    target = directory / f"ticketz-sidekick-{hashlib.sha256(data).hexdigest()}.pyz"
    if not target.exists():
        _write(target, data)
    return target


def _write(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.chmod(0o755)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
