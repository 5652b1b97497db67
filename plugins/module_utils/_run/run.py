# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's interface to a run: reports progress, and checks for cancellation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


def _nothing(*_arguments: Any, **_position: Any) -> None:
    """Ignore a report."""


@dataclass(frozen=True)
class Run:
    """One run of a verb. All its functions may be called from any thread.

    :param progress: called with ``phase``, ``bytes_expected`` and ``rows_expected`` by name.
    :param add: counts processed ``bytes`` and ``rows``.
    :param check: raises CancelledError if a stop was requested.
    :param job_id: id of the run in messages to runs that wait for its locks.
    :param finish: receives the result to record in the run's state.
    :param note: receives values for the audit log by name, which are recorded even if the run fails later.
    """

    progress: Callable[..., None] = _nothing
    add: Callable[..., None] = _nothing
    check: Callable[[], None] = _nothing
    job_id: str = ""
    finish: Callable[[Mapping[str, Any]], None] = _nothing
    note: Callable[..., None] = _nothing

    def phase(self, name: str, *, rows: int | None = None, bytes: int | None = None) -> None:
        """Begin a phase, with its expected bytes and rows, if known."""
        self.check()
        self.progress(phase=name, rows_expected=rows, bytes_expected=bytes)

    def count(self, rows: int, bytes: int) -> None:
        """Count rows and their bytes, and raise CancelledError if a stop was requested."""
        self.add(rows=rows, bytes=bytes)
        self.check()

    def count_files(self, files: int, bytes: int) -> None:
        """Count the bytes of files, and raise CancelledError if a stop was requested."""
        self.count(0, bytes)

    def count_bytes(self, bytes: int) -> None:
        """Count bytes, and raise CancelledError if a stop was requested."""
        self.count(0, bytes)
