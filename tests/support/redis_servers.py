# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Redis servers for tests, each with a password and a socket in its own directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import RedisServer

PASSWORD = "s3nha/do@redis"
_SECONDS = 20


def program() -> str:
    """Return the path of redis-server. If it is missing, the test is skipped; in CI, it fails."""
    found = shutil.which("redis-server")
    if found is None:
        message = "There is no redis-server: apt-get install redis-server"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return found


@contextmanager
def redis_running(directory: Path, *settings: str) -> Iterator[RedisServer]:
    """Run a server during the block. The password is not in any argument list."""
    directory.mkdir(parents=True, exist_ok=True)
    socket = directory / "redis.sock"
    lines = [
        f"unixsocket {socket}", "port 0", "save ''", f"dir {directory}", f'requirepass "{PASSWORD}"', *settings,
    ]  # fmt: skip
    log, given = directory / "log", directory / "redis.conf"
    given.touch(mode=0o600)
    given.write_text("\n".join(lines) + "\n")
    with log.open("wb") as output:
        process = subprocess.Popen([program(), str(given)], stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _SECONDS
        while not socket.exists():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield RedisServer(password=PASSWORD, unix_socket=str(socket))
    finally:
        process.kill()
        process.wait()


def client(server: RedisServer) -> Any:
    """Return the library's client for a server."""
    import redis

    return redis.Redis(unix_socket_path=server.unix_socket, password=server.password, db=server.database)
