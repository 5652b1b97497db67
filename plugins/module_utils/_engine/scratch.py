# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scratch directory of a drill, and the removal of those of killed drills."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._errors import HostError

_PREFIX = "ticketz-sidekick-drill-"
_OURS = re.compile(re.escape(_PREFIX) + "[0-9a-f]{12}")


@dataclass(frozen=True)
class Scratch:
    """A directory of one drill.

    :param lock: descriptor of the directory, locked as long as the drill or its server runs.
    """

    path: Path
    lock: int

    def private(self, name: str) -> Path:
        """Create a directory in it that nobody else may enter. Raise HostError (``write_failed``)."""
        path = self.path / name
        try:
            path.mkdir(mode=0o700)
        except OSError as error:
            raise HostError("write_failed", path=path, cause=error.strerror or error) from error
        return path


def check_scratch(base: Path) -> None:
    """Check that a directory can be used for drills.

    Raise HostError: ``scratch_missing``, ``write_failed``.
    """
    if not base.is_dir():
        raise HostError("scratch_missing", path=base)
    if not os.access(base, os.W_OK | os.X_OK):
        raise HostError("write_failed", path=base, cause="it is not writable for this user")


@contextmanager
def scratch(base: Path, *, passable: bool) -> Iterator[Scratch]:
    """Create a directory for the block, and remove it with its contents at the end.

    :param base: an existing directory.
    :param passable: let other users pass through to their directories in it.

    Raise HostError (``write_failed``).
    """
    remove_leftovers(base)
    path = base / (_PREFIX + secrets.token_hex(6))
    try:
        path.mkdir(mode=0o700)
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise HostError("write_failed", path=path, cause=error.strerror or error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if passable:
            os.fchmod(lock, 0o711)
        yield Scratch(path, lock)
    finally:
        remove_tree(path)
        os.close(lock)


def remove_tree(path: Path) -> None:
    """Remove one of our directories with its contents; what can't be removed is left to the next run."""
    if os.geteuid() != 0:
        # Unpacked directories have the source's modes: nothing can be removed from a read-only one.
        for above, directories, _files in os.walk(path):
            for name in directories:
                if not os.path.islink(os.path.join(above, name)):
                    os.chmod(os.path.join(above, name), 0o700)
    shutil.rmtree(path, ignore_errors=True)


def remove_leftovers(base: Path) -> list[Path]:
    """Remove our directories that killed drills have left, and return them."""
    removed = []
    with os.scandir(base) as entries:
        found = [entry for entry in entries if _OURS.fullmatch(entry.name)]
    for entry in found:
        try:
            descriptor = os.open(entry.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(Path(entry.path))
            removed.append(Path(entry.path))
        except OSError:
            pass  # its drill, or its server, still runs
        finally:
            os.close(descriptor)
    return removed
