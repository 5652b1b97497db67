# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detects the format of a file by its content, never by its name."""

from __future__ import annotations

import os

from .._errors import ArchiveError, SidekickError
from . import trailer
from .codec import Codec
from .codec import codec as make_codec
from .frames import longest
from .manifest import LARGEST_MANIFEST
from .names import BACKUP_JSON
from .rawfile import RandomFile, open_archive

_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_HEAD = 64 * 1024
#: how many bytes of the first tar block are checked
_PEEK = len(BACKUP_JSON) + 1


def find_trailer(file: RandomFile, path: str) -> tuple[Codec, trailer.Trailer]:
    """Return the codec of an archive, and where its manifest is.

    Raise ArchiveError ``archive_foreign`` if it is not a backup, ``archive_truncated`` if its end is missing,
    ``archive_newer`` for an unknown format, HostError ``library_missing`` for zstd without a library.
    """
    head = file.pread(0, min(file.size, _HEAD))
    length = min(file.size, trailer.LONGEST)
    tail = file.pread(file.size - length, length)
    codec = make_codec(_compression(head))
    place = trailer.decode(codec, tail, path)
    if place is None:
        raise ArchiveError("archive_truncated" if _is_ours(codec, head) else "archive_foreign", path=path)
    end = file.size - len(trailer.encode(codec, place))
    false = place.raw_size > LARGEST_MANIFEST or place.length > longest(place.raw_size)
    if false or place.offset + place.length != end:
        raise ArchiveError("archive_truncated", path=path)
    return codec, place


def begins_as_ours(path: str) -> bool:
    """Return whether a plain file begins as an archive of this collection does; nothing is verified by that."""
    try:
        descriptor = open_archive(path)
        try:
            head = os.read(descriptor, _HEAD)
        finally:
            os.close(descriptor)
        return _is_ours(make_codec(_compression(head)), head)
    except (OSError, SidekickError):
        return False


def _is_ours(codec: Codec, head: bytes) -> bool:
    return bytes(codec.peek(head, _PEEK)) == BACKUP_JSON.encode() + b"\0"


def _compression(head: bytes) -> str:
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(_ZSTD_MAGIC) else "none"
