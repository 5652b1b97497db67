# SPDX-License-Identifier: GPL-3.0-or-later
"""Valid media files of a given size, as incompressible as real media."""

from __future__ import annotations

import functools
import io
import math
import random
import struct
import wave
import zlib

from . import jpeg

SIDE = 48


def _png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def _png(side: int, pixels: bytes, level: int, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header)
    return head + extra + _png_chunk(b"IDAT", zlib.compress(pixels, level)) + _png_chunk(b"IEND", b"")


class PngMaker:
    """Makes PNG pictures. Small ones repeat a few gradients, padded with random bytes; big ones consist of random pixels."""

    def __init__(self, rng: random.Random, pictures: int = 6) -> None:
        self._gradients = {
            side: [_gradient(rng, side) for _number in range(pictures)] for side in (8, 16, 32)
        }

    def make(self, rng: random.Random, size: int) -> bytes:
        """Return a picture of about `size` bytes."""
        if size < 20_000:
            side = 8 if size < 1_000 else 16 if size < 4_000 else 32
            extra = _png_chunk(b"noIs", rng.randbytes(max(8, size - side * side * 3)))
            return _png(side, rng.choice(self._gradients[side]), 6, extra)
        side = int(math.sqrt(size / 3))
        stride = side * 3 + 1
        noise = bytearray(rng.randbytes(stride * side))
        noise[::stride] = bytes(side)  # filter type 0 at the start of each line
        return _png(side, bytes(noise), 0)


def _gradient(rng: random.Random, side: int) -> bytes:
    red, green, blue = rng.randrange(256), rng.randrange(256), rng.randrange(256)
    step = 128 // side
    lines = bytearray()
    for y in range(side):
        lines.append(0)
        for x, noise in enumerate(rng.randbytes(side)):
            lines += bytes(
                ((red + x * step) & 255, (green + y * step) & 255, (blue + x + y + (noise & 7)) & 255)
            )
    return bytes(lines)


class JpegMaker:
    """Makes JPEG pictures from a few encoded ones, with different comments."""

    def __init__(self, rng: random.Random, pictures: int = 6) -> None:
        self._pictures: list[tuple[bytes, bytes]] = []
        for _number in range(pictures):
            a, b, c = rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3), rng.randrange(60, 196)
            pixels = [
                min(
                    255, max(0, int(c + 50 * math.sin(a * x) + 50 * math.cos(b * y) + rng.randrange(-12, 13)))
                )
                for y in range(SIDE)
                for x in range(SIDE)
            ]
            self._pictures.append(jpeg.encode(SIDE, SIDE, pixels))

    def make(self, rng: random.Random, size: int) -> bytes:
        head, rest = rng.choice(self._pictures)
        left = max(16, size - len(head) - len(rest))
        noise = memoryview(rng.randbytes(left))
        comments = [jpeg.comment(bytes(noise[at : at + 65_533])) for at in range(0, left, 65_533)]
        return b"".join([head, *comments, rest])


@functools.lru_cache(maxsize=16)
def _tone(frequency: int) -> bytes:
    """Return a quarter of a second of a tone that fades in."""
    samples = (
        128 + 100 * min(1, n / 800) * math.sin(2 * math.pi * frequency * n / 8000) for n in range(2000)
    )
    return bytes(int(sample) for sample in samples)


def wav(rng: random.Random, size: int) -> bytes:
    """Return a sound file of about `size` bytes: a tone, followed by noise; 8 kHz, mono."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(_tone(rng.choice((262, 294, 330, 349, 392, 440, 494)))[: max(200, size - 44)])
        sound.writeframes(rng.randbytes(max(0, size - 2044)))
    return out.getvalue()


def pdf(rng: random.Random, size: int) -> bytes:
    """Return one page with "Boleto" and a number, and a stream of random bytes that is not displayed."""
    text = b"BT /F1 18 Tf 60 760 Td (Boleto %d) Tj ET" % rng.randrange(10**9, 10**10)
    noise = rng.randbytes(max(0, size - 800))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
        b"/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise),
    ]
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
