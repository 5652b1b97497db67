# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels beside archives: ``store.json``, which may only grow, and files to which is only appended."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import HostError, StoreError
from .._store import fields, files
from .._store.audit import LOG_FILE
from .._store.store import RECORD_FILE, read_record

#: Files that only ever get longer, so that a copy can be continued and never has to be replaced.
APPEND_ONLY = (LOG_FILE,)

#: More of such a file is not sent in one run (bytes).
_MOST = 64 * 1024 * 1024


@dataclass(frozen=True)
class Extent:
    """How far a side has a file: its first ``size`` bytes have this ``sha256``."""

    size: int
    sha256: str


NOTHING = Extent(0, hashlib.sha256().hexdigest())


def continues(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Return whether a newer ``store.json`` is the older one's, with nothing of its past taken away."""
    past = old.get("former")
    past = past if isinstance(past, list) else []
    now = new.get("former")
    now = now if isinstance(now, list) else []
    return old.get("uuid") == new.get("uuid") and now[: len(past)] == past


def put_record(store: Path, new: dict[str, Any]) -> bool:
    """Write ``store.json`` if it is new here or continues the one that is; return whether it was written.

    Raise StoreError (``offsite_other_store``): what is here is another store's.
    """
    old = read_record(store, dict)
    if old == new:
        return False
    if old is not None and not continues(old, new):
        raise StoreError("offsite_other_store", path=store, here=old.get("uuid"), there=new.get("uuid"))
    files.write_atomically(store / RECORD_FILE, fields.serialize(new))
    return True


def extent(store: Path, file: str, size: int | None = None) -> Extent | None:
    """Return how far a file goes, or what its first bytes are; None where it is missing or shorter.

    Raise HostError (``file_unreadable``).
    """
    digest, left = hashlib.sha256(), size
    try:
        with _open(store / file) as stream:
            have = os.fstat(stream.fileno()).st_size
            if size is not None and have < size:
                return None
            left = have if size is None else size
            done = 0
            while done < left:
                piece = stream.read(min(1 << 20, left - done))
                if not piece:
                    break
                digest.update(piece)
                done += len(piece)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HostError("file_unreadable", path=store / file, cause=error.strerror or error) from error
    return Extent(done, digest.hexdigest())


def extents(store: Path) -> dict[str, Extent]:
    """Return how far the files go that are only ever appended to. Raise HostError (``file_unreadable``)."""
    found = {file: extent(store, file) for file in APPEND_ONLY}
    return {file: value for file, value in found.items() if value is not None}


def _open(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def rest(store: Path, file: str, offset: int) -> bytes:
    """Return what a file has beyond an offset, whole lines only. Raise HostError (``file_unreadable``)."""
    try:
        with _open(store / file) as stream:
            stream.seek(offset)
            data: bytes = stream.read(_MOST)
    except OSError as error:
        raise HostError("file_unreadable", path=store / file, cause=error.strerror or error) from error
    # A line that is just being written comes with the next run.
    return data[: data.rfind(b"\n") + 1]


def append(store: Path, file: str, at: Extent, data: bytes) -> None:
    """Continue a file, which must be exactly what the other side takes it for.

    Raise StoreError (``offsite_log_differs``), HostError (``write_failed``, ``disk_filled``).
    """
    path = store / file
    if (extent(store, file) or NOTHING) != at:
        raise StoreError("offsite_log_differs", path=path)
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            try:
                files.write_all(descriptor, data)
            except OSError:
                # Half a line would differ from the original for ever.
                os.ftruncate(descriptor, at.size)
                raise
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        files.sync_directory(store)
    except OSError as error:
        raise files.write_error(path, error) from error
