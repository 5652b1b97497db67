# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Publishing an exported file: complete and durable, or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from .._errors import HostError
from .._os_errors import write_error
from .._store import files
from .._store.ownership import Ownership
from .._store.publish import rename_new


def check_free(paths: Iterable[Path], force: bool) -> None:
    """Check that files can be written.

    :param force: whether existing files are replaced.

    Raise HostError: ``export_exists``, ``write_failed``.
    """
    for path in paths:
        if not path.parent.is_dir():
            raise HostError(
                "write_failed", path=path, cause="the directory that it belongs in does not exist"
            )
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise HostError("write_failed", path=path.parent, cause="it is not writable for this user")
        if os.path.lexists(path) and (not force or not path.is_file() or path.is_symlink()):
            raise HostError("export_exists", path=path)


class Publication:
    """A file to be published. A context manager, which removes it unless :meth:`publish` succeeds."""

    def __init__(self, path: Path, ownership: Ownership, force: bool) -> None:
        """Create it under a private name, locked, and remove remains of killed runs.

        Raise HostError (``write_failed``, ``disk_filled``).
        """
        self._path = path
        self._ownership = ownership
        self._force = force
        self.partial = path.with_name(files.partial_name(path.name))
        with self.translated():
            _remove_leftovers(path)
            #: open for writing and reading
            self.descriptor = files.create_private(self.partial)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def __enter__(self) -> Publication:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self.partial.unlink()
        os.close(self.descriptor)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Translate OSErrors in the block into errors that name the file."""
        try:
            yield
        except FileExistsError as error:
            raise HostError("export_exists", path=self._path) from error
        except OSError as error:
            raise write_error(self._path, error) from error

    def sync(self) -> None:
        """Make content and attributes final and durable. Raise OSError."""
        self._ownership.apply(self.descriptor)
        os.fsync(self.descriptor)

    def publish(self) -> None:
        """Rename the file to its final name. Raise HostError (``export_exists``, ``write_failed``)."""
        with self.translated():
            if self._force:
                os.replace(self.partial, self._path)
            else:
                rename_new(self.partial, self._path)
            files.sync_directory(self._path.parent)

    def take_back(self) -> None:
        """Remove the file again, unless it replaced another; never raises."""
        if not self._force:
            with suppress(OSError):
                self._path.unlink()


def _remove_leftovers(path: Path) -> None:
    for name in os.listdir(path.parent):
        if files.partial_of(name) != path.name:
            continue
        with suppress(OSError):
            descriptor = os.open(
                path.parent / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            )
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                (path.parent / name).unlink()
            finally:
                os.close(descriptor)
