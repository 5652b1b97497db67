# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encryption keys: a passphrase or 256 bits. They are never shown."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import threading
import unicodedata
from typing import NamedTuple

from .._errors import EncryptionError

#: kinds of key in the clear header
KDF_RAW, KDF_SCRYPT = 0, 1
#: the kind for age identities, which occurs in no clear header
AGE_IDENTITY = 2
#: scrypt's cost for new archives: 32 MiB and about 80 ms; also the highest that is accepted
_LOG_N, _R, _P = 15, 8, 1
_HIGHEST_P = 4
#: bytes; twice what the highest cost takes
_SCRYPT_MEMORY = 2 * 128 * _R << _LOG_N
_SALT = 16
_SHORTEST = 8
_FINGERPRINT_INFO = b"ticketz.sidekick key fingerprint 1"
_PROOFS_INFO = b"ticketz.sidekick proofs 1"
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
#: an age identity, which may be surrounded by comments, or a private SSH key, which is the whole text
_IDENTITY = re.compile(r"^\s*(AGE-SECRET-KEY-1[0-9A-Za-z]+\s*$|-----BEGIN )", re.MULTILINE)


class Derivation(NamedTuple):
    """How an archive's key is derived from the user's: kind, scrypt's parameters (N = 2**log_n) and salt."""

    kind: int
    log_n: int
    r: int
    p: int
    salt: bytes

    def reasonable(self) -> bool:
        """Return whether the parameters are within this version's bounds, and zero where they don't apply."""
        if self.kind == KDF_RAW:
            return self[1:] == (0, 0, 0, bytes(_SALT))
        return self.kind == KDF_SCRYPT and (
            1 <= self.log_n <= _LOG_N and 1 <= self.r <= _R and 1 <= self.p <= _HIGHEST_P
        )


def _expand(secret: bytes, info: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA256 (RFC 5869) with no salt, in the one round that they take.

    Uses only the standard library, so that a new host can check a key before anything is installed there.
    """
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


class FileKey:
    """The key of one archive: 32 secret bytes, how they were made, and 16 bytes that identify them."""

    def __init__(self, secret: bytes, derivation: Derivation) -> None:
        self.secret = secret
        self.derivation = derivation
        # The label separates it from the keys of segments.
        self.fingerprint: bytes = _expand(secret, _FINGERPRINT_INFO)[:16]

    def __repr__(self) -> str:
        return f"FileKey(fingerprint={self.fingerprint.hex()})"


class Key:
    """The user's key. Keys derived from a passphrase are cached, since deriving is slow."""

    def __init__(self, kind: int, secret: bytes) -> None:
        self.kind = kind
        #: whether archives must be encrypted if this key is given
        self.demands = True
        self._secret = secret
        self._derived: dict[Derivation, FileKey] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Key({('raw', 'passphrase', 'identity')[self.kind]}, not shown)"

    @classmethod
    def from_text(cls, text: str) -> Key:
        """Parse a key.

        Exactly 64 hex digits are a 256-bit key. The output of age-keygen or ssh-keygen is an identity, which
        opens archives encrypted with age. Anything else is a passphrase, normalized to Unicode NFC. Line ends
        around the text are ignored, since key files have them.

        Raise EncryptionError ``key_invalid``.
        """
        text = text.strip("\r\n")
        if not text.strip():
            raise EncryptionError("key_invalid", problem="empty", shortest=_SHORTEST)
        if _IDENTITY.search(text):
            return cls(AGE_IDENTITY, text.encode("utf-8", "surrogateescape") + b"\n")
        if _HEX_KEY.fullmatch(text.strip()):
            return cls(KDF_RAW, bytes.fromhex(text.strip()))
        if len(text) < _SHORTEST:
            raise EncryptionError("key_invalid", problem="short", shortest=_SHORTEST)
        try:
            return cls(KDF_SCRYPT, unicodedata.normalize("NFC", text).encode("utf-8"))
        except UnicodeEncodeError:
            raise EncryptionError("key_invalid", problem="not_text", shortest=_SHORTEST) from None

    @classmethod
    def from_file(cls, text: str) -> Key:
        """Return the key in a file: all of an identity, else the first line. Raise as :meth:`from_text` does."""
        return cls.from_text(text if _IDENTITY.search(text) else text.partition("\n")[0])

    def text(self) -> str:
        """Return the text of an identity."""
        return self._secret.decode("utf-8", "surrogateescape")

    def new_file_key(self) -> FileKey:
        """Return a key for a new archive, under a new salt."""
        return self.derive(self._derivation(self.new_salt()))

    @property
    def makes_macs(self) -> bool:
        """Whether it can authenticate data; an identity only opens what anybody may have encrypted for it."""
        return self.kind != AGE_IDENTITY

    def new_salt(self) -> bytes:
        """Return a new salt: 16 bytes, which are zero for a key of 256 bits."""
        return bytes(_SALT) if self.kind == KDF_RAW else os.urandom(_SALT)

    def mac_key(self, salt: bytes) -> bytes:
        """Return the key that authenticates proofs, for a salt of 16 bytes.

        Deriving it costs as much as an archive's key, so that guessing a passphrase is not easier than from a
        header.
        """
        return _expand(self.derive(self._derivation(salt)).secret, _PROOFS_INFO)

    def _derivation(self, salt: bytes) -> Derivation:
        if self.kind == KDF_RAW:
            return Derivation(KDF_RAW, 0, 0, 0, bytes(_SALT))
        return Derivation(KDF_SCRYPT, _LOG_N, _R, _P, salt)

    def derive(self, derivation: Derivation) -> FileKey:
        """Return the key for an archive whose header gives ``derivation``.

        The caller has checked that its parameters are reasonable and of this key's kind.
        """
        with self._lock:
            if derivation not in self._derived:
                self._derived[derivation] = FileKey(self._file_secret(derivation), derivation)
            return self._derived[derivation]

    def _file_secret(self, derivation: Derivation) -> bytes:
        if self.kind == KDF_RAW:
            return self._secret
        return hashlib.scrypt(
            self._secret,
            salt=derivation.salt,
            n=1 << derivation.log_n,
            r=derivation.r,
            p=derivation.p,
            maxmem=_SCRYPT_MEMORY,
            dklen=32,
        )
