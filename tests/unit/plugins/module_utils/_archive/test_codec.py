# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import os
import random
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import (
    COMPRESSIONS,
    BlockError,
    BlockTooLargeError,
    codec,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError

MEGABYTE = 1024 * 1024
LEVELS = [("gzip", None), ("gzip", 1), ("gzip", 6), ("zstd", None), ("zstd", 1), ("zstd", 12), ("none", None)]
PACKED = [item for item in LEVELS if item[0] != "none"]
TEXT = b"".join(b'%d,"mensagem numero %d",2026-01-01\n' % (n, n * n) for n in range(40_000))


@pytest.mark.parametrize(("name", "level"), LEVELS)
@pytest.mark.parametrize("size", [1, 511, 65535, 65536, 131072, 300_001])
def test_what_is_compressed_or_stored_comes_back(name: str, level: int | None, size: int) -> None:
    method = codec(name, level)
    for raw in (TEXT[:size], os.urandom(size), bytes(size)):
        for data in (method.compress(raw), method.store(raw), method.compress(memoryview(bytearray(raw)))):
            assert method.decompress(data, size) == raw
            assert method.decompress(data, size + 1000) == raw


@settings(max_examples=60)
@given(raw=st.binary(min_size=1, max_size=3000), name=st.sampled_from(COMPRESSIONS))
def test_any_bytes_come_back(raw: bytes, name: str) -> None:
    method = codec(name)
    assert method.decompress(method.compress(raw), len(raw)) == raw
    assert method.decompress(method.store(raw), len(raw)) == raw


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_the_same_input_gives_the_same_bytes(name: str) -> None:
    assert codec(name).compress(TEXT) == codec(name).compress(bytearray(TEXT))
    assert codec(name).store(TEXT) == codec(name).store(TEXT)


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_more_than_the_limit_is_refused(name: str, level: int | None) -> None:
    method = codec(name, level)
    for data in (method.compress(TEXT), method.store(TEXT)):
        for limit in (0, 1, 1000, len(TEXT) - 1):
            with pytest.raises(BlockTooLargeError):
                method.decompress(data, limit)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_bomb_is_refused_without_being_unpacked(name: str) -> None:
    bomb = codec(name).compress(bytes(400 * MEGABYTE))
    assert len(bomb) < 2 * MEGABYTE
    script = (
        "import sys, resource\n"
        "from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec\n"
        f"method = codec({name!r})\n"
        "bomb = sys.stdin.buffer.read()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 * 2**20, 400 * 2**20))\n"
        "try:\n    method.decompress(bomb, 2**20)\n"
        "except Exception as error:\n    print(type(error).__name__)\n"
    )
    import sys

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], input=bomb, capture_output=True, env=environment, check=True
    )
    assert done.stdout.decode().strip() == "BlockTooLargeError"


@pytest.mark.parametrize(("name", "level"), PACKED)
def test_short_long_and_altered_frames_are_refused(name: str, level: int | None) -> None:
    method = codec(name, level)
    raw = TEXT[:20_000]
    for data in (method.compress(raw), method.store(raw)):
        spoilt = [data[:-1], data[: len(data) // 2], data[:5], b"", data + b"\0", data + data, b"junk" * 10]
        for bad in spoilt:
            with pytest.raises(BlockError):
                method.decompress(bad, len(raw))


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_random_damage_never_escapes_as_another_exception(name: str) -> None:
    method = codec(name)
    dice = random.Random(7)
    good = method.compress(TEXT[:5000])
    for _turn in range(500):
        bad = bytearray(good)
        for _turn in range(dice.randrange(1, 4)):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        try:
            assert len(method.decompress(bad, 5000)) <= 5000
        except BlockError:
            pass


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_trailers_come_back_and_no_flipped_bit_passes(name: str) -> None:
    method = codec(name)
    payload = bytes(range(64))
    tail = method.trailer(payload)
    assert (method.parse_trailer(b"before" * 50 + tail) or b"").startswith(payload)
    if name == "none":
        assert len(tail) == 512
        return
    for bit in range(len(tail) * 8):
        bad = bytearray(tail)
        bad[bit // 8] ^= 1 << bit % 8
        assert method.parse_trailer(b"before" * 50 + bad) != payload


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_payload_that_looks_like_a_trailer_is_found_whole(name: str) -> None:
    method = codec(name)
    payload = method.trailer(b"x" * 20).ljust(64, b"y")
    assert method.parse_trailer(b"data" + method.trailer(payload)) == payload


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_media_is_told_from_text(name: str) -> None:
    method = codec(name)
    assert name == "none" or not method.looks_incompressible(TEXT)
    assert method.looks_incompressible(os.urandom(MEGABYTE))
    assert not method.looks_incompressible(os.urandom(50_000))


def test_gzip_and_zstd_test_frames_and_trailers() -> None:
    raw = TEXT[:300_000]
    for name, command in (("gzip", ["gzip", "-t"]), ("zstd", ["zstd", "-tq"])):
        method = codec(name)
        stream = (
            method.compress(raw)
            + method.store(raw)
            + method.store(os.urandom(300_000))
            + method.trailer(bytes(64))
        )
        subprocess.run(command, input=stream, check=True)
        back = subprocess.run([command[0], "-dc"], input=stream, capture_output=True, check=True).stdout
        assert back[:600_000] == raw + raw


def test_zlib_is_used_where_isal_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "isal", None)
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    method = codec("gzip")
    for data in (method.compress(TEXT), method.store(TEXT)):
        assert gzip.decompress(data) == TEXT
        assert method.decompress(data, len(TEXT)) == TEXT
        with pytest.raises(BlockError):
            method.decompress(data[:-1], len(TEXT))
    assert method.looks_incompressible(os.urandom(MEGABYTE))


def test_a_missing_zstd_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError

    for module in ("compression.zstd", "backports.zstd", "backports"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HostError, match=r"backports\.zstd") as caught:
        codec("zstd")
    assert caught.value.code == "library_missing"


@pytest.mark.parametrize(
    ("name", "level", "code"),
    [
        ("lzma", None, "option_invalid"),
        ("gzip", 0, "compression_level"),
        ("gzip", 10, "compression_level"),
        ("zstd", 20, "compression_level"),
    ],
)
def test_wrong_options_are_named(name: str, level: int | None, code: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        codec(name, level)
    assert caught.value.code == code
