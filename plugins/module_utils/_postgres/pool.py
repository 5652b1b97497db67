# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection pool that opens all connections at the start, because no new ones can be opened later."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .._errors import DatabaseError
from .server import Server
from .session import Session


class Pool:
    """A fixed number of connections to one database. Thread-safe."""

    def __init__(self, server: Server, size: int) -> None:
        """Open all connections. Raise DatabaseError."""
        self._server = server
        self._guard = threading.Lock()
        self._all: list[Session] = []
        self._free: list[Session] = []
        try:
            for _number in range(size):
                self._all.append(Session.open(server))
        except BaseException:
            self.close()
            raise
        self._free += self._all

    @property
    def backends(self) -> list[int]:
        """The ids of the server's processes for the connections."""
        return [session.backend for session in self._all]

    @contextmanager
    def lend(self, server: Server) -> Iterator[Session]:
        """Lend a connection for the block, in the state of a new one.

        :param server: the server and database to connect to; must be the pool's.

        Raise DatabaseError (``connection_lost``) if none is left because connections were lost.
        """
        if server != self._server:
            raise ValueError(f"these are connections to {self._server.database}, not to {server.database}")
        session = self._take()
        try:
            session.reset()
            # Before the minor versions of 2025, the server refused its own parallel workers like other connections.
            session.execute("SET max_parallel_workers_per_gather = 0")
            yield session
        finally:
            with self._guard:
                self._free.append(session)

    def _take(self) -> Session:
        with self._guard:
            self._free = [session for session in self._free if not session.is_closed]
            if self._free:
                return self._free.pop()
            broken = [session for session in self._all if session.is_closed]
        if not broken:
            raise ValueError("more connections are wanted at a time than there are")
        raise DatabaseError(
            "connection_lost",
            server=self._server.place,
            database=self._server.database,
            context="connect",
            cause=f"{len(broken)} connections have broken, and no new ones are let in",
        )

    def close(self) -> None:
        """Close all connections. Never raises."""
        for session in self._all:
            session.close()
