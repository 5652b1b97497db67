# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""zstd frames (RFC 8878), through Python 3.14's compression.zstd or backports.zstd."""

from __future__ import annotations

import struct
from types import ModuleType

from .._libraries import optional, require
from .codec import BlockError, BlockTooLargeError, Buffer, Codec

#: one of the sixteen skippable magic numbers
_SKIPPABLE = b"\x5b\x2a\x4d\x18"
#: Measured on 600 MB of Ticketz's tables: 128.3 MB at level 1, 125.7 MB at level 3 for a quarter more CPU.
_DEFAULT_LEVEL = 1
#: The fastest level there is. Measured 5.6 GB/s on media, and unlike blocks stored by hand the frame gets
#: zstd's own content checksum, so that "zstd -t" proves something.
_STORE_LEVEL = -131072
#: Decoding a frame may take a window of at most this many bits: 8 MiB, or 128 MiB for frames beyond that.
_WINDOW_BITS = (23, 27)


class ZstdCodec(Codec):
    """zstd at a level of 1 to 19, or the recommended one for None.

    Raise HostError ``library_missing`` where this interpreter has no zstd.
    """

    name = "zstd"
    suffix = "tar.zst"

    def __init__(self, level: int | None = None) -> None:
        self._zstd: ModuleType = optional("compression.zstd") or require("backports.zstd")
        self._level = level or _DEFAULT_LEVEL

    def compress(self, raw: Buffer) -> bytes:
        """Return one zstd frame with content size and checksum."""
        return self._frame(raw, self._level)

    def store(self, raw: Buffer) -> bytes:
        """Return one zstd frame made at the level of least effort."""
        return self._frame(raw, _STORE_LEVEL)

    def decompress(self, data: Buffer, limit: int) -> bytes:
        """Return the content of exactly one zstd frame; its checksum is verified too."""
        bits = min(max(limit.bit_length(), _WINDOW_BITS[0]), _WINDOW_BITS[1])
        parameter = self._zstd.DecompressionParameter.window_log_max
        inflate = self._zstd.ZstdDecompressor(options={parameter: bits})
        try:
            raw: bytes = inflate.decompress(data, max(limit, 1))
            if not inflate.eof and not inflate.needs_input and inflate.decompress(b"", 1):
                raise BlockTooLargeError
        except self._zstd.ZstdError as error:
            raise BlockError from error
        if len(raw) > limit:
            raise BlockTooLargeError
        if not inflate.eof or inflate.unused_data:
            raise BlockError
        return raw

    def trailer(self, payload: bytes) -> bytes:
        """Return a skippable frame that holds the payload."""
        return _SKIPPABLE + struct.pack("<I", len(payload)) + payload

    def parse_trailer(self, tail: Buffer) -> bytes | None:
        """Return the payload if ``tail`` ends with exactly what :meth:`trailer` makes of it."""
        data = bytes(tail)
        start = data.rfind(_SKIPPABLE)
        while start >= 0:
            payload = data[start + 8 :]
            if self.trailer(payload) == data[start:]:
                return payload
            start = data.rfind(_SKIPPABLE, 0, start)
        return None

    def sample(self, piece: Buffer) -> int:
        """Return the compressed size of a piece at level 1."""
        return len(self._zstd.compress(piece, 1))

    def peek(self, head: Buffer, length: int) -> bytes:
        """Return the first decompressed bytes."""
        try:
            first: bytes = self._zstd.ZstdDecompressor().decompress(head, length)
        except self._zstd.ZstdError:
            return b""
        return first

    def _frame(self, raw: Buffer, level: int) -> bytes:
        parameter = self._zstd.CompressionParameter
        options = {parameter.compression_level: level, parameter.checksum_flag: 1}
        frame: bytes = self._zstd.compress(raw, options=options)
        return frame
