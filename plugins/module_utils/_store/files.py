# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small private files, written so that a crash leaves the old content or the new, never a mixture."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
from pathlib import Path

from .._os_errors import Writing
from .ownership import PRIVATE, Ownership

#: Maximum bytes of a file that is read into memory as a whole: 5,000 tables take about 0.3 MB.
READ_LIMIT = 16 * 1024 * 1024

_PARTIAL = re.compile(r"\.(.+)\.[0-9a-f]{16}\.partial")
_REMOVING = re.compile(r"\.(.+)\.[0-9a-f]{16}\.removing")

#: Errors of file systems that can't sync directories; they are ignored.
_NO_DIRECTORY_SYNC = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTTY)


def partial_name(file: str) -> str:
    """Return a new private name under which a file is prepared."""
    return f".{file}.{secrets.token_hex(8)}.partial"


def removing_name(file: str) -> str:
    """Return a new private name under which a file waits to be deleted."""
    return f".{file}.{secrets.token_hex(8)}.removing"


def partial_of(name: str) -> str | None:
    """Return the file that a :func:`partial_name` was made for, or None for any other name."""
    match = _PARTIAL.fullmatch(name)
    return match.group(1) if match else None


def removing_of(name: str) -> str | None:
    """Return the file that a :func:`removing_name` was made for, or None for any other name."""
    match = _REMOVING.fullmatch(name)
    return match.group(1) if match else None


def remove_tree(path: Path) -> str | None:
    """Remove a directory with its contents; return what could not be removed.

    Everything that can be removed is removed in any case.
    """
    try:
        shutil.rmtree(path)
        return None
    except FileNotFoundError:
        if not os.path.lexists(path):
            return None
    except OSError:
        pass
    # Nothing can be removed from a directory without write permission, but its owner may change the mode.
    for directory, _names, _files in os.walk(path):
        with contextlib.suppress(OSError):
            os.chmod(directory, 0o700)
    shutil.rmtree(path, ignore_errors=True)
    left = next((os.path.join(place, names[0]) for place, _names, names in os.walk(path) if names), None)
    return left or (str(path) if os.path.lexists(path) else None)


def create_private(path: Path) -> int:
    """Create a file that did not exist, readable by its owner alone, and return its descriptor.

    Raise OSError.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte. Raise OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable. Raise OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_DIRECTORY_SYNC:
            raise
    finally:
        os.close(descriptor)


def write_partial(
    directory: Path, file: str, data: bytes, ownership: Ownership, *, strict: bool = True
) -> Path:
    """Write data durably under a private name next to the target, and return that path.

    :param strict: False ignores an owner or group that this user may not set.
    :raises OSError: it failed; nothing is left behind.
    """
    path = directory / partial_name(file)
    descriptor = create_private(path)
    try:
        try:
            write_all(descriptor, data)
            ownership.apply(descriptor, strict=strict)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        path.unlink()
        raise
    return path


def write_atomically(path: Path, data: bytes) -> None:
    """Replace or create a file durably and atomically.

    A new file is readable by its owner alone; a replaced one keeps its owner, group and mode.

    Raise HostError (``write_failed``, ``disk_filled``).
    """
    with Writing(path):
        ownership = Ownership.of(path) if os.path.lexists(path) else PRIVATE
        partial = write_partial(path.parent, path.name, data, ownership, strict=False)
        try:
            os.replace(partial, path)
        except OSError:
            partial.unlink()
            raise
        sync_directory(path.parent)


def read_small(path: Path, limit: int = READ_LIMIT) -> bytes:
    """Return a regular file's whole content.

    Links, pipes and devices are refused, so that reading can't hang or be redirected.

    :param limit: bytes that are read at most.
    :raises OSError: it can't be read.
    :raises ValueError: it is not a regular file, or larger than the limit.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is not a regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it is larger than {limit} bytes")
    return data
