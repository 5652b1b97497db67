# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a program inside a container, and passes it a secret that other processes can't see."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from .._errors import HostError
from .._libraries import require
from .engine import Engine

#: A shell script that prints its process id, reads a secret from standard input, and replaces itself by the
#: program in its arguments, with the secret in the environment. So neither an argument list nor ``docker
#: inspect`` shows the secret.
#:
#: It never starts a child process. An orphaned process would become a child of the container's first process.
#: If that is PostgreSQL, and such a child is killed by a signal, PostgreSQL treats this as a crash of a backend
#: and terminates all sessions of the live database.
_WRAPPER = r"""
variable=$1
shift
echo $$ >&2
IFS= read -r secret
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS
unset PGSSLMODE PGSSLCERT PGSSLKEY PGSSLROOTCERT PGREQUIREAUTH PGCHANNELBINDING PGTARGETSESSIONATTRS PGAPPNAME
if [ -n "$secret" ]; then export "$variable=$secret"; fi
unset secret variable
exec "$@" < /dev/null
"""

#: Exit statuses if the program does not exist, or if the container has no shell.
MISSING = (126, 127)
#: Seconds to wait for the engine to report a program's status after the end of its output.
_STATUS_TIMEOUT = 30
_STDERR = 2


class Execution:
    """A program running in a container. A context manager; :meth:`result` waits for its end.

    :param arguments: program and arguments; never secrets.
    :param variable: name of the environment variable for the secret.
    :param secret: value of that variable; None for no variable.

    Raise HostError (``engine_failed``) if the container can't run the program, for example because it is stopped.
    """

    def __init__(
        self,
        engine: Engine,
        container: str,
        arguments: Sequence[str],
        *,
        variable: str = "PGPASSWORD",
        secret: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._engine = engine
        self._frames: Any = require("docker.utils.socket").frames_iter
        self._id = engine.call(
            "exec_create",
            container,
            ["sh", "-c", _WRAPPER, "sh", variable, *arguments],
            stdin=True,
            environment=dict(environment or {}),
        )["Id"]
        self._over = False
        self._stream: Any = engine.call("exec_start", self._id, socket=True)
        # The SDK's stream can only read; the socket below it can also write.
        self._socket: socket.socket = self._stream._sock
        # No timeout, since a program may write nothing for a long time. If it or the engine dies, the stream ends.
        self._socket.settimeout(None)
        self._container = container
        self._reader: Iterator[tuple[int, bytes]] = self._frames(self._stream, tty=False)
        self._output: list[bytes] = []
        self._errors = b""
        while b"\n" not in self._errors and self._read():
            pass
        pid, _newline, self._errors = self._errors.partition(b"\n")
        self._pid = pid.decode(errors="replace").strip()
        if self._pid.isdigit():
            with self._translated():
                self._socket.sendall(((secret or "") + "\n").encode())

    def _read(self) -> bool:
        """Read some of the program's output; return whether there was any."""
        with self._translated():
            kind, data = next(self._reader, (0, b""))
        if kind == _STDERR:
            self._errors += data
        elif data:
            self._output.append(data)
        return kind != 0

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HostError("engine_failed", host=self._engine.host, cause=error.strerror or error) from error

    def result(self) -> tuple[int, bytes, bytes]:
        """Return the program's exit status, standard output and standard error."""
        while self._read():
            pass
        self._over = True
        return self._status(), b"".join(self._output), self._errors

    def _status(self) -> int:
        deadline = time.monotonic() + _STATUS_TIMEOUT
        while True:
            found = self._engine.call("exec_inspect", self._id)
            if found["ExitCode"] is not None and not found["Running"]:
                return int(found["ExitCode"])
            if time.monotonic() > deadline:
                raise HostError("engine_failed", host=self._engine.host, cause="exec does not end")
            time.sleep(0.02)

    def close(self) -> None:
        """Terminate the program if it is still running."""
        self._stream.close()
        self._socket.close()
        if not self._over and self._pid.isdigit():
            with suppress(HostError):
                if self._engine.call("exec_inspect", self._id)["Running"]:
                    run(self._engine, self._container, ["sh", "-c", 'kill "$1"', "sh", self._pid])

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run(
    engine: Engine, container: str, arguments: Sequence[str], secret: str | None = None
) -> tuple[int, bytes, bytes]:
    """Run a program in a container, and wait for it; return exit status, standard output and standard error."""
    with Execution(engine, container, arguments, secret=secret, environment={"LC_ALL": "C"}) as execution:
        return execution.result()
