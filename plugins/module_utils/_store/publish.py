# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an archive gets its final name: complete, checked and durable, or not at all.

::

    .backup_….tar.gz.<random>.partial        the archive is written, synced and read back under this name
    .backup_….tar.gz.json.<random>.partial   its sidecar is written and synced
    backup_….tar.gz                          the archive gets its name, the directory is synced
    backup_….tar.gz.json                     the sidecar gets its name, the directory is synced

A kill at any moment leaves either private names only, or a complete archive whose complete sidecar
waits under a private name; :mod:`.leftovers` removes the former and finishes the latter.
"""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from .._errors import SidekickError, StoreError
from .._os_errors import Writing, write_error
from . import audit, files, naming, sidecar
from .ownership import PRIVATE, Ownership
from .sidecar import Sidecar
from .store import Store

#: What file systems without hard links answer (FAT, some network file systems).
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def rename_new(old: Path, new: Path) -> None:
    """Give a file a new name, which must be free: never is another file overwritten.

    Raise OSError; FileExistsError if the name is taken.
    """
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Only runs that hold the store's lock use such names, so that nobody comes in between.
        if os.path.lexists(new):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new)) from error
        os.rename(old, new)
    else:
        os.unlink(old)


class Publication:
    """An archive on its way into the store; unless :meth:`publish` ends well, leaving ``with`` removes it.

    :param store: where to; the caller holds its lock.
    :param file: the archive's final name, from :func:`.naming.archive_file`.
    :param ownership: owner, group and mode of the archive and its sidecar.
    :param content: a complete file on the same file system that becomes the archive; None begins an empty one.
    :raises HostError: it can't be created.

    ``partial`` is the path to write to (it exists, empty, with mode 0600), ``file`` the same file, open
    for writing and reading and unbuffered, and ``path`` where it will be.
    """

    def __init__(
        self, store: Store, file: str, ownership: Ownership = PRIVATE, *, content: Path | None = None
    ) -> None:
        name = naming.parse(file)
        if name is None or name.format != naming.FORMAT_1:
            raise ValueError(f"{file} is no name for an archive")
        self._store = store
        self._ownership = ownership
        self.path = store.path / file
        self.partial = store.path / files.partial_name(file)
        with Writing(self.partial):
            descriptor = files.create_private(self.partial) if content is None else self._take(content)
            self.file: BinaryIO = os.fdopen(descriptor, "r+b", buffering=0)

    def _take(self, content: Path) -> int:
        """Move a file to the private name, and return its descriptor. Raise OSError."""
        descriptor = os.open(content, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.rename(content, self.partial)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def publish(self, found: Sidecar) -> Sidecar:
        """Give the archive and its sidecar their names, and return the sidecar as it was written.

        The caller has read the archive back and found it whole.

        :param found: what was measured; its ``size`` must be the file's. The origin is filled in here.
        :raises StoreError: ``publish_changed`` (the file is not what was measured), ``publish_exists``.
        :raises HostError: ``write_failed``, ``disk_filled``.
        """
        record = self._store.record()
        whole = replace(
            found,
            file=self.path.name,
            origin=record.origin if record else None,
            audit=audit.head(self._store.path),
        )
        sidecar_path = sidecar.sidecar_path(self.path)
        try:
            self._seal(whole)
            data = sidecar.serialize(whole)
            waiting = files.write_partial(self._store.path, sidecar_path.name, data, self._ownership)
            try:
                rename_new(self.partial, self.path)
            except OSError:
                if not self._published():
                    waiting.unlink()
                raise
            files.sync_directory(self._store.path)
            rename_new(waiting, sidecar_path)
            files.sync_directory(self._store.path)
        except FileExistsError as error:
            raise StoreError("publish_exists", path=error.filename2 or error.filename or self.path) from error
        except OSError as error:
            raise write_error(self.path, error) from error
        finally:
            self.file.close()
        return whole

    def _seal(self, found: Sidecar) -> None:
        """Make the archive's content and attributes final and durable."""
        for path in (self.path, sidecar.sidecar_path(self.path)):
            if os.path.lexists(path):
                raise StoreError("publish_exists", path=path)
        descriptor = self.file.fileno()
        self._ownership.apply(descriptor)
        os.fsync(descriptor)
        written = os.fstat(descriptor)
        if written.st_size != found.size or not os.path.samestat(written, os.lstat(self.partial)):
            raise StoreError("publish_changed", path=self.partial)

    def _published(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self.file.fileno()), os.lstat(self.path))
        except OSError:
            return False

    def discard(self) -> None:
        """Remove what was written so far, if it was not published."""
        self.file.close()
        try:
            self.partial.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise write_error(self.partial, error) from error

    def __enter__(self) -> Publication:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.discard()
        except SidekickError:
            # What went wrong first is what the user must hear of; the next run removes the rest.
            if error is None:
                raise
