# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing a ``.tar.gz`` for other tools: one stream to them, compressed by several threads here."""

from __future__ import annotations

import collections
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Callable

from .. import tarfmt
from ..codec import Buffer, Codec
from ..parallel import settle, threads

#: raw bytes that are compressed at a time
_PIECE = 4 * 1024 * 1024


class TarGzWriter:
    """Writes members to a file one after the other; for one thread, and for use with ``with``.

    :param fd: descriptor of an empty file, which stays the caller's.
    :param codec: gzip.
    """

    def __init__(self, fd: int, codec: Codec, jobs: int) -> None:
        self._fd = fd
        self._codec = codec
        self._pool = ThreadPoolExecutor(threads(jobs), "sidekick-export")
        self._ahead = threads(jobs) + 1
        self._pending: collections.deque[Future[bytes]] = collections.deque()
        self._waiting: list[Buffer] = []
        self._size = 0
        #: compressed bytes that were written
        self.written = 0

    def __enter__(self) -> TarGzWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        settle(self._pending)
        self._pool.shutdown()

    @contextmanager
    def member(self, info: tarfile.TarInfo) -> Iterator[Content]:
        """Write a member whose size is known; the block writes exactly that many bytes. Raise OSError."""
        self._raw(_header(info))
        content = Content(self._raw)
        yield content
        if content.size != info.size:
            raise ValueError(f"{content.size} bytes instead of {info.size}")
        self._raw(bytes(tarfmt.padding(content.size)))

    @contextmanager
    def stream(self, info: tarfile.TarInfo) -> Iterator[Content]:
        """Write a member whose size is only known at its end; the block writes its content.

        Its header is a gzip member of its own, of stored blocks and so always of the same length, which is written
        again at the end. Raise OSError.
        """
        self._flush()
        self._drain(0)
        place = self.written
        block = self._codec.store(_header(info))
        self._write(block)
        content = Content(self._raw)
        yield content
        self._raw(bytes(tarfmt.padding(content.size)))
        info.size = content.size
        final = self._codec.store(_header(info))
        if len(final) != len(block):
            raise ValueError("a header of another length")
        view = memoryview(final)
        while view:
            done = os.pwrite(self._fd, view, place)
            place, view = place + done, view[done:]

    def finish(self) -> None:
        """Write the end. Raise OSError."""
        self._raw(tarfmt.END)
        self._flush()
        self._drain(0)

    def _raw(self, data: Buffer) -> None:
        if not len(data):
            return
        # A view may change after this call.
        self._waiting.append(data if isinstance(data, bytes) else bytes(data))
        self._size += len(data)
        if self._size >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            raw = b"".join(self._waiting)
            self._waiting, self._size = [], 0
            self._pending.append(self._pool.submit(self._compressed, raw))
            self._drain(self._ahead)

    def _drain(self, left: int) -> None:
        while len(self._pending) > left:
            self._write(self._pending.popleft().result())

    def _compressed(self, raw: bytes) -> bytes:
        if self._codec.looks_incompressible(raw):
            return self._codec.store(raw)
        return self._codec.compress(raw)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        self.written += len(data)


class Content:
    """The content of a member."""

    def __init__(self, take: Callable[[Buffer], None]) -> None:
        self._take = take
        #: bytes so far
        self.size = 0

    def write(self, data: Buffer) -> None:
        """Take what comes next."""
        self.size += len(data)
        self._take(data)


def tar_info(name: bytes, kind: bytes = tarfile.REGTYPE, size: int = 0, mode: int = 0o600) -> tarfile.TarInfo:
    """Return a member's header, of root and without a time.

    :param name: as on disk, any bytes.
    :param kind: one of tarfile's types.
    """
    info = tarfile.TarInfo(os.fsdecode(name))
    info.type, info.size, info.mode = kind, size, mode
    return info


def _header(info: tarfile.TarInfo) -> bytes:
    # GNU's dialect, not POSIX': BusyBox, with which Ticketz's installer unpacks, passes over pax records, and with
    # them over long names.
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
