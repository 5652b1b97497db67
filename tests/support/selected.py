# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores single tables and paths in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup_request import BackupRequest
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_result import (
    Restored as Result,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.safety_backup import SafetyBackups
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.selective import restore_selected
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.selective_request import (
    SelectedRequest,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run

NOWHERE = Server(host="127.0.0.1", port=1, connect_timeout=1)


class Restored(NamedTuple):
    """The result of a restore, its warnings, and the number of bytes read from the archive."""

    result: Result
    notices: list[Notice]
    bytes_read: int

    @property
    def codes(self) -> list[str]:
        return [notice.code for notice in self.notices]


def safety(server: Server, store: Path) -> SafetyBackups:
    """Return the safety backups that are made before rows are replaced."""
    request = BackupRequest(server=server, backup_dir=store, database=DatabaseOptions(jobs=2))
    return SafetyBackups(request)


def restore(
    archive: str | Path,
    server: Server | None = None,
    run: Run | None = None,
    rows: Any = None,
    **options: Any,
) -> Restored:
    """Restore parts of an archive; without a server, only paths can be restored."""
    given = {"jobs": 2, "rows": rows or {}, **options}
    key = given.pop("key", None)
    for name in ("tables", "paths"):
        given[name] = tuple(given.get(name, ()))
    if server is not None and given.get("if_not_empty") == "replace":
        given.setdefault("safety", safety(server, Path(archive).parent / "before-restore"))
    notices: list[Notice] = []
    with ArchiveReader.open(str(archive), key, KINDS) as reader:
        request = SelectedRequest(server=server or NOWHERE, **given)
        result = restore_selected(request, reader, notices, run or Run())
        return Restored(result, notices, reader.bytes_read)
