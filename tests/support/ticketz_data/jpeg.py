# SPDX-License-Identifier: GPL-3.0-or-later
"""A baseline JPEG encoder for small grey pictures, in plain Python. It is slow, but writes valid files."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

# fmt: off
_ZIGZAG = (
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,
    7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31,
    39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
)
_DC_COUNTS = (0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0)
_DC_VALUES = tuple(range(12))
# fmt: on
_QUANTUM = 12
# Any prefix code is valid; here all 162 values have codes of eight bits.
_AC_VALUES = tuple(
    sorted(
        [(run << 4) | size for run in range(16) for size in range(1, 11)] + [0x00, 0xF0],
        key=lambda v: (v & 15, v >> 4),
    )
)
_AC_COUNTS = (0, 0, 0, 0, 0, 0, 0, 162, 0, 0, 0, 0, 0, 0, 0, 0)
_COSINES = [[math.cos((2 * x + 1) * u * math.pi / 16) for x in range(8)] for u in range(8)]


def _codes(counts: Sequence[int], values: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Given a Huffman table in JPEG's format, return value → (code, length)."""
    table: dict[int, tuple[int, int]] = {}
    code = 0
    following: Iterator[int] = iter(values)
    for index, count in enumerate(counts):
        for _number in range(count):
            table[next(following)] = (code, index + 1)
            code += 1
        code <<= 1
    return table


def _transform(block: list[list[float]]) -> list[int]:
    """Given 8x8 samples around zero, return the 64 quantised coefficients in zigzag order."""
    rows = [[sum(row[x] * cosine[x] for x in range(8)) for cosine in _COSINES] for row in block]
    out = []
    for position in _ZIGZAG:
        v, u = divmod(position, 8)
        total = sum(rows[y][u] * _COSINES[v][y] for y in range(8)) / 4
        total *= (math.sqrt(0.5) if u == 0 else 1) * (math.sqrt(0.5) if v == 0 else 1)
        out.append(round(total / _QUANTUM))
    return out


class _Bits:
    def __init__(self) -> None:
        self.out = bytearray()
        self._held = 0
        self._count = 0

    def put(self, value: int, length: int) -> None:
        self._held = (self._held << length) | value
        self._count += length
        while self._count >= 8:
            self._count -= 8
            byte = (self._held >> self._count) & 0xFF
            self.out.append(byte)
            if byte == 0xFF:
                self.out.append(0)
        self._held &= (1 << self._count) - 1

    def finish(self) -> bytes:
        if self._count:
            self.put((1 << (8 - self._count)) - 1, 8 - self._count)
        return bytes(self.out)


def _amplitude(value: int) -> tuple[int, int]:
    size = abs(value).bit_length()
    return size, value if value >= 0 else value + (1 << size) - 1


def _segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def encode(width: int, height: int, pixels: Sequence[int]) -> tuple[bytes, bytes]:
    """Given a grey picture (sides: multiples of 8), return (head, rest); comments can be inserted between them."""
    dc_codes, ac_codes = _codes(_DC_COUNTS, _DC_VALUES), _codes(_AC_COUNTS, _AC_VALUES)
    bits = _Bits()
    previous = 0
    for top in range(0, height, 8):
        for left in range(0, width, 8):
            block = [[float(pixels[(top + y) * width + left + x] - 128) for x in range(8)] for y in range(8)]
            coefficients = _transform(block)
            size, amplitude = _amplitude(coefficients[0] - previous)
            previous = coefficients[0]
            bits.put(*dc_codes[size])
            bits.put(amplitude, size)
            _put_ac(bits, coefficients[1:], ac_codes)
    head = b"\xff\xd8" + _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    rest = _segment(0xDB, b"\x00" + bytes([_QUANTUM]) * 64)
    rest += _segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    rest += _segment(0xC4, b"\x00" + bytes(_DC_COUNTS) + bytes(_DC_VALUES))
    rest += _segment(0xC4, b"\x10" + bytes(_AC_COUNTS) + bytes(_AC_VALUES))
    rest += _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + bits.finish() + b"\xff\xd9"
    return head, rest


def comment(payload: bytes) -> bytes:
    """Given up to 65,533 bytes, return them as a comment segment."""
    return _segment(0xFE, payload)


def _put_ac(bits: _Bits, coefficients: Sequence[int], codes: dict[int, tuple[int, int]]) -> None:
    run = 0
    for value in coefficients:
        if value == 0:
            run += 1
            continue
        while run > 15:
            bits.put(*codes[0xF0])
            run -= 16
        size, amplitude = _amplitude(value)
        bits.put(*codes[(run << 4) | size])
        bits.put(amplitude, size)
        run = 0
    if run:
        bits.put(*codes[0x00])
