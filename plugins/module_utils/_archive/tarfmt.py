# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""tar headers (POSIX ustar, with pax records only where ustar has no room), written and read strictly.

Every header has exactly one form: reading means parsing, writing again and comparing every byte, so nothing
can hide in a field that is not looked at. The standard library's tarfile reads what is written here; it is
not used for writing because building one of its headers measured 13.5 µs against 2.3 µs here, which counts with a
million files.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .codec import Buffer
from .names import printable

BLOCK = 512
#: what ends a tar
END = bytes(2 * BLOCK)

FILE, HARDLINK, SYMLINK, DIRECTORY = b"0", b"1", b"2", b"5"

#: name, mode, uid, gid, size, mtime, checksum, type, link, magic, version, user, group, device, prefix
_USTAR = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x")
_DEVICE = b"0000000\0"
_PAX_NAME = b"././@PaxHeader"
_PAX_KEYS = frozenset((b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime", b"hdrcharset"))
_PAX_LONGEST = 64 * 1024
_LARGEST = 1 << 62
#: below these, a name, a link, an id, and a size or time need no pax record
PLAIN_NAME, PLAIN_ID, PLAIN_SIZE = 100, 8**7, 8**11


class Header(NamedTuple):
    """What a tar header says; names are bytes as on disk, ``mtime`` is in whole seconds."""

    name: bytes
    type: bytes = FILE
    size: int = 0
    mode: int = 0o600
    uid: int = 0
    gid: int = 0
    user: str = ""
    group: str = ""
    mtime: int = 0
    link: bytes = b""


def padding(size: int) -> int:
    """Return how many zero bytes follow a payload of ``size`` bytes."""
    return -size % BLOCK


def encode(header: Header) -> bytes:
    """Return the one byte form of a header: 512 bytes, or more where pax records are needed."""
    records: list[tuple[bytes, bytes]] = []
    prefix, name = _split(header.name)
    if len(name) > PLAIN_NAME:
        records.append((b"path", header.name))
        prefix, name = b"", header.name[:100]
    link = header.link
    if len(link) > PLAIN_NAME:
        records.append((b"linkpath", link))
        link = link[:100]
    if records and not _is_utf8(header.name + header.link):
        records.insert(0, (b"hdrcharset", b"BINARY"))
    numbers = []
    for key, number, limit in (
        (b"size", header.size, PLAIN_SIZE),
        (b"uid", header.uid, PLAIN_ID),
        (b"gid", header.gid, PLAIN_ID),
        (b"mtime", header.mtime, PLAIN_SIZE),
    ):
        if not 0 <= number < limit:
            records.append((key, b"%d" % number))
            number = 0
        numbers.append(number)
    size, uid, gid, mtime = numbers
    block = _block(name, header, size, uid, gid, mtime, link, prefix)
    return _pax(records) + block if records else block


class HeaderError(ValueError):
    """What should be a tar header is none; who reads it knows of which backup.

    :param name: as the header has it.
    :param offset: where it begins.
    """

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(name)
        self.name, self.offset = name, offset


def decode(raw: Buffer, offset: int) -> tuple[Header, int]:
    """Return the header at a byte offset of a raw frame, and the offset of its payload.

    Raise HeaderError for anything but the one form that :func:`encode` gives a header.
    """
    try:
        records: dict[bytes, bytes] = {}
        at = offset
        fields = _USTAR.unpack_from(raw, at)
        if fields[7] == b"x":
            length = _number(fields[4])
            if length > _PAX_LONGEST:
                raise ValueError("pax records too long")
            start = at + BLOCK
            records = _records(bytes(raw[start : start + length]))
            at = start + length + padding(length)
            fields = _USTAR.unpack_from(raw, at)
        header = _header(fields, records)
        end = at + BLOCK
        if encode(header) != bytes(raw[offset:end]):
            raise ValueError("not the canonical form")
    except (ValueError, struct.error, KeyError) as error:
        name = bytes(raw[offset : offset + 100]).split(b"\0")[0]
        raise HeaderError(printable(name), offset) from error
    return header, end


def _split(name: bytes) -> tuple[bytes, bytes]:
    """Return ustar's prefix and name fields; the name is too long if there is no place to split."""
    if len(name) <= 100 or len(name) > 256:
        return b"", name
    # the earliest slash that leaves no more than 100 bytes for the name; one at the end is no separator
    at = name.find(b"/", len(name) - 101, len(name) - 1)
    if at <= 0 or at > 155:
        return b"", name
    return name[:at], name[at + 1 :]


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _owner(name: str) -> bytes:
    # a longer name would be cut by ustar; the ids and the index still have it
    data = name.encode("utf-8", "surrogateescape")
    return data if len(data) < 32 else b""


def _block(
    name: bytes, header: Header, size: int, uid: int, gid: int, mtime: int, link: bytes, prefix: bytes
) -> bytes:
    block = _USTAR.pack(
        name,
        b"%07o\0" % header.mode,
        b"%07o\0" % uid,
        b"%07o\0" % gid,
        b"%011o\0" % size,
        b"%011o\0" % mtime,
        b"        ",
        header.type,
        link,
        b"ustar\0",
        b"00",
        _owner(header.user),
        _owner(header.group),
        _DEVICE,
        _DEVICE,
        prefix,
    )
    # adding up only what is not zero: measured 0.7 µs instead of 1.7
    return block[:148] + b"%06o\0 " % sum(block.translate(None, b"\0")) + block[156:]


def _pax(records: list[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(_record(key, value) for key, value in records)
    holder = Header(_PAX_NAME, type=b"x", mode=0o644)
    block = _block(_PAX_NAME, holder, len(body), 0, 0, 0, b"", b"")
    return block + body + bytes(padding(len(body)))


def _record(key: bytes, value: bytes) -> bytes:
    # the length counts its own digits
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    if len(str(length)) != len(str(rest)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _records(data: bytes) -> dict[bytes, bytes]:
    records: dict[bytes, bytes] = {}
    while data:
        digits = data[:8].split(b" ")[0]
        if not digits.isdigit() or len(digits) > 6:
            raise ValueError("pax length")
        length = int(digits)
        key, _equals, value = data[len(digits) + 1 : length - 1].partition(b"=")
        if key not in _PAX_KEYS or length < 5:
            raise ValueError("pax key")
        records[key] = value
        data = data[length:]
    return records


def _number(field: bytes) -> int:
    digits = field.rstrip(b"\0")
    if not digits.isdigit():
        raise ValueError("not a number")
    return int(digits, 8)


def _header(fields: tuple[bytes, ...], records: dict[bytes, bytes]) -> Header:
    def text(index: int) -> bytes:
        return fields[index].rstrip(b"\0")

    def value(key: bytes, index: int) -> int:
        if key not in records:
            return _number(fields[index])
        if len(records[key]) > 20:
            raise ValueError("number too long")
        return int(records[key])

    name = records.get(b"path", text(15) + b"/" + text(0) if text(15) else text(0))
    size = value(b"size", 4)
    if fields[7] not in (FILE, HARDLINK, SYMLINK, DIRECTORY) or not 0 <= size < _LARGEST or b"\0" in name:
        raise ValueError("type, size or name")
    return Header(
        name,
        fields[7],
        size,
        _number(fields[1]),
        value(b"uid", 2),
        value(b"gid", 3),
        text(11).decode("utf-8", "surrogateescape"),
        text(12).decode("utf-8", "surrogateescape"),
        value(b"mtime", 5),
        records.get(b"linkpath", text(8)),
    )
