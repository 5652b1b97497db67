# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a backup, in a few figures and names: enough to plan a restore by."""

from __future__ import annotations

from typing import Any

from .._archive.manifest import DatabaseEntry, Manifest


def contents(manifest: Manifest) -> dict[str, Any]:
    """Return what a manifest says that a backup holds. Nothing in it is a secret."""
    return {
        "created": manifest.created,
        "finished": manifest.finished,
        "compression": manifest.compression,
        "encryption": manifest.encryption,
        "database": _database(manifest.database) if manifest.database else None,
        "directories": {
            entry.name: {"path": entry.path, "files": entry.files, "bytes": entry.bytes}
            for entry in manifest.directories
        },
        "config": [entry.path for entry in manifest.config],
        "redis": {"keys": manifest.redis.keys, "bytes": manifest.redis.bytes} if manifest.redis else None,
        "stack": manifest.stack,
    }


def _database(entry: DatabaseEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "server_version": entry.server_version,
        "size": entry.size,
        "tables": len(entry.tables),
        "rows": sum(table.rows for table in entry.tables),
    }
