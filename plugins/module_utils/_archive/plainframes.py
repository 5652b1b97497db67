# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No compression: frames are plain stretches of the tar."""

from __future__ import annotations

from .codec import BlockTooLargeError, Buffer, Codec

#: tar reads whole blocks, so the trailer fills one
_BLOCK = 512


class PlainCodec(Codec):
    """A codec that changes nothing."""

    name = "none"
    suffix = "tar"

    def compress(self, raw: Buffer) -> bytes:
        """Return the bytes as they are."""
        return bytes(raw)

    def store(self, raw: Buffer) -> bytes:
        """Return the bytes as they are."""
        return bytes(raw)

    def decompress(self, data: Buffer, limit: int) -> bytes:
        """Return the bytes as they are, if they are no more than ``limit``."""
        if len(data) > limit:
            raise BlockTooLargeError
        return bytes(data)

    def trailer(self, payload: bytes) -> bytes:
        """Return the payload padded to one block with zeros; tar ignores what follows its end."""
        return payload + bytes(-len(payload) % _BLOCK)

    def parse_trailer(self, tail: Buffer) -> bytes | None:
        """Return the last block (the payload is still padded)."""
        data = bytes(tail[-_BLOCK:])
        return data if len(data) == _BLOCK else None

    def sample(self, piece: Buffer) -> int:
        """Return the size of the piece."""
        return len(piece)

    def peek(self, head: Buffer, length: int) -> bytes:
        """Return the first bytes."""
        return bytes(head[:length])
