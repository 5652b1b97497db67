# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The compression formats of an archive, behind one small interface.

A frame is one complete gzip member or zstd frame, so stock tools read an archive as one stream while this
collection compresses, reads and proves its frames independently of each other.
"""

from __future__ import annotations

import abc
from typing import Union

from .._errors import ArchiveError

#: What the codecs accept; memoryviews let callers avoid copies of frames.
Buffer = Union[bytes, bytearray, memoryview]

COMPRESSIONS = ("gzip", "zstd", "none")

_SAMPLES = 6
_SAMPLE_SIZE = 16 * 1024
#: Data whose compressed samples keep more than this share of their size are stored uncompressed. JPEG, MP4 and
#: OGG keep over 99 %, base64 text keeps 76 %.
_INCOMPRESSIBLE = 0.96


class BlockError(Exception):
    """A frame does not decompress; who reads it knows which one it is."""


class BlockTooLargeError(BlockError):
    """A frame holds more than it may."""


class Codec(abc.ABC):
    """One compression at one level. Instances have no state and may be shared between threads."""

    #: as in the manifest and in :data:`COMPRESSIONS`
    name: str
    #: end of the archive's file name, without a leading dot
    suffix: str

    @abc.abstractmethod
    def compress(self, raw: Buffer) -> bytes:
        """Return ``raw`` as one complete gzip member or zstd frame."""

    @abc.abstractmethod
    def store(self, raw: Buffer) -> bytes:
        """Return ``raw`` in the same container format, without compressing it."""

    @abc.abstractmethod
    def decompress(self, data: Buffer, limit: int) -> bytes:
        """Return the content of one frame, allocating at most about ``limit`` bytes.

        Raise BlockTooLargeError if it holds more than ``limit`` bytes, and BlockError if it is
        truncated, is followed by other bytes, or does not decode.
        """

    @abc.abstractmethod
    def trailer(self, payload: bytes) -> bytes:
        """Return ``payload`` wrapped so that stock tools skip it at the end of the archive."""

    @abc.abstractmethod
    def parse_trailer(self, tail: Buffer) -> bytes | None:
        """Return the payload of the trailer that ``tail`` (the archive's last bytes) ends with, or None.

        Only the exact bytes that :meth:`trailer` makes are accepted.
        """

    @abc.abstractmethod
    def sample(self, piece: Buffer) -> int:
        """Return the size in bytes of a piece when compressed with little effort."""

    @abc.abstractmethod
    def peek(self, head: Buffer, length: int) -> bytes:
        """Return up to ``length`` decompressed bytes of the beginning of an archive; none if that fails."""

    def looks_incompressible(self, raw: Buffer) -> bool:
        """Estimate from a few samples of 16 KiB whether compressing ``raw`` would be wasted time."""
        size = len(raw)
        if size < 2 * _SAMPLES * _SAMPLE_SIZE:
            return False
        view = memoryview(raw)
        step = (size - _SAMPLE_SIZE) // (_SAMPLES - 1)
        kept = sum(self.sample(view[index * step : index * step + _SAMPLE_SIZE]) for index in range(_SAMPLES))
        return kept > _INCOMPRESSIBLE * _SAMPLES * _SAMPLE_SIZE


def codec(name: str, level: int | None = None) -> Codec:
    """Return the codec of a compression.

    :param name: one of :data:`COMPRESSIONS`.
    :param level: 1–9 for gzip, 1–19 for zstd, ignored for none; None for the recommended level.

    Raise ArchiveError ``option_invalid`` or ``compression_level``, and HostError ``library_missing``
    if zstd is requested and there is no library for it.
    """
    # The implementations import this module's base class.
    from .gzipframes import GzipCodec
    from .plainframes import PlainCodec
    from .zstdframes import ZstdCodec

    highest = {"gzip": 9, "zstd": 19, "none": 19}.get(name)
    if highest is None:
        facts = {"value": name, "known": ", ".join(COMPRESSIONS)}
        raise ArchiveError("option_invalid", problem="compression", option="compression", **facts)
    if level is not None and not 1 <= level <= highest:
        raise ArchiveError("compression_level", compression=name, level=level, highest=highest)
    if name == "gzip":
        return GzipCodec(level)
    if name == "zstd":
        return ZstdCodec(level)
    return PlainCodec()
