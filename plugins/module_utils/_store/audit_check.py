# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checking that the audit log is unaltered, in one pass with constant memory.

The chain reveals changes inside the log. Its end is compared with records elsewhere: each backup's sidecar
(also those of copies), and ``.audit.head`` next to the log.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import Notice, listed
from . import audit, audit_lines
from .audit_lines import EMPTY, LINE_LIMIT, Head
from .health import CRITICAL, WARNING, Problem
from .listing import OTHER_STORE, Backup

#: How many backups, the newest ones, are named as evidence of a cut.
_WITNESSES = 5


@dataclass(frozen=True)
class Witness:
    """A record of a line of the log.

    :param head: the line.
    :param name: where the record is, for messages.
    """

    head: Head
    name: str


@dataclass(frozen=True)
class AuditReport:
    """The result of a check.

    :param path: path of the log, existing or not.
    :param lines: number of lines, including fragments of killed runs.
    :param torn: number of such fragments.
    :param head: its last complete line; None if there is none.
    :param problems: the problems found.
    """

    path: Path
    lines: int = 0
    torn: int = 0
    head: Head | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether no altered, removed, moved or cut off lines were found."""
        return all(problem.severity != CRITICAL for problem in self.problems)

    def describe(self) -> dict[str, Any]:
        """Return it as a module's result shows it."""
        return {
            "path": str(self.path),
            "lines": self.lines,
            "torn": self.torn,
            "head": {"sequence": self.head.sequence, "sha256": self.head.sha256} if self.head else None,
            "intact": self.intact,
        }


def witnesses(backups: Iterable[Backup]) -> list[Witness]:
    """Return the records in the sidecars of a store's own backups, oldest backup first."""
    return [
        Witness(backup.sidecar.audit, f"the sidecar of {backup.id}")
        for backup in sorted(backups, key=lambda backup: backup.created)
        if backup.sidecar and backup.sidecar.audit and backup.state != OTHER_STORE
    ]


def check(directory: Path, known: Sequence[Witness]) -> AuditReport:
    """Check the chain of the log in a directory, and compare it with known records.

    :param known: records, read before this call, so that their lines must already be in the log.
    """
    path = directory / audit.LOG_FILE
    remembered = audit.remembered(directory)
    heads = [*known, Witness(remembered, audit.HEAD_FILE)] if remembered else list(known)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return AuditReport(path, problems=tuple(_missing(path, heads)))
    except OSError as error:
        return _unreadable(path, error.strerror or error)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        # open() refuses a directory's descriptor.
        os.close(descriptor)
        return _unreadable(path, "it is not a regular file")
    with os.fdopen(descriptor, "rb") as file:
        try:
            return _Reading(path, heads).read(file)
        except OSError as error:
            return _unreadable(path, error.strerror or error)


def _missing(path: Path, heads: Sequence[Witness]) -> Iterator[Problem]:
    if heads:
        best = max(heads, key=lambda witness: witness.head.sequence)
        facts = {"path": path, "witness": best.name, "lines": best.head.sequence}
        yield Problem(CRITICAL, Notice("audit_missing", **facts))


def _unreadable(path: Path, cause: object) -> AuditReport:
    return AuditReport(
        path, problems=(Problem(CRITICAL, Notice("audit_unreadable", path=path, cause=cause)),)
    )


@dataclass
class _Reading:
    """One pass over a log."""

    path: Path
    heads: Sequence[Witness]
    lines: int = 0
    torn: int = 0
    #: The line with the highest number so far, which the next line must refer to.
    last: Head = EMPTY
    #: Whether the line above is invalid; the next one may mark it as a fragment.
    unexplained: bool = False
    whole: Head | None = None
    ends_torn: bool = False
    altered: set[int] = field(default_factory=set)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    cuts: list[tuple[int, int, str]] = field(default_factory=list)

    def read(self, file: BinaryIO) -> AuditReport:
        by_line: dict[int, set[str]] = {}
        for witness in self.heads:
            by_line.setdefault(witness.head.sequence, set()).add(witness.head.sha256)
        # A line longer than any of ours is read in pieces, and invalid.
        while line := file.readline(LINE_LIMIT + 1):
            self.lines += 1
            found = None if self.unexplained else audit_lines.follower(line, self.last)
            if found:
                # Nearly all lines take this path, so it must be fast.
                self.last = self.whole = found
            elif not line.endswith(b"\n") and len(line) <= LINE_LIMIT:
                self.ends_torn = True
                self.torn += 1
                break
            else:
                found = self._line(line)
            if found and found.sequence in by_line and by_line[found.sequence] != {found.sha256}:
                self.altered.add(found.sequence)
        if self.unexplained:
            self.altered.add(self.last.sequence)
        return AuditReport(self.path, self.lines, self.torn, self.whole, tuple(self._problems()))

    def _line(self, line: bytes) -> Head | None:
        """Process the next complete line; return it if it is valid."""
        links = audit_lines.links(line)
        expected = self.last.sequence + 1
        if links is None:
            if self.unexplained:
                self.altered.add(self.last.sequence)
            self.last, self.unexplained = Head(expected, audit_lines.digest(line)), True
            return None
        found = Head(links.sequence, audit_lines.digest(line))
        if links.sequence < expected:
            self.moved.append(links.sequence)
            return found
        follows = links.sequence == expected and links.previous == self.last.sha256
        if links.sequence > expected:
            self.gaps.append((expected, links.sequence - 1))
        elif not follows:
            self.altered.add(max(1, expected - 1))
        if self.unexplained and not (links.torn and follows):
            self.altered.add(self.last.sequence)
        if links.torn:
            self.torn += 1
        if links.lost:
            self._lost(links.lost, links.sequence)
        self.last, self.unexplained, self.whole = found, False, found
        return found

    def _lost(self, lines: int, sequence: int) -> None:
        """Process a line's marks about the log before it."""
        if lines >= sequence:
            self.cuts.append((sequence - 1, lines, f"line {sequence}"))
        else:
            self.altered.add(lines)

    def _problems(self) -> Iterator[Problem]:
        end = self.whole or EMPTY
        beyond = [witness for witness in self.heads if witness.head.sequence > end.sequence]
        if beyond:
            best = max(beyond, key=lambda witness: witness.head.sequence)
            self.cuts.append((end.sequence, best.head.sequence, best.name))
        moved = set(self.moved)
        gaps = [gap for gap in self.gaps if not (gap[0] == gap[1] and gap[0] in moved)]
        if self.altered:
            yield self._problem("audit_altered", problem="altered", lines=_named(sorted(self.altered)))
        if gaps:
            yield self._problem("audit_altered", problem="missing", lines=_named(gaps))
        if moved:
            yield self._problem("audit_altered", problem="order", lines=_named(sorted(moved)))
        for last, lines, witness in self.cuts[-_WITNESSES:]:
            yield self._problem("audit_altered", problem="cut", last=last, lines=lines, witness=witness)
        if self.ends_torn:
            yield Problem(WARNING, Notice("audit_torn", path=self.path))

    def _problem(self, code: str, **facts: object) -> Problem:
        return Problem(CRITICAL, Notice(code, path=self.path, **facts))


def _named(lines: Sequence[int | tuple[int, int]]) -> str:
    return listed(
        str(item) if isinstance(item, int) else f"{item[0]}-{item[1]}" if item[0] < item[1] else str(item[0])
        for item in lines
    )
