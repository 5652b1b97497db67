# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a tar that another program has written, one after the other.

tar has many dialects. What GNU tar, BusyBox and bsdtar write for files, directories and links is read; everything
else that a header can say is refused, never skipped. The standard library's tarfile decodes single headers here; it is
not asked to read the archive, because it ends silently at a damaged header, keeps every member in memory, and
reads extended headers of any size.
"""

from __future__ import annotations

import itertools
import os
import tarfile
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, NoReturn

from ..._errors import ArchiveError
from ..entries import TIME_BOUND
from ..names import printable
from ..tarfmt import BLOCK, padding
from .stream import RawStream

FILE, HARDLINK, SYMLINK, DIRECTORY = "file", "hardlink", "symlink", "dir"
_TYPES = {
    tarfile.REGTYPE: FILE,
    tarfile.AREGTYPE: FILE,
    tarfile.LNKTYPE: HARDLINK,
    tarfile.SYMTYPE: SYMLINK,
    tarfile.DIRTYPE: DIRECTORY,
}
#: for messages
_REFUSED = {
    tarfile.CHRTYPE: "a character device",
    tarfile.BLKTYPE: "a block device",
    tarfile.FIFOTYPE: "a FIFO",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
    b"M": "the continuation of another archive",
}
#: pax keywords that say something of the member itself; those of whole families that are not needed are passed over
_PAX_KEYS = frozenset(
    (b"path", b"linkpath", b"size", b"uid", b"gid", b"uname", b"gname", b"mtime", b"atime", b"ctime")
)
_PAX_IGNORED = (b"SCHILY.", b"LIBARCHIVE.", b"RHT.", b"comment", b"charset", b"hdrcharset")
#: bytes of an extended header; a path has at most 4,096
_LONGEST_EXTENSION = 64 * 1024
_LARGEST = 1 << 62
_LARGEST_ID = (1 << 32) - 1
#: sizes and times from here on don't fit the header, so that an extension must give them
_OCTAL_LIMIT = 8**11


class Member(NamedTuple):
    """What a tar says of one member.

    ``name`` and ``link`` are bytes as they are in the tar, but for slashes at the end of a directory's name.
    ``size`` is in bytes (0 of all but files), ``mtime_ns`` in nanoseconds since 1970.
    """

    name: bytes
    type: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    link: bytes


class TarStream:
    """Reads members in their order; each one's content is read, or passed over, before the next."""

    def __init__(self, stream: RawStream, path: str) -> None:
        """
        :param path: path of the archive, for messages.
        """
        self._stream = stream
        self._path = path
        self._left = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Member]:
        """Yield the members, and prove at the end that nothing follows them.

        Raise ArchiveError: ``legacy_archive_invalid``, and what :class:`.RawStream` raises.
        """
        while True:
            member = self._next()
            if member is None:
                return
            self._left, self._padding = member.size, padding(member.size)
            yield member
            for _piece in self.content():
                pass
            self._stream.read(self._padding)

    def content(self) -> Iterator[memoryview]:
        """Yield the content of the current member, or what is left of it, in pieces of at most a megabyte."""
        for piece in self._stream.pieces(self._left):
            self._left -= len(piece)
            yield piece

    def _next(self) -> Member | None:
        long_name: bytes | None = None
        long_link: bytes | None = None
        records: dict[bytes, bytes] = {}
        while True:
            info = self._header()
            if info is None:
                if long_name is not None or long_link is not None or records:
                    self._refuse("an extension belongs to no member")
                return None
            if info.type == tarfile.GNUTYPE_LONGNAME and long_name is None:
                long_name = self._text(info)
            elif info.type == tarfile.GNUTYPE_LONGLINK and long_link is None:
                long_link = self._text(info)
            elif info.type == tarfile.XHDTYPE and not records:
                records = self._records(info)
            elif info.type == tarfile.XGLTYPE:
                # git and others leave a comment for all members; nothing else may hold for all
                if any(not key.startswith(b"comment") for key in self._records(info)):
                    self._refuse("a header for all members")
            else:
                return self._member(info, records, long_name, long_link)

    def _header(self) -> tarfile.TarInfo | None:
        """Return the next header, or None if the archive ends."""
        at = self._stream.position
        block = self._stream.read(BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            if block.count(0) == BLOCK:
                self._end()
                return None
            raise ArchiveError(
                "legacy_archive_invalid", problem="header", path=self._path, offset=at, name="", cause=error
            ) from error
        if not 0 <= info.size < _LARGEST:
            self._refuse("its size is impossible", os.fsencode(info.name))
        return info

    def _end(self) -> None:
        """After a block of zeros there is another one, and then nothing but zeros."""
        for piece in itertools.chain((self._stream.read(BLOCK),), self._stream.rest()):
            if bytes(piece).strip(b"\0"):
                raise ArchiveError("legacy_archive_invalid", problem="tail", path=self._path)

    def _extension(self, info: tarfile.TarInfo) -> bytes:
        if info.size > _LONGEST_EXTENSION:
            self._refuse(f"an extension of {info.size} bytes")
        data = self._stream.read(info.size)
        self._stream.read(padding(info.size))
        return data

    def _text(self, info: tarfile.TarInfo) -> bytes:
        return self._extension(info).rstrip(b"\0")

    def _records(self, info: tarfile.TarInfo) -> dict[bytes, bytes]:
        data = self._extension(info)
        records: dict[bytes, bytes] = {}
        while data:
            digits, space, _rest = data[:8].partition(b" ")
            length = int(digits) if space and digits.isdigit() else 0
            line = data[:length]
            key, equals, value = line[len(digits) + 1 : -1].partition(b"=")
            if len(line) != length or not line.endswith(b"\n") or not equals:
                self._refuse("a pax record is malformed")
            if not key.startswith(_PAX_IGNORED):
                if key not in _PAX_KEYS or key in records or b"\0" in value:
                    self._refuse(f"the pax keyword {printable(key)}")
                records[key] = value
            data = data[length:]
        return records

    def _member(
        self,
        info: tarfile.TarInfo,
        records: dict[bytes, bytes],
        long_name: bytes | None,
        long_link: bytes | None,
    ) -> Member:
        name = self._one(long_name, records.get(b"path"), os.fsencode(info.name))
        link = self._one(long_link, records.get(b"linkpath"), os.fsencode(info.linkname))
        kind = _TYPES.get(info.type)
        if kind is None:
            what = _REFUSED.get(info.type, f"of type {printable(info.type)}")
            raise ArchiveError(
                "legacy_archive_invalid", problem="type", path=self._path, member=printable(name), kind=what
            )
        if kind == FILE and name.endswith(b"/"):
            kind = DIRECTORY  # as tars before POSIX have it
        size = self._number(records, b"size", info.size, name)
        if size != info.size and size < _OCTAL_LIMIT:
            self._refuse("it has two sizes", name)
        if size and kind != FILE:
            self._refuse(f"a {kind} with content", name)
        if not name.strip(b"/") or b"\0" in name or b"\0" in link:
            self._refuse("it has no name", name)
        mtime = self._time(records.get(b"mtime"), info.mtime, name)
        return Member(
            name.rstrip(b"/") if kind == DIRECTORY else name,
            kind,
            size,
            info.mode & 0o7777,
            self._number(records, b"uid", info.uid, name, _LARGEST_ID),
            self._number(records, b"gid", info.gid, name, _LARGEST_ID),
            mtime,
            link if kind in (HARDLINK, SYMLINK) else b"",
        )

    def _one(self, gnu: bytes | None, pax: bytes | None, plain: bytes) -> bytes:
        """Return a name that may have an extension: in one of the two ways, not in both."""
        if gnu is not None and pax is not None:
            self._refuse("it has two names", plain)
        return gnu if gnu is not None else pax if pax is not None else plain

    def _number(
        self, records: dict[bytes, bytes], key: bytes, plain: int, name: bytes, largest: int = _LARGEST
    ) -> int:
        text = records.get(key)
        if text is None:
            value = plain
        elif text.isdigit() and len(text) <= 19:
            value = int(text)
        else:
            self._refuse(f"the pax record {key.decode()}", name)
        if not 0 <= value <= largest:
            self._refuse(f"its {key.decode()} is impossible", name)
        return value

    def _time(self, text: bytes | None, plain: float, name: bytes) -> int:
        try:
            seconds = Decimal(text.decode("ascii")) if text is not None and len(text) < 40 else Decimal(plain)
            mtime_ns = int(seconds * 1_000_000_000)
            if abs(mtime_ns) > TIME_BOUND:
                raise ValueError
            return mtime_ns
        except (ValueError, InvalidOperation, UnicodeDecodeError):
            self._refuse("its time is impossible", name)

    def _refuse(self, cause: str, name: bytes = b"") -> NoReturn:
        raise ArchiveError(
            "legacy_archive_invalid",
            problem="header",
            path=self._path,
            offset=self._stream.position,
            name=printable(name),
            cause=cause,
        )
