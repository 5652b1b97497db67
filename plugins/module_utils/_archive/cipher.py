# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypted archives: a clear header, then Tink's AES-GCM-HKDF streaming construction.

After the clear header follows exactly what Tink's AesGcmHkdfStreaming makes of the archive (derived key of
256 bits, HKDF-SHA256, ciphertext segments of 1 MiB), with the whole clear header as associated data:
https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from typing import Any, NamedTuple, Protocol

from .._errors import ArchiveError, EncryptionError
from .._libraries import require
from .codec import Buffer
from .keys import AGE_IDENTITY, KDF_SCRYPT, Derivation, FileKey, Key
from .rawfile import PlainFile

MAGIC = b"TKZSKENC"
VERSION = 1
#: magic, version, kind of key, log2 N, r, p, 3 zero bytes, salt, fingerprint; then 16 bytes of their SHA-256
_CLEAR = struct.Struct(">8s5B3x16s16s")
_CHECKSUM = 16
HEADER_SIZE = _CLEAR.size + _CHECKSUM

SEGMENT = 1024 * 1024
_TAG = 16
_SALT = 32
_NONCE_PREFIX = 7
#: length byte, salt, nonce prefix: counts as part of the first segment
TINK_HEADER = 1 + _SALT + _NONCE_PREFIX
_PLAIN_SEGMENT = SEGMENT - _TAG
_MOST_SEGMENTS = 1 << 32


class Sink(Protocol):
    """Where an encrypting file writes to."""

    def write(self, data: Buffer) -> object:
        """Write all of ``data``."""


class ClearHeader(NamedTuple):
    """The unencrypted header of an encrypted archive."""

    derivation: Derivation
    fingerprint: bytes

    def encode(self) -> bytes:
        """Return the header's 64 bytes."""
        derivation = self.derivation
        body = _CLEAR.pack(
            MAGIC,
            VERSION,
            derivation.kind,
            derivation.log_n,
            derivation.r,
            derivation.p,
            derivation.salt,
            self.fingerprint,
        )
        return body + hashlib.sha256(body).digest()[:_CHECKSUM]

    @classmethod
    def decode(cls, data: bytes, path: str) -> ClearHeader:
        """Return the header in the first bytes of an archive.

        Raise ArchiveError: ``archive_newer``; ``archive_damaged`` if the checksum does not match,
        or if the scrypt parameters exceed this version's bounds (checked before anything is
        derived).
        """
        if len(data) < HEADER_SIZE:
            raise ArchiveError("archive_truncated", path=path)
        _magic, version, kind, log_n, r, p, salt, fingerprint = _CLEAR.unpack(data[: _CLEAR.size])
        header = cls(Derivation(kind, log_n, r, p, salt), fingerprint)
        if header.encode()[_CLEAR.size :] != data[_CLEAR.size : HEADER_SIZE] and version == VERSION:
            raise ArchiveError("archive_damaged", problem="header", path=path)
        if version > VERSION:
            raise ArchiveError("archive_newer", path=path, format=version, highest=VERSION)
        if header.encode() != data[:HEADER_SIZE]:
            raise ArchiveError("archive_damaged", problem="header", path=path)
        if not header.derivation.reasonable():
            parameters = f"N=2**{log_n}, r={r}, p={p}"
            raise ArchiveError("archive_damaged", problem="derivation", path=path, parameters=parameters)
        return header


def open_header(data: bytes, key: Key | None, path: str) -> FileKey:
    """Return the key of an archive, given its first bytes.

    Raise EncryptionError ``key_missing`` or ``key_wrong``, and what :meth:`ClearHeader.decode` raises.
    """
    header = ClearHeader.decode(data, path)
    if key is None:
        raise EncryptionError("key_missing", path=path, fingerprint=header.fingerprint.hex())
    archive = header.fingerprint.hex()
    if key.kind == AGE_IDENTITY:
        raise EncryptionError("key_wrong", problem="identity", path=path, fingerprint=archive)
    if key.kind != header.derivation.kind:
        # nothing is derived: no form of a passphrase without salt and scrypt may appear in a message
        problem = "not_passphrase" if header.derivation.kind == KDF_SCRYPT else "not_hex"
        raise EncryptionError("key_wrong", problem=problem, path=path, fingerprint=archive)
    file_key = key.derive(header.derivation)
    if file_key.fingerprint != header.fingerprint:
        given = file_key.fingerprint.hex()
        raise EncryptionError("key_wrong", problem="fingerprint", path=path, fingerprint=archive, given=given)
    return file_key


def _segment_cipher(file_key: bytes, salt: bytes, associated: bytes) -> Any:
    hashes = require("cryptography.hazmat.primitives.hashes")
    hkdf = require("cryptography.hazmat.primitives.kdf.hkdf")
    aead = require("cryptography.hazmat.primitives.ciphers.aead")
    derived = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=associated).derive(file_key)
    return aead.AESGCM(derived)


def _nonce(prefix: bytes, segment: int, last: bool) -> bytes:
    return prefix + struct.pack(">IB", segment, last)


class EncryptingFile:
    """Encrypts what is written to it into another file, in order, from one thread."""

    def __init__(self, raw_file: Sink, key: Key) -> None:
        """Write the clear header.

        :param raw_file: gets ciphertext through ``write``.
        """
        file_key = key.new_file_key()
        #: identifies the key, in hex digits
        self.fingerprint: str = file_key.fingerprint.hex()
        clear = ClearHeader(file_key.derivation, file_key.fingerprint).encode()
        salt, self._prefix = os.urandom(_SALT), os.urandom(_NONCE_PREFIX)
        self._cipher = _segment_cipher(file_key.secret, salt, clear)
        self._raw_file = raw_file
        self._segment = 0
        self._room = _PLAIN_SEGMENT - TINK_HEADER
        self._pending = bytearray()
        raw_file.write(clear + bytes((TINK_HEADER,)) + salt + self._prefix)

    def write(self, data: Buffer) -> None:
        """Encrypt ``data``; up to one segment is buffered, since the last one is marked."""
        view = memoryview(data)
        sealed = []
        while len(self._pending) + len(view) > self._room:
            take = self._room - len(self._pending)
            piece: Buffer = view[:take]
            if self._pending:
                self._pending += piece
                piece = self._pending
            sealed.append(self._seal(piece, False))
            view, self._pending = view[take:], bytearray()
        self._pending += view
        if sealed:
            self._raw_file.write(b"".join(sealed))

    def finish(self) -> None:
        """Encrypt and mark the last segment. Nothing may be written afterwards; the raw file stays open."""
        self._raw_file.write(self._seal(self._pending, True))

    def close(self) -> None:
        """Nothing to do."""

    def _seal(self, piece: Buffer, last: bool) -> bytes:
        sealed: bytes = self._cipher.encrypt(_nonce(self._prefix, self._segment, last), piece, None)
        self._segment += 1
        self._room = _PLAIN_SEGMENT
        return sealed


class DecryptingFile:
    """Random access to the content of an encrypted archive; each segment is verified before it is used."""

    def __init__(self, fd: int, key: Key | None, path: str = "") -> None:
        """Read the clear header and verify the last segment, which detects a truncated file at once.

        Raise what :func:`open_header` raises, and ArchiveError ``archive_truncated`` or ``archive_damaged``.
        """
        self._raw = PlainFile(fd, path)
        self._path = path
        clear = self._raw.pread(0, HEADER_SIZE)
        file_key = open_header(clear, key, path)
        length = self._raw.size - HEADER_SIZE
        self._segments = -(-length // SEGMENT)
        #: bytes of plaintext
        self.size = length - TINK_HEADER - _TAG * self._segments
        if self.size < 0 or length - (self._segments - 1) * SEGMENT < _TAG or self._segments > _MOST_SEGMENTS:
            raise ArchiveError("archive_truncated", path=path)
        header = self._raw.pread(HEADER_SIZE, TINK_HEADER)
        if header[0] != TINK_HEADER:
            raise ArchiveError(
                "archive_damaged", problem="segment", path=path, segment=1, segments=self._segments
            )
        self._prefix = header[1 + _SALT :]
        self._cipher = _segment_cipher(file_key.secret, header[1 : 1 + _SALT], clear)
        self._local = threading.local()
        self._open(self._segments - 1)

    @property
    def bytes_read(self) -> int:
        """Bytes of ciphertext read so far."""
        return self._raw.bytes_read

    def pread(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes of plaintext at ``offset``.

        Raise ArchiveError ``archive_damaged`` for an altered segment, ``archive_truncated`` beyond the end.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ArchiveError("archive_truncated", path=self._path)
        pieces = []
        while length > 0:
            segment, start = divmod(offset + TINK_HEADER, _PLAIN_SEGMENT)
            if segment == 0:
                start -= TINK_HEADER
            plain = self._open(segment)
            piece = plain[start : start + length] if start or length < len(plain) else plain
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _open(self, segment: int) -> bytes:
        # frames begin and end within segments, so the last segment is cached for the next frame
        if getattr(self._local, "segment", None) == segment:
            kept: bytes = self._local.plain
            return kept
        invalid = require("cryptography.exceptions").InvalidTag
        skip = TINK_HEADER if segment == 0 else 0
        start = HEADER_SIZE + segment * SEGMENT + skip
        end = min(HEADER_SIZE + (segment + 1) * SEGMENT, self._raw.size)
        sealed = self._raw.pread(start, end - start)
        nonce = _nonce(self._prefix, segment, segment == self._segments - 1)
        try:
            plain: bytes = self._cipher.decrypt(nonce, sealed, None)
        except (invalid, ValueError) as error:
            segments = self._segments
            raise ArchiveError(
                "archive_damaged", problem="segment", path=self._path, segment=segment + 1, segments=segments
            ) from error
        self._local.segment, self._local.plain = segment, plain
        return plain
