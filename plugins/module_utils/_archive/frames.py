# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frames: the unit of parallel work, random access and verification."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from . import tarfmt
from .codec import Buffer, Codec
from .config_entry import ConfigEntry, FileAttributes
from .manifest import MemberEntry

#: target raw size of a frame in bytes; twice as much compresses no better, and has a peak of 229 MB instead of
#: 127
FRAME_SIZE = 4 * 1024 * 1024
#: A frame of a directory's contents or index may not be larger than this uncompressed, so that a reader can
#: rely on it.
LARGEST_FILES_FRAME = 32 * 1024 * 1024
#: The limit for frames of other members: definitions, configuration files, Redis keys.
LARGEST_MEMBERS_FRAME = 512 * 1024 * 1024
#: The limit for frames of a table's rows: they are full at 4 MB, and PostgreSQL can't send a row of 1 GiB.
LARGEST_PART_FRAME = 1024 * 1024 * 1024 + 2 * FRAME_SIZE


@dataclass(frozen=True)
class Frame:
    """A sealed frame, ready to be appended to an archive.

    ``data`` is compressed, ``raw_size`` its size before that in bytes, ``sha256`` (hex digits) of ``data``,
    ``first`` the name of the member that begins or continues at its start.
    """

    data: bytes
    raw_size: int
    sha256: str
    first: str


def longest(raw_size: int) -> int:
    """Return the maximum length of a frame of a raw size: incompressible data become a little longer."""
    return raw_size + raw_size // 8 + 64 * 1024


def seal(codec: Codec, raw: Buffer, first: str, *, stored: bool | None = None) -> Frame:
    """Return a frame of whole tar blocks.

    :param stored: True leaves the content uncompressed (in the codec's container), False compresses it, None
        decides from samples.
    """
    if stored is None:
        stored = codec.looks_incompressible(raw)
    data = codec.store(raw) if stored else codec.compress(raw)
    return Frame(data, len(raw), hashlib.sha256(data).hexdigest(), first)


def header(name: str, size: int, *, mode: int = 0o600, mtime: int = 0) -> bytes:
    """Return the tar header of a regular file of ``size`` bytes.

    :param mtime: seconds since 1970.
    """
    return tarfmt.encode(
        tarfmt.Header(name.encode("utf-8", "surrogateescape"), size=size, mode=mode, mtime=mtime)
    )


def config_header(name: str, size: int, attributes: FileAttributes) -> bytes:
    """Return the tar header of a configuration file, with the file's attributes."""
    return tarfmt.encode(
        tarfmt.Header(
            name.encode("utf-8", "surrogateescape"),
            size=size,
            mode=attributes.mode,
            uid=attributes.uid,
            gid=attributes.gid,
            user=attributes.user,
            group=attributes.group,
            mtime=attributes.mtime_ns // 1_000_000_000,
        )
    )


def known_header(entry: MemberEntry) -> bytes | None:
    """Return the only tar header that a member can have; None if its manifest does not determine it."""
    attributes = entry.attributes if isinstance(entry, ConfigEntry) else None
    return config_header(entry.name, entry.bytes, attributes) if attributes else None


def member(name: str, payload: Buffer, *, mode: int = 0o600, mtime: int = 0) -> bytes:
    """Return a regular file's tar header, payload and padding, as one copy.

    :param mtime: seconds since 1970.
    """
    begin = header(name, len(payload), mode=mode, mtime=mtime)
    return b"".join((begin, payload, bytes(tarfmt.padding(len(payload)))))


def member_size(name: str, size: int) -> int:
    """Return the length of :func:`member` for a payload of ``size`` bytes."""
    return len(header(name, size)) + size + tarfmt.padding(size)
