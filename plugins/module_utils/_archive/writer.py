# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing an archive: frames from any thread, appended in order by one."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .._errors import ArchiveError, HostError, SidekickError
from .._os_errors import NO_SPACE, write_error
from .._pagecache import forget_behind
from . import tarfmt, trailer
from .age import AgeEncryptingFile, Recipients
from .allocator import tune_malloc
from .cipher import EncryptingFile
from .codec import Buffer, Codec
from .config_entry import ConfigEntry, FileAttributes
from .frames import Frame, config_header, member, seal
from .keys import Key
from .layout import Layout
from .manifest import FrameEntry, Manifest, MemberEntry
from .names import MANIFEST

#: frames waiting to be written; more would cost memory and gain nothing
_WAITING = 2


@dataclass(frozen=True)
class Written:
    """A complete archive: size in bytes and SHA-256 of the file, number of frames, and its manifest."""

    size: int
    sha256: str
    frames: int
    manifest: Manifest


class _HashedFile:
    """The file itself: writes and hashes at the same time."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._sha256 = hashlib.sha256()
        # Hashing while it writes and not afterwards is what lets stored media pass at the speed of the hash.
        self._hashing = ThreadPoolExecutor(1, "sidekick-hash")
        self.size = 0

    def write(self, data: Buffer) -> None:
        """Append all of ``data``. Raise OSError."""
        hashed = self._hashing.submit(self._sha256.update, data)
        try:
            view = memoryview(data)
            while len(view):
                view = view[os.write(self._fd, view) :]
        finally:
            hashed.result()
        forget_behind(self._fd, self.size, self.size + len(data))
        self.size += len(data)

    def sha256(self) -> str:
        """Return the SHA-256 of everything written."""
        return self._sha256.hexdigest()

    def close(self) -> None:
        """End the hashing thread."""
        self._hashing.shutdown()


class ArchiveWriter:
    """Creates an archive at a private path; publishing it under its final name is the store's part.

    All methods but :meth:`finish` and :meth:`discard` may be called from several threads.
    """

    def __init__(
        self, path: str, codec: Codec, key: Key | Recipients | None, *, descriptor: int | None = None
    ) -> None:
        """Create the file, readable by its owner alone.

        :param key: encrypts by aes256, or by age for recipients; None leaves the archive readable.
        :param path: must not exist, unless a descriptor is given.
        :param descriptor: of the file at ``path``, private, empty and open for writing; stays the caller's.

        Raise HostError ``disk_filled`` or ``write_failed``.
        """
        tune_malloc()
        self.path = path
        self.codec = codec
        self._key = key
        self._entries: list[FrameEntry] = []
        self._offset = 0
        self._adding = threading.RLock()
        self._waiting: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._failure: BaseException | None = None
        self._ended = False
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._fd = os.open(path, flags, 0o600) if descriptor is None else os.dup(descriptor)
        except OSError as error:
            raise self._host_error(error) from error
        self._file = _HashedFile(self._fd)
        self._encrypting: EncryptingFile | AgeEncryptingFile | None = None
        self._thread = threading.Thread(target=self._run, name="sidekick-writer", daemon=True)
        try:
            os.fchmod(self._fd, 0o600)
            if isinstance(key, Recipients):
                self._encrypting = AgeEncryptingFile(self._file, key)
            elif key is not None:
                self._encrypting = EncryptingFile(self._file, key)
        except (OSError, SidekickError) as error:
            self._thread.start()
            self.discard()
            raise (self._host_error(error) if isinstance(error, OSError) else error) from error
        self._thread.start()

    @contextlib.contextmanager
    def consecutive(self) -> Iterator[None]:
        """Keep the frames that this thread adds together; other threads that add wait meanwhile."""
        with self._adding:
            yield

    def add(self, frame: Frame) -> int:
        """Append a frame and return its number; waits while several others wait to be written.

        Raise HostError ``disk_filled`` or ``write_failed``, also if writing an earlier frame failed.
        """
        with self._adding:
            self._check()
            number = len(self._entries)
            entry = FrameEntry(self._offset, len(frame.data), frame.raw_size, frame.sha256, frame.first)
            self._entries.append(entry)
            self._offset += len(frame.data)
            self._waiting.put(frame.data)
            return number

    def add_member(self, name: str, payload: Buffer, *, mode: int = 0o600, mtime: int = 0) -> MemberEntry:
        """Append a member in a frame of its own and return its entry for the manifest.

        :param mtime: seconds since 1970.
        """
        raw = member(name, payload, mode=mode, mtime=mtime)
        number = self.add(seal(self.codec, raw, name))
        offset = len(raw) - len(payload) - tarfmt.padding(len(payload))
        return MemberEntry(name, number, offset, len(payload), hashlib.sha256(payload).hexdigest())

    def add_config(self, name: str, payload: Buffer, attributes: FileAttributes) -> ConfigEntry:
        """Append a configuration file in a frame of its own and return its entry for the manifest."""
        begin = config_header(name, len(payload), attributes)
        raw = b"".join((begin, payload, bytes(tarfmt.padding(len(payload)))))
        number = self.add(seal(self.codec, raw, name))
        digest = hashlib.sha256(payload).hexdigest()
        return ConfigEntry(name, number, len(begin), len(payload), digest, attributes=attributes)

    @property
    def _manifest_name(self) -> str:
        return f"{self.path}: {MANIFEST}"

    @property
    def closed_to_us(self) -> bool:
        """Whether only others can open the archive: what it lists has to be verified while it is written."""
        return isinstance(self._key, Recipients)

    @property
    def fingerprint(self) -> str | None:
        """Identifies the key (hex digits); None without encryption, and with recipients."""
        return self._encrypting.fingerprint if self._encrypting is not None else None

    def finish(self, manifest: Manifest, *, mtime: int = 0) -> Written:
        """Write the manifest (with this archive's frames) and the trailer, and make the file durable.

        :param mtime: of the manifest as a tar member, in seconds since 1970.

        Raise HostError as :meth:`add` does, and ArchiveError ``manifest_false`` if the manifest contradicts
        the frames (so that no reader would take the archive).
        """
        with self._adding:
            self._check()
            complete = dataclasses.replace(manifest, frames=tuple(self._entries))
            Layout(complete, self._offset, self.path)
            document = complete.to_json()
            if self.closed_to_us and complete != Manifest.from_json(
                document, complete.kinds, self._manifest_name
            ):
                raise ArchiveError("manifest_false", problem="value", path=self.path, where="$")
            raw = member(MANIFEST, document, mtime=mtime) + tarfmt.END
            frame = seal(self.codec, raw, MANIFEST, stored=False)
            place = trailer.Trailer(self._offset, len(frame.data), frame.raw_size, frame.sha256)
            self._waiting.put(frame.data)
            self._waiting.put(trailer.encode(self.codec, place))
            self._end()
        self._check()
        try:
            if self._encrypting is not None:
                self._encrypting.finish()
            os.fsync(self._fd)
        except OSError as error:
            raise self._host_error(error) from error
        finally:
            self._file.close()
            os.close(self._fd)
            self._fd = -1
        return Written(self._file.size, self._file.sha256(), len(self._entries), complete)

    def discard(self) -> None:
        """Stop and remove the file, also a finished one; never fails, and may be called at any time."""
        self._end()
        if self._encrypting is not None:
            self._encrypting.close()
        self._file.close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._waiting.put(None)
        self._thread.join()

    def _check(self) -> None:
        if self._failure is not None:
            if isinstance(self._failure, OSError):
                raise self._host_error(self._failure) from self._failure
            raise self._failure
        if self._ended and self._fd < 0:
            raise HostError("write_failed", path=self.path, cause="closed")

    def _run(self) -> None:
        while True:
            data = self._waiting.get()
            if data is None:
                return
            if self._failure is not None:
                continue  # who adds must not wait forever
            try:
                (self._encrypting or self._file).write(data)
            except BaseException as error:  # whatever it is belongs to the thread that adds or finishes
                self._failure = error

    def _host_error(self, error: OSError) -> HostError:
        return write_error(os.path.dirname(self.path) or "." if error.errno in NO_SPACE else self.path, error)
