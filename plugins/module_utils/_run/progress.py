# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The progress of a run, which its workers count, and which others can read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Position:
    """The progress of a run.

    :param phase: the current phase, such as ``copy``; an empty string before the first one.
    :param bytes_done: bytes processed.
    :param bytes_expected: expected bytes; 0 if unknown.
    :param rows_done: rows processed.
    :param rows_expected: expected rows; 0 if unknown.
    """

    phase: str = ""
    bytes_done: int = 0
    bytes_expected: int = 0
    rows_done: int = 0
    rows_expected: int = 0


class Progress:
    """Receives an engine's progress, from any thread. Never raises, and never waits for a disk.

    :param on_change: called after each change; it must be quick.
    """

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._position = Position()
        self._on_change = on_change

    @property
    def position(self) -> Position:
        """The current progress."""
        with self._lock:
            return self._position

    def __call__(
        self,
        *,
        phase: str | None = None,
        bytes_done: int | None = None,
        bytes_expected: int | None = None,
        rows_done: int | None = None,
        rows_expected: int | None = None,
    ) -> None:
        """Set the given values, and keep the others."""
        given = {
            "phase": phase,
            "bytes_done": bytes_done,
            "bytes_expected": bytes_expected,
            "rows_done": rows_done,
            "rows_expected": rows_expected,
        }
        with self._lock:
            # mypy can't match names and values here.
            self._position = replace(self._position, **{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
        self._changed()

    def add(self, *, bytes: int = 0, rows: int = 0) -> None:
        """Add the bytes and rows that a worker has just processed."""
        with self._lock:
            done = self._position
            self._position = replace(
                done, bytes_done=done.bytes_done + bytes, rows_done=done.rows_done + rows
            )
        self._changed()

    def _changed(self) -> None:
        if self._on_change:
            self._on_change()
