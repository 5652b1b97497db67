# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup made before a database's contents are replaced in place, which can't be undone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._errors import CancelledError, DatabaseError, SidekickError
from .._postgres.server import Server
from .._postgres.session import Session
from .._run.run import Run
from .._stack.pg_dump import find_dumper
from .._store.store import Store
from .backup_request import BackupRequest

#: Name of the directory below the store that is restored from. It is a separate store, so that ``latest`` is
#: unchanged, and neither retention nor monitoring counts safety backups as regular ones.
SUBDIRECTORY = "before-restore"


def safety_store(given: Path | None, backup_dir: Path | None) -> Path | None:
    """Return the store for safety backups, or None if there is no place for one.

    :param given: the user's option; None for the default.
    :param backup_dir: the store that is restored from; None if the archive is elsewhere.
    """
    return given or (backup_dir / SUBDIRECTORY if backup_dir else None)


@dataclass(frozen=True)
class SafetyBackups:
    """Safety backups of one database.

    :param request: how they are made.
    """

    request: BackupRequest

    def check(self, session: Session) -> None:
        """Check, without writing anything, that one can be made. Raise DatabaseError (``safety_backup_failed``)."""
        # Imported late, so that other restores don't load this code.
        from .._components.database.pack import check_readable
        from .backup import backup

        request = self.request
        with _explained(session.server, request):
            if os.path.lexists(request.backup_dir):
                backup(replace(request, dry_run=True), Run())
            else:
                Store.open(request.backup_dir.parent)
                check_readable(session)
                find_dumper(session.version, request.pg_dump, request.container)

    def make(self, server: Server, run: Run) -> dict[str, str]:
        """Back the database up; the store is made if it is missing.

        :returns: ``backup`` (its id) and ``path``.

        Raise DatabaseError (``safety_backup_failed``).
        """

        from .backup import backup

        def progress(**position: Any) -> None:
            phase = position.get("phase")
            run.progress(**{**position, "phase": f"safety backup: {phase}"} if phase else position)

        with _explained(server, self.request):
            Store.open(self.request.backup_dir, create=True)
            made = backup(self.request, replace(run, progress=progress)).backup
        return {"backup": str(made["id"]), "path": str(made["path"])}

    def without_rows(self, patterns: Sequence[str]) -> SafetyBackups:
        """Return those that leave out the rows of tables that match a pattern."""
        database = replace(self.request.database, exclude_table_data=tuple(patterns))
        return SafetyBackups(replace(self.request, database=database))


@contextmanager
def _explained(server: Server, request: BackupRequest) -> Iterator[None]:
    """Wrap errors with what was being done. Cancellation is passed on."""
    try:
        yield
    except CancelledError:
        raise
    except SidekickError as error:
        raise DatabaseError(
            "safety_backup_failed",
            database=server.database,
            path=request.backup_dir,
            cause=error,
            cause_code=error.code,
        ) from error
