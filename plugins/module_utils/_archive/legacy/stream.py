# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gzip file as a stream of raw bytes: bounded in memory, in size, and strict to its last byte."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ..._errors import ArchiveError
from ..._libraries import optional
from ..._os_errors import Reading
from ..tarfmt import BLOCK

GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP = 31
#: bytes that are read from the disk, and raw bytes that are made of them, at a time
_READ = 256 * 1024
_PIECE = 1024 * 1024
#: deflate can make 1032 times as much. SQL dumps become 3 to 30 times smaller; this leaves room for tables full of
#: the same row, and a small file may be anything up to the floor.
HIGHEST_RATIO = 200
_FLOOR = 1024 * 1024 * 1024


class RawStream:
    """What a file holds, decompressed where it is gzip, from its beginning on. For one thread.

    Each gzip member's checksum and length are verified when its end is reached.
    """

    def __init__(self, fd: int, path: str, *, careful: bool = False) -> None:
        """
        :param fd: descriptor of a regular file, which stays the caller's; its own position is not used.
        :param path: path of the file, for messages.
        :param careful: decompress block by block, so that damage is met only where it is.
        """
        self._most = BLOCK if careful else _PIECE
        self._fd = fd
        self._path = path
        self._size = os.fstat(fd).st_size
        self._limit = max(_FLOOR, HIGHEST_RATIO * self._size)
        self._at = 0
        self._input = b""
        # ISA-L decompresses ahead of what it is asked for.
        self._library: ModuleType = (None if careful else optional("isal.isal_zlib")) or zlib
        self._errors = (zlib.error, getattr(self._library, "error", zlib.error), EOFError)
        self._compressed = self._pread(len(GZIP_MAGIC), 0) == GZIP_MAGIC
        self._inflate = self._member()
        self._piece = memoryview(b"")
        #: raw bytes that were handed out
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return exactly that many bytes. Raise ArchiveError ``archive_truncated`` if there are not as many."""
        pieces = list(self.pieces(size))
        return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield exactly that many bytes in pieces of at most a megabyte.

        Raise ArchiveError: ``archive_truncated``, ``archive_damaged``, ``legacy_archive_invalid``.
        """
        while size:
            if not self._piece and not self._fill():
                raise ArchiveError("archive_truncated", path=self._path)
            piece = self._piece[:size]
            self._piece = self._piece[len(piece) :]
            self.position += len(piece)
            size -= len(piece)
            yield piece

    def rest(self) -> Iterator[memoryview]:
        """Yield all that is left. Raise ArchiveError as :meth:`pieces` does."""
        while self._piece or self._fill():
            piece, self._piece = self._piece, memoryview(b"")
            self.position += len(piece)
            yield piece

    def _member(self) -> Any:  # the libraries' decompressors have no type in common
        return self._library.decompressobj(_GZIP)

    def _fill(self) -> bool:
        """Get the next piece; return whether there was one."""
        piece = self._inflated() if self._compressed else self._next(self._most)
        if self.position + len(piece) > self._limit:
            raise ArchiveError(
                "legacy_archive_invalid",
                problem="bomb",
                path=self._path,
                ratio=HIGHEST_RATIO,
                size=self._size,
            )
        self._piece = memoryview(piece)
        return bool(piece)

    def _inflated(self) -> bytes:
        try:
            while True:
                if self._inflate.eof and not self._another_member():
                    return b""
                data = self._input or self._next(_READ)
                # Even without further input there may be output: ISA-L takes input in ahead of it.
                piece: bytes = self._inflate.decompress(data, self._most)
                if not data and not piece and not self._inflate.eof:
                    raise ArchiveError("archive_truncated", path=self._path)
                self._input = (
                    self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
                )
                if piece:
                    return piece
        except self._errors as error:
            raise ArchiveError("archive_damaged", problem="gzip", path=self._path, cause=error) from error

    def _another_member(self) -> bool:
        """Begin the next gzip member; return whether there is one. Zeros may follow the last, as gzip allows."""
        while len(self._input) < len(GZIP_MAGIC):
            more = self._next(_READ)
            if not more:
                break
            self._input += more
        if self._input.startswith(GZIP_MAGIC):
            self._inflate = self._member()
            return True
        while self._input:
            if self._input.strip(b"\0"):
                raise ArchiveError("legacy_archive_invalid", problem="tail", path=self._path)
            self._input = self._next(_READ)
        return False

    def _next(self, size: int) -> bytes:
        data = self._pread(size, self._at)
        self._at += len(data)
        return data

    def _pread(self, size: int, offset: int) -> bytes:
        with Reading(self._path, ArchiveError, "archive_unreadable"):
            return os.pread(self._fd, size, offset)
