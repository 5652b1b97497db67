# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: a local user without rights, or anybody who reaches the port. Claim: the exporter is exhausted."""

from __future__ import annotations

import contextlib
import http.client
import resource
import socket
import threading
from collections.abc import Iterator

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import page_server
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.page_server import (
    MOST_CONNECTIONS,
    PageServer,
)

PAGE = b"ticketz_healthy 1\n" * 2_000


class Served:
    """A running server, and how many times its page was made."""

    def __init__(self) -> None:
        self.made = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.server = PageServer("127.0.0.1", self.port, self._make)
        self.thread = threading.Thread(target=self.server.run)

    def _make(self) -> tuple[str, bytes]:
        self.made += 1
        return "text/plain", PAGE

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def scrape(self, method: str = "GET") -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, "/metrics")
            answer = connection.getresponse()
            return answer.status, answer.read()


@pytest.fixture
def served() -> Iterator[Served]:
    found = Served()
    found.thread.start()
    yield found
    found.server.stop()
    found.thread.join()


HALVES = {
    "nothing": b"",
    "half a request": b"GET /metrics HTTP/1.1\r\nHost: x\r\n",
    "a whole one, and never takes the answer": b"GET /metrics HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("said", HALVES.values(), ids=HALVES)
def test_half_open_connections(served: Served, said: bytes) -> None:
    """A thousand of them: each scrape is answered meanwhile, and memory stays what it was."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with contextlib.ExitStack() as stack:
        for number in range(1_000):
            connection = stack.enter_context(served.connect())
            connection.sendall(said)
            if number % 100 == 99:
                assert served.scrape() == (200, PAGE)
        assert len(served.server._open) <= MOST_CONNECTIONS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 50 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_honest_connections(served: Served) -> None:
    """A thousand of them, which are all answered, by a store that was looked at a few times only."""
    assert {served.scrape() for _number in range(1_000)} == {(200, PAGE)}
    assert served.made < 100


def test_connections_that_say_nothing_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_server, "TIME_LIMIT", 0.1)
    with served.connect() as connection:
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"\r\n\r\n", b"400"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"GET / SPDY/3\r\n\r\n", b"400"),
        (b"GET /" + b"x" * 9_000, b"431"),
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", b"400"),
    ],
)
def test_requests_that_nobody_sends(served: Served, said: bytes, status: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(said)
        assert connection.recv(12) == b"HTTP/1.1 " + status
    assert served.scrape("HEAD") == (200, b"")
    assert served.scrape() == (200, PAGE)
