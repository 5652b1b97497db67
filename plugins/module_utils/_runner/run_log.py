# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log of a run without a terminal, line by line: to a file, and to the journal or syslog."""

from __future__ import annotations

import os
import syslog
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from .._store import times

INFO, WARNING, ERROR = "INFO", "WARNING", "ERROR"

_PRIORITIES = {INFO: syslog.LOG_INFO, WARNING: syslog.LOG_WARNING, ERROR: syslog.LOG_ERR}


class RunLog:
    """The log of one run. Trouble with a log never stops the run.

    :param name: what runs, in each line.
    :param path: the file; None for none. It is opened for each line, so it may be rotated at any time.
    :param stream: gets the lines as well, without a time; None sends them to syslog.
    """

    def __init__(self, name: str, path: Path | None, stream: TextIO | None) -> None:
        self._name = name
        self._path = path
        self._stream = stream
        self.lines: list[str] = []
        #: What went wrong, and what a person should know: errors, and everything else.
        self.errors: list[str] = []
        self.concerns: list[str] = []

    @property
    def causes(self) -> list[str]:
        """Why the run did not end well, the most important first, each once."""
        return list(dict.fromkeys([*self.errors, *self.concerns]))

    def __call__(self, severity: str, text: str) -> None:
        """Write a text, each of its lines as one."""
        if severity != INFO:
            (self.errors if severity == ERROR else self.concerns).append(" ".join(text.split()))
        for line in text.splitlines():
            self.lines.append(line if severity == INFO else f"{severity}: {line}")
            self._to_file(severity, line)
            self._to_system(severity, line)

    def _to_file(self, severity: str, line: str) -> None:
        if self._path is None:
            return
        text = f"{times.to_text(times.utc_now())} {self._name}[{os.getpid()}] {severity}: {line}\n"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(self._path, flags, 0o600)
            try:
                os.write(descriptor, text.encode("utf-8", "backslashreplace"))
            finally:
                os.close(descriptor)
        except OSError:
            # A full disk, perhaps the very reason of what should be logged; the journal still has it.
            pass

    def _to_system(self, severity: str, line: str) -> None:
        if self._stream is not None:
            encoding = self._stream.encoding or "ascii"
            text = line if severity == INFO else f"{severity}: {line}"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
            self._stream.flush()
            return
        # Without a daemon that listens this does nothing.
        syslog.openlog(f"ticketz-sidekick-{self._name}", syslog.LOG_PID, syslog.LOG_DAEMON)
        syslog.syslog(_PRIORITIES[severity], line.encode("utf-8", "backslashreplace").decode("utf-8"))


def shown_by(environment: Mapping[str, str], stream: TextIO) -> TextIO | None:
    """Return the stream, where somebody looks at it: systemd's journal or a terminal; else None.

    Under cron each line on it would become a mail.
    """
    return stream if environment.get("JOURNAL_STREAM") or stream.isatty() else None
