# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import os
import random
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import cipher, keys
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Derivation, Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError, EncryptionError

HEX = "0123456789abcdef" * 4
PASSPHRASE = "uma senha comprida"
FIRST = cipher.SEGMENT - 16 - cipher.TINK_HEADER
LATER = cipher.SEGMENT - 16
SIZES = [0, 1, 1000, FIRST - 1, FIRST, FIRST + 1, FIRST + LATER, FIRST + LATER + 1, 3 * cipher.SEGMENT + 7]


def encrypt(key: Key, plain: bytes, piece: int = 300_000) -> bytes:
    out = io.BytesIO()
    file = cipher.EncryptingFile(out, key)
    for start in range(0, len(plain), piece):
        file.write(memoryview(plain)[start : start + piece])
    file.finish()
    return out.getvalue()


@contextmanager
def opened(path: Path, data: bytes, key: Key | None) -> Iterator[cipher.DecryptingFile]:
    path.write_bytes(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        yield cipher.DecryptingFile(fd, key, str(path))
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", [HEX, PASSPHRASE])
def test_what_is_encrypted_comes_back(tmp_path: Path, text: str, size: int) -> None:
    key, plain = Key.from_text(text), os.urandom(size)
    data = encrypt(key, plain)
    segments = -(-(len(data) - cipher.HEADER_SIZE) // cipher.SEGMENT)
    assert len(data) == size + cipher.HEADER_SIZE + cipher.TINK_HEADER + 16 * segments
    with opened(tmp_path / "a", data, Key.from_text(text)) as file:
        assert file.size == size
        assert file.pread(0, size) == plain
        dice = random.Random(size)
        for _turn in range(30):
            start = dice.randrange(size + 1)
            length = dice.randrange(size - start + 1)
            assert file.pread(start, length) == plain[start : start + length]
        with pytest.raises(ArchiveError):
            file.pread(0, size + 1)
        with pytest.raises(ArchiveError):
            file.pread(-1, 1)


def test_one_write_of_many_segments_equals_many_writes(tmp_path: Path) -> None:
    key, plain = Key.from_text(HEX), os.urandom(5 * cipher.SEGMENT)
    for piece in (1 << 30, cipher.SEGMENT, FIRST, 77_777):
        with opened(tmp_path / "a", encrypt(key, plain, piece), key) as file:
            assert file.pread(0, file.size) == plain


def test_threads_read_at_once(tmp_path: Path) -> None:
    key, plain = Key.from_text(HEX), os.urandom(6 * cipher.SEGMENT)
    wrong = []
    with opened(tmp_path / "a", encrypt(key, plain), key) as file:

        def read(seed: int) -> None:
            dice = random.Random(seed)
            for _turn in range(40):
                start = dice.randrange(len(plain))
                if file.pread(start, min(999_999, len(plain) - start)) != plain[start : start + 999_999]:
                    wrong.append(start)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_two_encryptions_of_the_same_differ() -> None:
    key = Key.from_text(PASSPHRASE)
    assert encrypt(key, b"x" * 100)[64:] != encrypt(key, b"x" * 100)[64:]


def _tink_primitive(secret: bytes) -> object:
    if sys.version_info >= (3, 14):
        pytest.skip("the independent implementation has no package for this Python")
    import tink
    from tink import secret_key_access, streaming_aead
    from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

    streaming_aead.register()
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=1024 * 1024, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
        ),
        key_value=secret,
    )
    keyset = tink_pb2.Keyset(
        primary_key_id=1,
        key=[
            tink_pb2.Keyset.Key(
                key_data=tink_pb2.KeyData(
                    type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
                    value=value.SerializeToString(),
                    key_material_type=tink_pb2.KeyData.SYMMETRIC,
                ),
                status=tink_pb2.ENABLED,
                key_id=1,
                output_prefix_type=tink_pb2.RAW,
            )
        ],
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", [HEX, PASSPHRASE])
def test_tink_decrypts_what_is_written(text: str, size: int) -> None:
    key, plain = Key.from_text(text), os.urandom(size)
    data = encrypt(key, plain)
    clear = data[: cipher.HEADER_SIZE]
    secret = key.derive(cipher.ClearHeader.decode(clear, "a").derivation).secret
    primitive = _tink_primitive(secret)
    source = io.BytesIO(data[cipher.HEADER_SIZE :])
    assert primitive.new_decrypting_stream(source, clear).read() == plain  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
def test_what_tink_encrypts_is_read(tmp_path: Path, size: int) -> None:
    key, plain = Key.from_text(HEX), os.urandom(size)
    file_key = key.new_file_key()
    clear = cipher.ClearHeader(file_key.derivation, file_key.fingerprint).encode()
    out = io.BytesIO()
    out.close = lambda: None  # type: ignore[method-assign]
    with _tink_primitive(file_key.secret).new_encrypting_stream(out, clear) as stream:  # type: ignore[attr-defined]
        stream.write(plain)
    with opened(tmp_path / "a", clear + out.getvalue(), key) as file:
        assert file.pread(0, size) == plain


def test_another_key_is_told_from_damage_and_both_fingerprints_are_named(tmp_path: Path) -> None:
    for text, other in ((HEX, "f" * 64), (PASSPHRASE, PASSPHRASE + "!")):
        data = encrypt(Key.from_text(text), b"x" * 1000)
        with pytest.raises(EncryptionError) as caught, opened(tmp_path / "a", data, Key.from_text(other)):
            pass
        assert caught.value.code == "key_wrong"
        assert str(caught.value.facts["fingerprint"]) in str(caught.value)
        assert str(caught.value.facts["given"]) in str(caught.value)
        assert caught.value.facts["given"] != caught.value.facts["fingerprint"]


def test_a_key_of_the_other_kind_is_named_as_such(tmp_path: Path) -> None:
    for text, other, code in ((HEX, PASSPHRASE, "key_wrong"), (PASSPHRASE, HEX, "key_wrong")):
        data = encrypt(Key.from_text(text), b"x" * 1000)
        with pytest.raises(EncryptionError) as caught, opened(tmp_path / "a", data, Key.from_text(other)):
            pass
        assert caught.value.code == code


def test_a_missing_key_is_asked_for(tmp_path: Path) -> None:
    with (
        pytest.raises(EncryptionError) as caught,
        opened(tmp_path / "a", encrypt(Key.from_text(HEX), b"x"), None),
    ):
        pass
    assert caught.value.code == "key_missing"


def test_every_flipped_bit_of_the_headers_is_found(tmp_path: Path) -> None:
    key = Key.from_text(PASSPHRASE)
    data = encrypt(key, b"x" * 100)
    for bit in range(len(data) * 8):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises((ArchiveError, EncryptionError)), opened(tmp_path / "a", bytes(bad), key):
            pass


def test_a_damaged_header_is_not_taken_for_another_key(tmp_path: Path) -> None:
    key = Key.from_text(PASSPHRASE)
    data = bytearray(encrypt(key, b"x" * 100))
    data[20] ^= 1
    with pytest.raises(ArchiveError) as caught, opened(tmp_path / "a", bytes(data), key):
        pass
    assert caught.value.facts.get("problem") == "header"


def test_exchanged_and_shortened_segments_are_found(tmp_path: Path) -> None:
    key, start, size = Key.from_text(HEX), cipher.HEADER_SIZE, cipher.SEGMENT
    data = encrypt(key, os.urandom(4 * size))
    segments = [data[start + number * size : start + (number + 1) * size] for number in range(5)]
    swapped = data[:start] + b"".join([segments[0], segments[2], segments[1], *segments[3:]])
    for bad in (
        swapped,
        data[: start + 2 * size],
        data[: start + 4 * size],
        data[:-1],
        data + b"x",
        data + data[-40:],
    ):
        with pytest.raises(ArchiveError), opened(tmp_path / "a", bad, key) as file:
            file.pread(0, file.size)


@pytest.mark.parametrize("length", [0, 8, 63, 64, 65, 104, 119])
def test_files_shorter_than_the_headers_are_refused(tmp_path: Path, length: int) -> None:
    data = encrypt(Key.from_text(HEX), b"x" * 100)[:length]
    with pytest.raises(ArchiveError), opened(tmp_path / "a", data, Key.from_text(HEX)):
        pass


@pytest.mark.parametrize(
    "parameters",
    [
        (1, 16, 8, 1),
        (1, 255, 8, 1),
        (1, 15, 9, 1),
        (1, 15, 255, 255),
        (1, 15, 8, 5),
        (1, 0, 8, 1),
        (1, 15, 0, 1),
        (1, 15, 8, 0),
        (2, 15, 8, 1),
        (0, 15, 8, 1),
        (0, 0, 0, 1),
    ],
)
def test_absurd_derivations_are_refused_before_they_are_begun(
    tmp_path: Path, parameters: tuple[int, ...]
) -> None:
    key = Key.from_text(PASSPHRASE)
    header = cipher.ClearHeader(Derivation(*parameters, bytes(16)), bytes(16)).encode()  # type: ignore[call-arg, arg-type]
    before = time.process_time()
    with pytest.raises(ArchiveError) as caught, opened(tmp_path / "a", header + bytes(2000), key):
        pass
    assert caught.value.facts.get("problem") == "derivation"
    assert time.process_time() - before < 0.05


def test_a_newer_version_is_said_to_be_newer(tmp_path: Path) -> None:
    data = bytearray(encrypt(Key.from_text(HEX), b"x"))
    data[8] = 2
    with pytest.raises(ArchiveError) as caught, opened(tmp_path / "a", bytes(data), Key.from_text(HEX)):
        pass
    assert caught.value.code == "archive_newer"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "key_invalid"),
        ("  \n", "key_invalid"),
        ("short", "key_invalid"),
        ("1234567", "key_invalid"),
        ("bad\udc80surrogate", "key_invalid"),
    ],
)
def test_unusable_keys_are_refused(text: str, code: str) -> None:
    with pytest.raises(EncryptionError) as caught:
        Key.from_text(text)
    assert caught.value.code == code
    assert not text.strip() or text not in str(caught.value)


def test_key_texts() -> None:
    assert Key.from_text(HEX).kind == keys.KDF_RAW
    assert Key.from_text(HEX.upper() + "\r\n").kind == keys.KDF_RAW
    assert Key.from_text(HEX[:-1]).kind == keys.KDF_SCRYPT
    assert Key.from_text("12345678").kind == keys.KDF_SCRYPT
    derivation = Derivation(keys.KDF_SCRYPT, 4, 8, 1, bytes(16))
    composed, decomposed = Key.from_text("canção longa\n"), Key.from_text("canc\u0327a\u0303o longa")
    assert composed.derive(derivation).secret == decomposed.derive(derivation).secret


def test_keys_are_never_shown() -> None:
    for text in (HEX, PASSPHRASE):
        key = Key.from_text(text)
        shown = repr(key) + str(key) + repr(key.new_file_key()) + repr(vars(key).keys())
        assert text not in shown
        assert key.new_file_key().secret.hex() not in shown


def test_the_clear_header_is_laid_out_as_documented() -> None:
    header = cipher.ClearHeader(Derivation(1, 15, 8, 1, b"S" * 16), b"F" * 16).encode()
    assert header[:48] == b"TKZSKENC" + bytes((1, 1, 15, 8, 1)) + bytes(3) + b"S" * 16 + b"F" * 16
    assert len(header) == 64
    assert struct.calcsize(">8s5B3x16s16s") == 48
