# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of safety backups, which are made before a database is replaced in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..._errors import DatabaseError
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._run.run import Run


class SafetyBackup(Protocol):
    """Makes safety backups of a database."""

    def check(self, session: Session) -> None:
        """Check, without writing anything, that a backup can be made. Raise DatabaseError (``safety_backup_failed``)."""

    def make(self, server: Server, run: Run) -> dict[str, str]:
        """Make a backup; return its ``backup`` (id) and ``path``. Raise DatabaseError (``safety_backup_failed``)."""

    def without_rows(self, patterns: Sequence[str]) -> SafetyBackup:
        """Return a copy whose backups leave out the rows of tables that match a pattern."""


def required(safety: SafetyBackup | None, server: Server) -> SafetyBackup:
    """Return ``safety``. Raise DatabaseError (``safety_backup_needed``) if it is None."""
    if safety is None:
        raise DatabaseError("safety_backup_needed", database=server.database)
    return safety
