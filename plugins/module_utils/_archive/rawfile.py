# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random access to the bytes of an archive, from several threads at once."""

from __future__ import annotations

import errno
import os
import stat
import threading
from typing import Protocol

from .._errors import ArchiveError


class RandomFile(Protocol):
    """What the reader needs of a file, encrypted or not."""

    #: bytes of content
    size: int

    @property
    def bytes_read(self) -> int:
        """Bytes read from the disk or cache so far."""

    def pread(self, offset: int, length: int) -> bytes:
        """Return exactly ``length`` bytes at ``offset``."""


class PlainFile:
    """A file that is not encrypted; the descriptor belongs to the caller."""

    def __init__(self, fd: int, path: str = "") -> None:
        self._fd = fd
        self._path = path
        self._lock = threading.Lock()
        self._bytes_read = 0
        #: bytes
        self.size = os.fstat(fd).st_size

    @property
    def bytes_read(self) -> int:
        """Bytes read so far."""
        return self._bytes_read

    def pread(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes at ``offset``.

        Raise ArchiveError ``archive_truncated`` if the file ends before, ``archive_unreadable`` if the system
        can't read it.
        """
        pieces = []
        missing = length
        while missing > 0:
            try:
                piece = os.pread(self._fd, missing, offset)
            except (OSError, OverflowError, MemoryError) as error:
                raise ArchiveError("archive_unreadable", path=self._path, cause=error) from error
            if not piece:
                raise ArchiveError("archive_truncated", path=self._path)
            pieces.append(piece)
            offset += len(piece)
            missing -= len(piece)
        with self._lock:
            self._bytes_read += length
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def open_archive(path: str) -> int:
    """Return a descriptor of a regular file, for reading.

    Raise ArchiveError: ``archive_missing``, ``archive_unreadable``, ``archive_special``.
    """
    try:
        # not blocking, or opening a FIFO would wait for a writer
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as error:
        raise ArchiveError("archive_missing", path=path) from error
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENXIO:
            raise ArchiveError("archive_special", problem="special", path=path) from error
        code = "archive_unreadable"
        raise ArchiveError(code, path=path, cause=getattr(error, "strerror", None) or error) from error
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISDIR(mode):
            raise ArchiveError("archive_special", problem="directory", path=path)
        if not stat.S_ISREG(mode):
            raise ArchiveError("archive_special", problem="special", path=path)
    except BaseException:
        os.close(fd)
        raise
    return fd
