# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores databases in place in tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.in_place import (
    check_in_place,
    load_in_place,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.in_place_checks import (
    InPlaceOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.load import (
    Loaded,
    LoadOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup_request import BackupRequest
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.safety_backup import SafetyBackups
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError, Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import connect


class Replacement:
    """The warnings and the result of a restore in place."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.loaded = Loaded("", {})

    @property
    def codes(self) -> set[str]:
        return {notice.code for notice in self.notices}


def options(server: Server, archive: str, **given: Any) -> InPlaceOptions:
    """Return the options of a restore in place, with a safety store next to the archive's store."""
    beside = Path(archive).parent.parent / "safety"
    load = LoadOptions(
        2,
        given.pop("role_mapping", {}),
        fix_sequences=True,
        clear_sessions=given.pop("clear_sessions", False),
    )
    request = BackupRequest(
        server=server,
        backup_dir=given.pop("safety_dir", beside),
        database=DatabaseOptions(jobs=2),
        compression="zstd",
        journal=runs.journal(Path(archive).parent),
        pg_dump=given.pop("pg_dump", None),
    )
    return InPlaceOptions(
        load, **{"replace": True, "lock_timeout": 20, "safety": SafetyBackups(request), **given}
    )


def replace(
    server: Server,
    archive: str,
    run: runs.Run | None = None,
    inside: Callable[[Loaded], None] = lambda loaded: None,
    **given: Any,
) -> Replacement:
    """Restore an archive in place."""
    done = Replacement()
    with ArchiveReader.open(archive, None, KINDS) as reader:
        entry = DatabaseEntry.of(reader.manifest)
        assert entry is not None
        wanted = options(server, archive, **given)
        with load_in_place(
            server, reader, entry, wanted, "id@store", done.notices, run or runs.Run()
        ) as loaded:
            done.loaded = loaded
            inside(loaded)
    return done


def check(server: Server, archive: str, **given: Any) -> list[Notice]:
    """Only check whether an archive can be restored in place; return the warnings."""
    notices: list[Notice] = []
    with ArchiveReader.open(archive, None, KINDS) as reader:
        assert DatabaseEntry.of(reader.manifest) is not None
        check_in_place(
            server, reader, DatabaseEntry.of(reader.manifest), options(server, archive, **given), notices
        )
    return notices


def execute(server: Server, sql: str) -> None:
    """Run and commit statements."""
    with closing(connect(server)) as connection:
        connection.autocommit = True
        connection.cursor().execute(sql)


def at_phase(name: str, action: Callable[[], None]) -> runs.Run:
    """Return a run that calls a function when a phase begins."""

    def progress(**position: Any) -> None:
        if position.get("phase") == name:
            action()

    return runs.Run(progress=progress)


def everything(database: Any) -> tuple[Any, ...]:
    """Return the contents and schema of a database, read independently of the engine."""
    server = runs.reach(database)
    return runs.contents(database.connect()), runs.schema_dump(database.server.bindir, server)


def refused(code: str, server: Server, archive: str, **given: Any) -> DatabaseError:
    """Assert that the check and the run raise the same error with a code; return it."""
    found = []
    for attempt in (check, replace):
        with pytest.raises(DatabaseError) as caught:
            attempt(server, archive, **given)
        assert caught.value.code == code, caught.value
        found.append(str(caught.value))
    assert found[0] == found[1]
    return caught.value


_CHILD = """
import sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import in_place, kills
host, port, user, password, dbname, archive, deadly = sys.argv[1:]
server = Server(host=host, port=int(port), user=user, password=password, database=dbname)
in_place.replace(server, archive, kills.Reports(int(deadly)).run)
"""


def replace_in_child(database: Any, archive: str, deadly: int) -> int:
    """Restore in place in a child process that is killed at one of its reports; return its exit status."""
    words = [database.host, str(database.port), database.user, database.password, database.name, archive]
    return subprocess.run([sys.executable, "-c", _CHILD, *words, str(deadly)], check=False).returncode
