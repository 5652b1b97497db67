# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""If a Docker engine can't be used, the error explains the cause on this host."""

from __future__ import annotations

import os
import pwd
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import Engine, may_be_used


def refused(host: str) -> HostError:
    with pytest.raises(HostError) as caught:
        Engine(host)
    assert host in str(caught.value)
    return caught.value


@contextmanager
def ordinary_user() -> Iterator[str]:
    """A user for whom file permissions are effective, even if root runs the tests."""
    if os.geteuid() != 0:
        yield pwd.getpwuid(os.geteuid()).pw_name
        return
    nobody = pwd.getpwnam("nobody")
    os.setegid(nobody.pw_gid)
    groups = os.getgroups()
    os.setgroups([])
    os.seteuid(nobody.pw_uid)
    try:
        yield "nobody"
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def test_an_engine_answers(docker: Callable[..., str]) -> None:
    with Engine() as engine:
        assert isinstance(engine.containers(), list)


def test_no_socket(tmp_path: Path) -> None:
    error = refused(f"unix://{tmp_path}/docker.sock")
    assert error.code == "engine_absent"
    assert "No such file or directory" in str(error) and "login_host" in str(error)
    assert not may_be_used(f"unix://{tmp_path}/docker.sock")


def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    error = refused(f"unix://{path}")
    assert error.code == "engine_absent" and "Connection refused" in str(error)


def test_a_socket_that_the_user_may_not_use(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    for directory in [tmp_path, *tmp_path.parents][:3]:
        directory.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        path.chmod(0)
        with ordinary_user():
            error = refused(f"unix://{path}")
            assert not may_be_used(f"unix://{path}")
    assert error.code == "engine_refused" and "become: true" in str(error)


def test_a_socket_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer() -> None:
            for _number in range(2):
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.recv(1000)
                    connection.sendall(b"220 mail.example.org ESMTP\r\n")

        threading.Thread(target=answer, daemon=True).start()
        error = refused(f"unix://{path}")
        listener.shutdown(socket.SHUT_RDWR)
    assert error.code == "engine_failed"
    assert "Traceback" not in str(error) and "\n" not in str(error)


@pytest.mark.parametrize(
    "host",
    ["tcp://192.0.2.1:2375", "ssh://root@example.org", "npipe:////./pipe/docker", "docker.sock", "unix://x"],
)
def test_an_engine_of_another_host(host: str) -> None:
    assert refused(host).code == "engine_elsewhere"
