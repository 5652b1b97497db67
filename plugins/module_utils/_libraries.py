# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Third-party libraries of the managed host, imported when they are first needed.

Importing late lets every module load without them, and turns a missing one into a clear message.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from ._errors import HostError

#: import name → (package to install, what it is for)
_PURPOSES = {
    "psycopg2": ("psycopg2-binary", "connections to PostgreSQL"),
    "cryptography": ("cryptography", "encrypted backups"),
    "pyrage": ("pyrage", "backups encrypted by age"),
    "backports.zstd": ("backports.zstd", "zstd compression"),
    "docker": ("docker", "finding Ticketz's containers"),
    "jmespath": ("jmespath", "finding Ticketz's containers"),
    "requests": ("requests", "finding Ticketz's containers"),
    "redis": ("redis", "backing up and restoring Redis's keys"),
    "prometheus_client": ("prometheus-client", "metrics"),
    "yaml": ("PyYAML", "reading Compose files"),
}


def optional(name: str) -> ModuleType | None:
    """Return the library with the given import name, or None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def require(name: str) -> ModuleType:
    """Return the library with the given import name (a submodule is allowed).

    Raise HostError (``library_missing``) if this interpreter can't import it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        library = next((key for key in _PURPOSES if name == key or name.startswith(key + ".")), name)
        package, purpose = _PURPOSES.get(library, (library, "this operation"))
        raise HostError(
            "library_missing",
            library=library,
            package=package,
            purpose=purpose,
            python=sys.executable,
            cause=error,
        ) from error
