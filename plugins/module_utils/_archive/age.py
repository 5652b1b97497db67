# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives encrypted for public keys, in the format of age: https://age-encryption.org/v1

The writer of such an archive can't read it. An age file can only be read sequentially, but a reader of this
archive format starts at the manifest. So it is first decrypted into an unnamed file, which disappears when the
process ends.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from .._errors import ArchiveError, EncryptionError, HostError, listed
from .._libraries import require
from .cipher import Sink
from .codec import Buffer
from .keys import AGE_IDENTITY, Key
from .spool import nameless_file

#: first bytes of a file of the format; the second is its ASCII form, which this tool does not write
MAGIC = b"age-encryption.org/"
ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
#: the library writes pieces of 8 to 64 KiB; hashing and system calls are faster with larger ones
_PIECE = 1024 * 1024
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+", re.IGNORECASE)
#: the library's message for an intact file that was encrypted for others
_NO_MATCH = "no matching keys"


class Recipients:
    """The public keys that an archive is encrypted for: any one of their owners can open it."""

    def __init__(self, texts: Sequence[str], parsed: Sequence[Any]) -> None:
        """See :meth:`parse`."""
        self.texts = tuple(texts)
        self.parsed = tuple(parsed)

    def __repr__(self) -> str:
        return f"Recipients({', '.join(self.texts)})"

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Recipients:
        """Return the recipients in a list of ``age1...``, ``ssh-ed25519 ...`` and ``ssh-rsa ...``.

        Raise EncryptionError ``recipients_missing`` or ``recipient_invalid``, HostError ``library_missing``.
        """
        stripped = [text.strip() for text in texts]
        if not stripped:
            raise EncryptionError("recipients_missing")
        return cls(stripped, [_recipient(text) for text in stripped])

    @classmethod
    def of(cls, identity: Key) -> Recipients:
        """Return the public key of an identity, so that a restore can also encrypt for the same key.

        Raise EncryptionError ``identity_invalid``, HostError ``library_missing``.
        """
        text = identity.text()
        if _is_ssh(text):
            return cls.parse([_public_of_ssh(text)])
        return cls.parse([str(found.to_public()) for found in _identities(identity)])


def _recipient(text: str) -> Any:
    pyrage = require("pyrage")
    module = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return module.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        if _IDENTITY.search(text):
            # A private key given as a recipient by mistake: it must not appear in a message.
            raise EncryptionError("recipient_is_identity") from None
        raise EncryptionError("recipient_invalid", recipient=text[:80], cause=error) from None


def _is_ssh(text: str) -> bool:
    return text.lstrip().startswith("-----BEGIN")


def _public_of_ssh(text: str) -> str:
    serialization = require("cryptography.hazmat.primitives.serialization")
    try:
        private = serialization.load_ssh_private_key(text.encode(), None)
    except (ValueError, TypeError) as error:
        raise EncryptionError("identity_invalid", cause=error) from None
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return str(private.public_key().public_bytes(*form).decode())


def _identities(key: Key) -> list[Any]:
    pyrage = require("pyrage")
    text = key.text()
    try:
        if _is_ssh(text):
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        return [pyrage.x25519.Identity.from_str(found.upper()) for found in _IDENTITY.findall(text)]
    except pyrage.IdentityError as error:
        raise EncryptionError("identity_invalid", cause=error) from None


class _Pieces:
    """A file for the library to write to: passes on large pieces, and keeps errors that the library would swallow."""

    def __init__(self, write: Any) -> None:
        self._write = write
        self._pending = bytearray()
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        self._pending += data
        if len(self._pending) >= _PIECE:
            self.flush_all()
        return len(data)

    def flush(self) -> None:
        """Ignored, because the library flushes often; see :meth:`flush_all`."""

    def flush_all(self) -> None:
        pending, self._pending = self._pending, bytearray()
        try:
            if pending:
                self._write(pending)
        except BaseException as error:
            self.failure = error
            raise


class AgeEncryptingFile:
    """Encrypts what is written to it into another file, in order, from one thread."""

    #: an age file does not identify its keys
    fingerprint: str | None = None

    def __init__(self, raw_file: Sink, recipients: Recipients) -> None:
        """
        :param raw_file: gets ciphertext through ``write``, in another thread.

        Raise HostError ``library_missing``.
        """
        self._pyrage = require("pyrage")
        self._recipients = recipients
        self._pieces = _Pieces(raw_file.write)
        self._failure: BaseException | None = None
        # The library reads its input from a file; a pipe makes it possible to write to it.
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._pipe: BinaryIO | None = os.fdopen(writing, "wb", buffering=0)
        self._thread = threading.Thread(target=self._run, args=(reading,), name="sidekick-age", daemon=True)
        self._thread.start()

    def write(self, data: Buffer) -> None:
        """Encrypt ``data``. Raise what writing the ciphertext raises."""
        view = memoryview(data)
        try:
            while len(view) and self._pipe is not None:
                view = view[self._pipe.write(view) :]
        except BrokenPipeError:
            self.close()
            self._check()
            raise

    def finish(self) -> None:
        """Encrypt the rest. Nothing may be written afterwards; the raw file stays open."""
        self.close()
        self._check()

    def close(self) -> None:
        """End the encrypting thread; its output is complete only after :meth:`finish`."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        self._thread.join()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self, reading: int) -> None:
        try:
            with os.fdopen(reading, "rb", buffering=_PIECE) as source:
                self._pyrage.encrypt_io(source, self._pieces, list(self._recipients.parsed))
            self._pieces.flush_all()
        except BaseException as error:  # it belongs to the thread that writes
            self._failure = self._pieces.failure or error


def decrypted(fd: int, size: int, key: Key | None, path: str) -> IO[bytes]:
    """Return a nameless file with the content of an age file.

    :param fd: the age file, read from its beginning; it is not closed.
    :param size: its bytes.
    :param path: path of the archive, for messages; the nameless file is made in its directory if there is room.

    Raise EncryptionError ``identity_missing``, ``key_wrong`` or ``identity_invalid``,
    ArchiveError ``archive_damaged``, HostError ``library_missing``, ``age_no_room``, ``disk_filled`` or ``write_failed``.
    """
    if key is None:
        raise EncryptionError("identity_missing", path=path)
    if key.kind != AGE_IDENTITY:
        raise EncryptionError("key_wrong", problem="not_identity", path=path)
    identities, directory = _identities(key), _place(size, path)
    spool = nameless_file(Path(directory))
    try:
        _decrypt(fd, spool, identities, directory, path)
    except BaseException:
        spool.close()
        raise
    return spool


def _decrypt(fd: int, spool: IO[bytes], identities: list[Any], directory: str, path: str) -> None:
    def write(data: Buffer) -> None:
        spool.write(data)
        spool.flush()

    pieces = _Pieces(write)
    try:
        with os.fdopen(os.dup(fd), "rb", buffering=_PIECE) as source:
            source.seek(0)
            require("pyrage").decrypt_io(source, pieces, identities)
        pieces.flush_all()
    except Exception as error:
        # The library raises OSError for damage, too; its origin tells the two apart.
        failure = pieces.failure
        if isinstance(failure, OSError):
            raise HostError("write_failed", path=directory, cause=failure.strerror or failure) from failure
        if failure is not None:
            raise failure from None
        if _NO_MATCH in str(error).lower():
            raise EncryptionError("key_wrong", problem="other_identity", path=path) from error
        raise ArchiveError("archive_damaged", problem="age", path=path, cause=error) from error


def _place(size: int, path: str) -> str:
    """Return a directory with room for ``size`` bytes. Raise HostError (``age_no_room``)."""
    directories = dict.fromkeys([os.path.dirname(os.path.abspath(path)), tempfile.gettempdir()])
    for directory in directories:
        if _room(directory) > size:
            return directory
    raise HostError("age_no_room", path=path, needed=size, directories=listed(directories))


def _room(directory: str) -> int:
    """Return the bytes that this process can write in a directory; 0 if it can't."""
    with suppress(OSError):
        found = os.statvfs(directory)
        if os.access(directory, os.W_OK | os.X_OK):
            return found.f_bavail * found.f_frsize
    return 0
