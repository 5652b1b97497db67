# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading an archive: nothing is used before it is verified."""

from __future__ import annotations

import hashlib
import os
from types import TracebackType
from typing import IO, NoReturn

from .._errors import ArchiveError
from .._pagecache import forget_behind
from . import age, tarfmt, trailer
from .allocator import tune_malloc
from .cipher import HEADER_SIZE, DecryptingFile
from .cipher import MAGIC as ENCRYPTED_MAGIC
from .codec import BlockError, BlockTooLargeError
from .demand import NOTHING, PLAIN, Demand
from .detect import find_trailer
from .frames import LARGEST_FILES_FRAME, known_header
from .jsonfields import Fields, loads
from .keys import Key
from .layout import Layout
from .manifest import FrameEntry, Kinds, Manifest, MemberEntry
from .names import BACKUP_JSON, MANIFEST, part_member
from .rawfile import PlainFile, RandomFile, open_archive
from .tables import PartEntry, TableEntry

#: A frame whose compressed size is below this is part of a hole, which has many equal frames.
_REPEATED = 500


class ArchiveReader:
    """An open archive whose manifest has been verified and found consistent. Threads may share it."""

    def __init__(self, fd: int, path: str, key: Key | None, kinds: Kinds, demand: Demand) -> None:
        """Take over an open descriptor; see :meth:`open`."""
        tune_malloc()
        self._fd = fd
        self.path = path
        plain = PlainFile(fd, path)
        if plain.size == 0:
            raise ArchiveError("archive_damaged", problem="empty", path=path)
        #: size of the file in bytes
        self.size = plain.size
        head = plain.pread(0, min(plain.size, HEADER_SIZE))
        self._file: RandomFile = plain
        #: as in the manifest: none, aes256 or age
        self.encryption = _encryption(head)
        self._spool: IO[bytes] | None = None
        #: SHA-256 and content of a frame that is likely to be repeated: a hole is decompressed once
        self._repeated: tuple[str, bytes] = ("", b"")
        # Checked before anything is used: nothing proves who made a plain archive.
        demand.check(self.encryption, path)
        if self.encryption == "aes256":
            self._file = DecryptingFile(fd, key, path)
        elif self.encryption == "age":
            self._spool = age.decrypted(fd, plain.size, key, path)
            self._file = PlainFile(self._spool.fileno(), path)
        try:
            self._open(path, kinds)
        except BaseException:
            self._close_spool()
            raise

    def _open(self, path: str, kinds: Kinds) -> None:
        self._codec, place = find_trailer(self._file, path)
        #: as in the manifest: gzip, zstd or none
        self.compression = self._codec.name
        self.manifest = self._read_manifest(place, kinds)
        self.layout = Layout(self.manifest, place.offset, path)
        self._check_backup_json()

    @classmethod
    def open(cls, path: str, key: Key | None, kinds: Kinds, demand: Demand = NOTHING) -> ArchiveReader:
        """Open an archive and verify its trailer, manifest and ``backup.json``.

        :param key: needed if the archive is encrypted, unused otherwise.
        :param kinds: the components that it may contain.
        :param demand: the demands on its encryption.

        Raise ArchiveError if the file is not an intact archive, EncryptionError if the key is missing or wrong,
        or the encryption does not meet the demands, HostError ``library_missing`` for zstd without a library.
        """
        fd = open_archive(path)
        try:
            return cls(fd, path, key, kinds, demand)
        except BaseException:
            os.close(fd)
            raise

    def __enter__(self) -> ArchiveReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. No method may be running or be called afterwards."""
        self._close_spool()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file read so far."""
        return self._file.bytes_read

    def proved_frame(self, number: int) -> bytes:
        """Return a frame's compressed bytes, with the SHA-256 verified.

        Raise ArchiveError ``archive_damaged``, and what reading raises.
        """
        entry = self._entry(number)
        data = self._file.pread(entry.offset, entry.length)
        # In an encrypted file, the frame's offset is slightly larger.
        forget_behind(self._fd, entry.offset, entry.offset + entry.length)
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            self.refuse_frame("archive_damaged", "frame", number)
        return data

    def cost(self, number: int) -> int:
        """Return the memory for reading a frame: its compressed and its raw bytes."""
        entry = self._entry(number)
        return entry.length + entry.raw_size

    def frame(self, number: int) -> bytes:
        """Return a frame's raw content: its SHA-256 is verified before, its size after decompressing.

        Raise ArchiveError ``archive_damaged`` or ``manifest_false``, and what reading raises.
        """
        entry, data = self._entry(number), self.proved_frame(number)
        sha256, known = self._repeated
        if (sha256, len(known)) == (entry.sha256, entry.raw_size):
            return known
        raw = self._raw(data, number, entry.raw_size)
        if LARGEST_FILES_FRAME >= entry.raw_size > _REPEATED * entry.length:
            self._repeated = entry.sha256, raw
        return raw

    def member(self, entry: MemberEntry) -> bytes:
        """Return a member's content, with header and SHA-256 verified.

        Raise ArchiveError ``manifest_false`` if the manifest and the archive disagree on it.
        """
        raw = self.frame(entry.frame)
        start = self._member_start(raw, entry)
        header, payload = self.header(raw, start, entry.frame)
        content = raw[payload : payload + entry.bytes]
        expected = (entry.name.encode("utf-8", "surrogateescape"), tarfmt.FILE, entry.bytes, entry.offset)
        if (header.name, header.type, header.size, payload) != expected:
            self._refuse_member(entry.name)
        if raw[start:payload] != (known_header(entry) or raw[start:payload]):
            self._refuse_member(entry.name)
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            self._refuse_member(entry.name)
        return content

    def named(self, name: str) -> bytes:
        """Return the content of one of the manifest's own members.

        Raise ArchiveError ``manifest_false``, and what :meth:`member` raises.
        """
        for entry in self.manifest.members:
            if entry.name == name:
                return bytes(self.member(entry))
        raise ArchiveError("manifest_false", problem="missing", path=self.path, member=name)

    def part(self, table: TableEntry, part: PartEntry) -> memoryview:
        """Return the CSV of a part, with member header, size and SHA-256 verified.

        Raise ArchiveError ``manifest_false`` if the manifest and the archive disagree on it.
        """
        name = part_member(table.schema, table.name, part.number)
        raw = self.frame(part.frame)
        header, payload = self.header(raw, 0, part.frame)
        csv = memoryview(raw)[payload : payload + part.bytes]
        whole = payload + part.bytes + tarfmt.padding(part.bytes)
        expected = (name.encode("ascii"), tarfmt.FILE, part.bytes, len(raw))
        if (header.name, header.type, header.size, whole) != expected:
            self._refuse_member(name)
        if hashlib.sha256(csv).hexdigest() != part.sha256:
            self._refuse_member(name)
        return csv

    def _entry(self, number: int) -> FrameEntry:
        return self.manifest.frames[number]

    def _raw(self, data: bytes, number: int, raw_size: int) -> bytes:
        try:
            raw = self._codec.decompress(data, raw_size)
        except BlockTooLargeError:
            self.refuse_frame("manifest_false", "frame_size", number)
        except BlockError:
            self.refuse_frame("archive_damaged", "frame", number)
        if len(raw) != raw_size:
            self.refuse_frame("archive_damaged", "frame", number)
        return raw

    def header(self, raw: bytes, offset: int, number: int) -> tuple[tarfmt.Header, int]:
        """Return the tar header at a byte offset of a raw frame, and the offset of its payload.

        Raise ArchiveError ``header_false``.
        """
        try:
            return tarfmt.decode(raw, offset)
        except tarfmt.HeaderError as error:
            raise ArchiveError(
                "header_false", path=self.path, frame=number, name=error.name, offset=error.offset
            ) from error

    def _member_start(self, raw: bytes, entry: MemberEntry) -> int:
        """Return the start of the member's header, which may include a pax header before its 512 bytes."""
        name = entry.name.encode("utf-8", "surrogateescape")
        length = len(known_header(entry) or tarfmt.encode(tarfmt.Header(name, size=entry.bytes)))
        if not length <= entry.offset <= len(raw) - entry.bytes:
            self._refuse_member(entry.name)
        return entry.offset - length

    def refuse_frame(self, code: str, problem: str, number: int) -> NoReturn:
        """Raise the ArchiveError that names a frame by its number and its first member; -1 is the manifest's."""
        first = self._entry(number).first if number >= 0 else MANIFEST
        raise ArchiveError(code, problem=problem, path=self.path, frame=number, first=first)

    def _refuse_member(self, name: str) -> NoReturn:
        raise ArchiveError("manifest_false", problem="member", path=self.path, member=name)

    def _read_manifest(self, place: trailer.Trailer, kinds: Kinds) -> Manifest:
        data = self._file.pread(place.offset, place.length)
        if hashlib.sha256(data).hexdigest() != place.sha256:
            self.refuse_frame("archive_damaged", "frame", -1)
        raw = self._raw(data, -1, place.raw_size)
        header, payload = self.header(raw, 0, -1)
        rest = bytes(tarfmt.padding(header.size)) + tarfmt.END
        if header.name != MANIFEST.encode() or raw[payload + header.size :] != rest:
            self._refuse_member(MANIFEST)
        document = raw[payload : payload + header.size]
        manifest = Manifest.from_json(document, kinds, f"{self.path}: {MANIFEST}")
        if (manifest.compression, manifest.encryption) != (self.compression, self.encryption):
            where = "compression, encryption"
            raise ArchiveError("manifest_false", problem="value", path=self.path, where=where)
        return manifest

    def _check_backup_json(self) -> None:
        """The first member describes the file for other programs; it must agree with the manifest."""
        source = f"{self.path}: {BACKUP_JSON}"
        fields = Fields(loads(self.member(self.manifest.members[0]), source), source)
        if fields.number("format") != self.manifest.format or fields.text("id") != self.manifest.id:
            raise ArchiveError("manifest_false", problem="value", path=self.path, where="format, id")


def _encryption(head: bytes) -> str:
    """Return how a file is encrypted, by its first bytes."""
    if head.startswith(ENCRYPTED_MAGIC):
        return "aes256"
    return "age" if head.startswith((age.MAGIC, age.ARMOR)) else PLAIN


def encryption_of(path: str) -> str:
    """Return how a file is encrypted: ``none``, ``aes256`` or ``age``. Raise ArchiveError."""
    fd = open_archive(path)
    try:
        plain = PlainFile(fd, path)
        return _encryption(plain.pread(0, min(plain.size, HEADER_SIZE)))
    finally:
        os.close(fd)
