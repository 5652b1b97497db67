# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serves one page over HTTP with one thread, with limits that hold for any number of connections.

Anybody who can reach the port can open connections without sending a request, or without reading the answer.
Such a connection is closed after a timeout, or as soon as another one needs its slot.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

#: Connections at once, bytes of a request, and seconds for each half of an exchange.
MOST_CONNECTIONS, _LONGEST_REQUEST, TIME_LIMIT = 128, 8 * 1024, 10.0
#: Minimum seconds for which a page is cached, and the factor of the time that creating it took.
_LEAST_AGE, _AGE_FACTOR = 5.0, 10.0
_TICK = 1.0


@dataclass
class _Connection:
    """An exchange that is not finished."""

    socket: socket.socket
    deadline: float
    request: bytes = b""
    answer: memoryview | None = None


class PageServer:
    """Listens from its creation on.

    :param make: makes the page: its type and its content. It is called again once the last one is some seconds old.
    :raises OSError: the address can't be listened on.
    """

    def __init__(self, address: str, port: int, make: Callable[[], tuple[str, bytes]]) -> None:
        self._make = make
        self._page: tuple[str, bytes] = ("", b"")
        self._stale_at = 0.0
        #: oldest first
        self._open: dict[int, _Connection] = {}
        self._selector = selectors.DefaultSelector()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=MOST_CONNECTIONS)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waker, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)

    def run(self) -> None:
        """Answer until :meth:`stop` is called, then close everything."""
        try:
            while self._turn():
                pass
        finally:
            for descriptor in list(self._open):
                self._close(descriptor)
            self._selector.close()
            for each in (self._listener, self._waker, self._woken):
                each.close()

    def stop(self) -> None:
        """End :meth:`run`, from another thread."""
        with contextlib.suppress(OSError):
            self._waker.send(b".")

    def _turn(self) -> bool:
        for key, _events in self._selector.select(_TICK):
            if key.fileobj is self._woken:
                return False
            if key.fileobj is self._listener:
                self._accept()
            elif key.fd in self._open:
                self._serve(key.fd, self._open[key.fd])
        now = time.monotonic()
        for descriptor, connection in list(self._open.items()):
            if connection.deadline < now:
                self._close(descriptor)
        return True

    def _accept(self) -> None:
        try:
            accepted, _address = self._listener.accept()
        except OSError:
            return
        if len(self._open) >= MOST_CONNECTIONS:
            # Connections with a request are answered; idle ones are closed.
            idle = (found for found, each in self._open.items() if each.answer is None)
            self._close(next(idle, next(iter(self._open))))
        accepted.setblocking(False)
        self._open[accepted.fileno()] = _Connection(accepted, time.monotonic() + TIME_LIMIT)
        self._selector.register(accepted, selectors.EVENT_READ)

    def _serve(self, descriptor: int, connection: _Connection) -> None:
        try:
            if connection.answer is None:
                self._read(connection)
            if connection.answer is not None:
                sent = connection.socket.send(connection.answer)
                connection.answer = connection.answer[sent:]
                if not connection.answer:
                    connection.socket.shutdown(socket.SHUT_WR)
                    self._close(descriptor)
        except BlockingIOError:
            return
        except OSError:
            self._close(descriptor)

    def _read(self, connection: _Connection) -> None:
        """Take what has come of a request; once it is whole, there is an answer. Raise OSError where it has ended."""
        piece = connection.socket.recv(_LONGEST_REQUEST)
        if not piece:
            raise ConnectionResetError
        connection.request += piece
        if b"\r\n\r\n" in connection.request or len(connection.request) > _LONGEST_REQUEST:
            connection.answer = memoryview(self._answer(connection.request))
            connection.deadline = time.monotonic() + TIME_LIMIT
            self._selector.modify(connection.socket, selectors.EVENT_WRITE)

    def _answer(self, request: bytes) -> bytes:
        if len(request) > _LONGEST_REQUEST:
            return _message("431 Request Header Fields Too Large")
        words = request.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _message("400 Bad Request")
        if words[0] not in (b"GET", b"HEAD"):
            return _message("405 Method Not Allowed", "text/plain", b"", "Allow: GET, HEAD\r\n")
        began = time.monotonic()
        if began >= self._stale_at:
            # Whatever the number of requests, a large store on a slow disk is read only a fraction of the time.
            self._page = self._make()
            ended = time.monotonic()
            self._stale_at = ended + max(_LEAST_AGE, _AGE_FACTOR * (ended - began))
        return _message("200 OK", *self._page, body=words[0] == b"GET")

    def _close(self, descriptor: int) -> None:
        connection = self._open.pop(descriptor)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.socket)
        connection.socket.close()


def _message(
    status: str, kind: str = "text/plain", content: bytes = b"", more: str = "", *, body: bool = True
) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        f"Connection: close\r\n{more}\r\n"
    )
    return head.encode("ascii") + (content if body else b"")
