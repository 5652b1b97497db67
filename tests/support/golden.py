# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Golden archives: committed backups of earlier versions, which every later version must restore identically.

``tests/golden/make.py`` created them, each from the same database, directories, configuration file and Redis keys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import RedisServer

from . import runs
from .redis_servers import client
from .servers import connect

ROOT = Path(__file__).resolve().parent.parent / "golden"
#: The contents of each archive of a format: row count and checksum of each table, files, keys.
EXPECTED = "expected.json"
IDENTITY = "age-identity.txt"
PASSPHRASE = "uma senha que não é segredo"
COMPRESSIONS = ("none", "gzip", "zstd")
ENCRYPTIONS = ("none", "aes256", "age")
DIRECTORIES = ("public", "private")


def formats() -> list[Path]:
    """Return the directories with archives, one for each format."""
    return sorted(path for path in ROOT.iterdir() if (path / EXPECTED).is_file())


def archives() -> list[Path]:
    """Return the directories of all archives. Each is a store with one backup, and named ``COMPRESSION-ENCRYPTION``."""
    return sorted(path for each in formats() for path in each.iterdir() if path.is_dir())


def key_for(encryption: str, directory: Path) -> Key | None:
    """Return the key of the archives of an encryption.

    :param directory: the format's directory, which contains the identity.
    """
    if encryption == "none":
        return None
    secret = (directory / IDENTITY).read_text(encoding="ascii") if encryption == "age" else PASSPHRASE
    return Key.from_text(secret)


def contents(server: Server, directories: Mapping[str, Path], config: Path, redis: RedisServer) -> Any:
    """Return the restored contents, in the structure of EXPECTED. Owners are left out, because they depend on the machine."""
    keys = client(redis)
    with closing(keys):
        found = {
            "tables": runs.contents(connect(server)),
            "directories": {
                name: {
                    file: (mode, time, content)
                    for file, (mode, _uid, _gid, time, content) in runs.tree(path).items()
                }
                for name, path in directories.items()
            },
            "config": {
                path.name: (path.read_text(encoding="utf-8"), path.stat().st_mode, path.stat().st_mtime_ns)
                for path in sorted(config.iterdir())
            },
            "redis": {name.decode(): keys.get(name).decode() for name in sorted(keys.keys("*"))},
        }
    return json.loads(json.dumps(found, default=os.fsdecode))
