# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive's last bytes: they say where the manifest is and prove it."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .._errors import ArchiveError
from .codec import Buffer, Codec

MAGIC = b"TKZSKEND"
#: the format that this version writes, and the highest that it reads
FORMAT = 1
#: big endian: magic, format, zero, raw size, offset, length, SHA-256 of the manifest's frame
_PAYLOAD = struct.Struct(">8sHHIQQ32s")
#: No trailer of any codec is longer than this.
LONGEST = 512


class Trailer(NamedTuple):
    """Where the manifest's frame is: byte offset, length, length when decompressed, SHA-256 as hex digits."""

    offset: int
    length: int
    raw_size: int
    sha256: str


def encode(codec: Codec, trailer: Trailer) -> bytes:
    """Return the archive's last bytes."""
    payload = _PAYLOAD.pack(
        MAGIC, FORMAT, 0, trailer.raw_size, trailer.offset, trailer.length, bytes.fromhex(trailer.sha256)
    )
    return codec.trailer(payload)


def decode(codec: Codec, tail: Buffer, path: str) -> Trailer | None:
    """Return the trailer that ends ``tail``, or None if there is none or it is damaged.

    Raise ArchiveError ``archive_newer`` if it belongs to a format that this version does not know.
    """
    payload = codec.parse_trailer(tail)
    if payload is None or len(payload) < _PAYLOAD.size or not payload.startswith(MAGIC):
        return None
    _magic, version, _zero, raw_size, offset, length, digest = _PAYLOAD.unpack(payload[: _PAYLOAD.size])
    if version > FORMAT:
        raise ArchiveError("archive_newer", path=path, format=version, highest=FORMAT)
    found = Trailer(offset, length, raw_size, digest.hex())
    # encoding again and comparing leaves no byte that could differ unnoticed
    canonical = encode(codec, found)
    if bytes(tail[-len(canonical) :]) != canonical:
        return None
    return found
