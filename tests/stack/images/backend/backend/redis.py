# SPDX-License-Identifier: GPL-3.0-or-later
"""Redis in the few words that are needed: one connection a command."""

from __future__ import annotations

import socket
import time
from typing import BinaryIO
from urllib.parse import unquote, urlsplit


class Redis:
    """A Redis server by its address, such as ``redis://:password@host:6379/0``."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._address = (parts.hostname or "localhost", parts.port or 6379)
        self._first: list[tuple[str, ...]] = []
        if parts.password:
            words = [unquote(word) for word in (parts.username, parts.password) if word]
            self._first.append(("AUTH", *words))
        if parts.path.strip("/"):
            self._first.append(("SELECT", parts.path.strip("/")))

    def command(self, *words: str) -> str | int | None:
        """Send a command and return the answer. Raise OSError if there is none."""
        with (
            socket.create_connection(self._address, timeout=5) as connection,
            connection.makefile("rb") as answers,
        ):
            answer: str | int | None = None
            for each in [*self._first, words]:
                encoded = [word.encode() for word in each]
                lines = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
                connection.sendall(b"*%d\r\n" % len(encoded) + lines)
                answer = _read(answers)
            return answer

    def wait(self, seconds: float = 60) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.command("PING")
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return


def _read(answers: BinaryIO) -> str | int | None:
    line = answers.readline()
    if not line:
        raise OSError("Redis closed the connection")
    kind, rest = line[:1], line[1:].strip()
    if kind == b"-":
        raise OSError(rest.decode())
    if kind == b":":
        return int(rest)
    if kind == b"$":
        if int(rest) < 0:
            return None
        return answers.read(int(rest) + 2)[:-2].decode()
    return rest.decode()
