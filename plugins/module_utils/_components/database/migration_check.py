# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detects a migration that was running when a snapshot was taken.

A migration is not atomic: its index, for example, is created before its row in ``SequelizeMeta``. On a database
restored from a snapshot between the two, the backend runs the migration again, fails, and does not start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..._errors import DatabaseError, listed
from ..._postgres.properties import migrations
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._stack.migrations import Migrators

#: Seconds to wait for a lock on the table: another session may wait for a lock that our own snapshot blocks.
_LOCK_WAIT = 2
#: Seconds to wait for a running migration before another snapshot is taken.
MIGRATION_TIMEOUT = 60
_POLL = 0.5


class MigrationRunningError(Exception):
    """A migration was running while a snapshot was read; the message names the migration or its container."""


class MigrationCheck:
    """Looks for signs of a running migration.

    :param migrators: containers that may run migrations; None if none is known.
    """

    def __init__(self, server: Server, migrators: Migrators | None) -> None:
        self._server = server
        self._migrators = migrators

    def signs(self, known: Sequence[str] | None) -> str:
        """Return the containers that run a migration, or else the migrations that ended since the snapshot; "" if none.

        :param known: the migrations in a snapshot; None if the database keeps no list of them.
        """
        running = self._migrators.running() if self._migrators else []
        return listed(running or self._since(known))

    def _since(self, known: Sequence[str] | None) -> list[str]:
        if known is None:
            return []
        with Session.open(self._server) as session:
            session.execute(f"SET lock_timeout = '{_LOCK_WAIT}s'")
            try:
                return sorted(set(migrations(session)) ^ set(known))
            except DatabaseError as error:
                # Locked or dropped: a migration is running.
                if error.code == "lock_not_available" or error.facts.get("sqlstate") == "42P01":
                    return ["SequelizeMeta"]
                raise

    def wait(self, check: Callable[[], None]) -> None:
        """Wait until no container runs a migration, up to a time limit."""
        deadline = time.monotonic() + MIGRATION_TIMEOUT
        while self._migrators and self._migrators.running() and time.monotonic() < deadline:
            check()
            time.sleep(_POLL)
