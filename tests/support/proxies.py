# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy that breaks a connection at a chosen point."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Proxy:
    """A proxy between a client and a server. Once armed, it breaks the connection on which certain bytes are sent.

    :param cut_at: the bytes from the client at which the connection is broken.
    :param deliver: whether these bytes are still sent to the server.
    """

    def __init__(self, host: str, port: int, cut_at: bytes, *, deliver: bool) -> None:
        self._server = (host, port)
        self._cut_at = cut_at
        self._deliver = deliver
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.armed = threading.Event()
        self.cut = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[Proxy]:
        """Accept connections during the block."""
        self._start(self._accept)
        try:
            yield self
        finally:
            for one in (self._listener, *self._sockets):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            for thread in self._threads:
                thread.join()
            for one in (self._listener, *self._sockets):
                one.close()

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                self._start(self._pump, client, server, True)
                self._start(self._pump, server, client, False)

    def _pump(self, source: socket.socket, target: socket.socket, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if watched and self.armed.is_set() and self._cut_at in data and not self.cut.is_set():
                    # Disconnect the client first, so that it can't receive the answer.
                    with contextlib.suppress(OSError):
                        source.shutdown(socket.SHUT_RDWR)
                    if self._deliver:
                        target.sendall(data)
                    self.cut.set()
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                # Close only one direction, so that the server can read what was delivered.
                end.shutdown(socket.SHUT_WR)
