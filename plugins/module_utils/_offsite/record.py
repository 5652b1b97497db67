# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files copied along with archives: ``store.json``, which may only grow, and append-only files."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._errors import HostError, StoreError
from .._os_errors import Reading, Writing
from .._store import fields, files
from .._store.audit import LOG_FILE
from .._store.listing import list_backups
from .._store.naming import RECORD_FILE
from .._store.store import parse_strictly, read_record

#: Append-only files, whose copies can be continued and never have to be replaced.
APPEND_ONLY = (LOG_FILE,)

#: Maximum bytes of such a file sent in one run, and maximum size of its copy.
MOST, _LONGEST = 16 * 1024 * 1024, 1024 * 1024 * 1024
#: How many replaced records are kept.
MOST_KEPT = 20


@dataclass(frozen=True)
class Extent:
    """The extent of a file: its first ``size`` bytes have this ``sha256``."""

    size: int
    sha256: str


NOTHING = Extent(0, hashlib.sha256().hexdigest())


def put_record(store: Path, new: dict[str, Any]) -> bool:
    """Write ``store.json`` if it is new here; return whether it was written.

    Somebody with the push key could send a false one. So replaced records are kept. A record that does not
    continue the current one is accepted anyway; otherwise a false one would block the right one forever.

    :raises StoreError: ``offsite_refused`` for what is no such record, ``offsite_other_store`` for another store's.
    """
    try:
        wanted = parse_strictly(new)
    except ValueError as error:
        raise StoreError("offsite_refused", cause=f"{RECORD_FILE}: {error}") from error
    old = read_record(store, dict)
    if old == new:
        return False
    here = old.get("uuid") if old is not None else _uuid_of_copies(store)
    if here is not None and here != wanted.uuid:
        raise StoreError("offsite_other_store", path=store, here=here, there=wanted.uuid)
    if old is not None:
        _keep(store, old)
    files.write_atomically(store / RECORD_FILE, fields.serialize(new))
    return True


def _uuid_of_copies(store: Path) -> str | None:
    """Return the store of the copies if its record is missing."""
    origins = (backup.sidecar.origin for backup in list_backups(store) if backup.sidecar)
    return next((origin.store for origin in origins if origin), None)


def _keep(store: Path, old: dict[str, Any]) -> None:
    """Keep a record that is replaced: the first ones, and of the later ones the newest."""
    numbers = [number for number in range(1, MOST_KEPT + 1) if not os.path.lexists(store / kept_name(number))]
    number = numbers[0] if numbers else MOST_KEPT
    files.write_atomically(store / kept_name(number), fields.serialize(old))


def kept_name(number: int) -> str:
    """Return the name of a record that was replaced."""
    return f"{RECORD_FILE}.{number}"


def extent(store: Path, file: str, size: int | None = None) -> Extent | None:
    """Return the extent of a file, or of its first bytes; None if it is missing or shorter.

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
    """Return the extents of the append-only files. Raise HostError (``file_unreadable``)."""
    found = {file: extent(store, file) for file in APPEND_ONLY}
    return {file: value for file, value in found.items() if value is not None}


def _open(path: Path) -> Any:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def rest(store: Path, file: str, offset: int) -> bytes:
    """Return a file's content from an offset on, complete lines only. Raise HostError (``file_unreadable``)."""
    with Reading(store / file), _open(store / file) as stream:
        stream.seek(offset)
        data: bytes = stream.read(MOST)
    # A line that is being written is copied in the next run.
    return data[: data.rfind(b"\n") + 1]


def append(store: Path, file: str, at: Extent, data: bytes) -> None:
    """Append to a file, whose current extent must match the other side's request.

    Raise StoreError (``offsite_log_differs``), HostError (``write_failed``, ``disk_filled``).
    """
    path = store / file
    if (extent(store, file) or NOTHING) != at:
        raise StoreError("offsite_log_differs", path=path)
    if at.size + len(data) > _LONGEST:
        raise StoreError("offsite_refused", cause=f"{file} is longer than {_LONGEST} bytes")
    with Writing(path):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        try:
            try:
                files.write_all(descriptor, data)
            except OSError:
                # A partial line would differ from the original forever.
                os.ftruncate(descriptor, at.size)
                raise
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        files.sync_directory(store)
