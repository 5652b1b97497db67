# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit log: append-only, each line chained to the one before by its hash.

A line is written by one call and synced. A run that is killed in that call, or a disk that fills up, leaves a
fragment. The next run ends the fragment with a newline, keeps it, and records that in its own line (``torn``).
Next to the log, ``.audit.head`` remembers its last line: if the log is shorter than that, the next line records
it permanently (``lost``), so that later runs can't hide the loss.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import StoreError
from . import audit_lines, files
from .audit_lines import EMPTY, LINE_LIMIT, Head, Links
from .lock import Lock

LOG_FILE = "audit.jsonl"
HEAD_FILE = ".audit.head"
LOCK_FILE = ".audit.lock"

#: Seconds to wait for another process that is writing a line. Writing takes an instant.
_LOCK_TIMEOUT = 10.0
_HEAD = re.compile(rb"([1-9][0-9]{0,17}) ([0-9a-f]{64})\n")
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class _End:
    """The last lines of a log.

    :param last: the last line; a fragment counts as one.
    :param whole: the last complete line.
    """

    last: Head
    whole: Head

    @property
    def torn(self) -> bool:
        return self.last != self.whole


def append(directory: Path, told: Mapping[str, Any]) -> Head:
    """Append a line to the log in a directory, and return it as the head for the next one.

    If there is no log, it is created, owned by the directory's owner and readable by that owner alone.

    :param told: contents of the line, without secrets.
    :raises StoreError: ``lock_held``, ``lock_unusable``.
    :raises OSError: The log can't be written.
    """
    path = directory / LOG_FILE
    with Lock(directory / LOCK_FILE, verb="audit").acquire(_LOCK_TIMEOUT):
        new = not os.path.lexists(path)
        # Append mode only: the file may be protected with "chattr +a".
        descriptor = _open(path, os.O_RDWR | os.O_APPEND)
        try:
            if new:
                files.sync_directory(directory)
            end = _end(descriptor)
            chain = Links(
                end.last.sha256, end.last.sequence + 1, end.torn, _lost(remembered(directory), end.whole)
            )
            data = audit_lines.line(chain, told)
            _write(descriptor, b"\n" + data if end.torn else data)
        finally:
            os.close(descriptor)
        head = Head(chain.sequence, audit_lines.digest(data))
        _remember(directory, head)
    return head


def head(directory: Path) -> Head | None:
    """Return the last complete line of the log in a directory, or None if no line can be read."""
    try:
        descriptor = os.open(directory / LOG_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = _end(descriptor).whole if stat.S_ISREG(os.fstat(descriptor).st_mode) else EMPTY
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None if found == EMPTY else found


def remembered(directory: Path) -> Head | None:
    """Return the last line recorded in ``.audit.head``, or None."""
    try:
        found = _HEAD.match(files.read_small(directory / HEAD_FILE, 1024))
    except (OSError, ValueError):
        return None
    return Head(int(found[1]), found[2].decode()) if found else None


def _open(path: Path, flags: int) -> int:
    """Open a file of the log, or create it with the directory's owner. Raise OSError, StoreError
    (``lock_unusable``)."""
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        descriptor = os.open(path, flags | os.O_CREAT, 0o600)
        if os.geteuid() == 0:
            # Root may write the first line, and the store's own account the next.
            owner = os.stat(path.parent)
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreError("lock_unusable", path=path, cause="it is not a regular file")
    return descriptor


def _end(descriptor: int) -> _End:
    size = os.fstat(descriptor).st_size
    start = max(0, size - 3 * LINE_LIMIT)
    lines = _split(os.pread(descriptor, size - start, start))
    # Unless the whole file was read, the first line is incomplete.
    heads = [_head_of(item) for item in lines[1 if start else 0 :][-2:]]
    if not lines:
        return _End(EMPTY, EMPTY)
    if lines[-1].endswith(b"\n"):
        return _End(heads[-1], heads[-1]) if heads and heads[-1] else _counted(descriptor, lines[-1])
    before = heads[0] if len(heads) == 2 else None if start else EMPTY
    if before is None:
        return _counted(descriptor, lines[-1])
    return _End(Head(before.sequence + 1, audit_lines.digest(lines[-1])), before)


def _split(data: bytes) -> list[bytes]:
    """Split at newlines only; bytes.splitlines also splits at carriage returns."""
    *whole, rest = data.split(b"\n")
    return [*(part + b"\n" for part in whole), *([rest] if rest else [])]


def _head_of(item: bytes) -> Head | None:
    found = audit_lines.links(item)
    return Head(found.sequence, audit_lines.digest(item)) if found else None


def _counted(descriptor: int, last: bytes) -> _End:
    """Return the end of a log whose last lines this collection did not write, by counting all lines."""
    count, position = 0, 0
    while piece := os.pread(descriptor, _CHUNK, position):
        count += piece.count(b"\n")
        position += len(piece)
    if last.endswith(b"\n"):
        found = Head(count, audit_lines.digest(last))
        return _End(found, found)
    return _End(Head(count + 1, audit_lines.digest(last)), EMPTY)


def _lost(known: Head | None, whole: Head) -> int:
    """Return how many lines the log once had if it has fewer now or its last line differs; 0 if neither."""
    if known is None or known.sequence < whole.sequence or known == whole:
        return 0
    return known.sequence


def _write(descriptor: int, data: bytes) -> None:
    """Append bytes durably; on failure, remove the part that was written if possible. Raise OSError."""
    size = os.fstat(descriptor).st_size
    try:
        files.write_all(descriptor, data)
        os.fsync(descriptor)
    except OSError:
        try:
            os.ftruncate(descriptor, size)
        except OSError:
            # The next run finds the fragment and records it.
            pass
        raise


def _remember(directory: Path, last: Head) -> None:
    """Record the last line. Not synced: an older record is still true, only less strict."""
    try:
        descriptor = _open(directory / HEAD_FILE, os.O_RDWR)
    except OSError:
        return
    try:
        data = f"{last.sequence} {last.sha256}\n".encode()
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))
    except OSError:
        pass
    finally:
        os.close(descriptor)
