# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private directories next to (or inside) live ones: their paths, names, permissions and removal."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._archive.names import PRIVATE_PREFIX, is_private
from .._errors import Notice, listed
from .._store.files import remove_tree
from .pairs import Pair, inode

#: Names of directories that are being filled or removed. One without a lock is a leftover.
_WORK = PRIVATE_PREFIX + "restore."
#: Names of directories in a switch. Only the journal decides about them.
_SWAP = PRIVATE_PREFIX + "swap."


@dataclass(frozen=True)
class Place:
    """A live directory, existing or not.

    :param name: its name in the backup.
    :param live: its path, with symbolic links in its parents resolved.
    :param inside: whether it can't be renamed itself, such as a mount point or the directory of a Docker volume.
    :param count: number of entries in it; None if it does not exist.
    """

    name: str
    live: Path
    inside: bool
    count: int | None

    @property
    def full(self) -> bool:
        """Whether it contains anything."""
        return bool(self.count)

    @property
    def workspace(self) -> Path:
        """The parent of private directories: on the same file system, and if possible invisible to containers.

        That is the parent of the live directory, or the directory itself if it is a mount point.
        """
        return self.live if os.path.ismount(self.live) else self.live.parent

    def new_work(self) -> Path:
        """Return a new private name for a directory to be filled."""
        return self.workspace / f"{_WORK}{self.live.name}.{secrets.token_hex(6)}"

    def new_spare(self) -> Path:
        """Return a new private name for a directory in a switch."""
        return self.workspace / f"{_SWAP}{self.live.name}.{secrets.token_hex(6)}"


def can_be_renamed(path: Path) -> bool:
    """Return whether a directory can be replaced by renaming.

    That is not possible for mount points, nor for the directory of a volume (``…/volumes/NAME/_data``), which
    containers, running or not, refer to by inode.
    """
    return not (os.path.ismount(path) or (path.name == "_data" and path.parent.parent.name == "volumes"))


def entries(path: Path) -> list[str]:
    """Return the names in a directory, without private ones of this product. Raise OSError."""
    return [name for name in os.listdir(path) if not is_private(os.fsencode(name))]


def pairs(place: Place, staged: Path, spare: Path) -> Iterator[Pair]:
    """Yield the names that must be exchanged to give a directory new contents.

    :param staged: the directory with the new contents.
    :param spare: the private directory for the old contents.

    Raise OSError.
    """
    if not place.inside:
        yield Pair(os.fsencode(place.live), os.fsencode(spare), inode(os.fsencode(staged)), _existing(place))
        return
    live, new, old = (os.fsencode(path) for path in (place.live, staged, spare))
    with os.scandir(new) as found:
        for entry in found:
            path = os.path.join(live, entry.name)
            yield Pair(path, os.path.join(old, entry.name), entry.inode(), inode(path))
    with os.scandir(live) as found:
        for entry in found:
            if is_private(entry.name) or inode(os.path.join(new, entry.name)) is not None:
                continue
            yield Pair(os.path.join(live, entry.name), os.path.join(old, entry.name), None, inode(entry.path))


def _existing(place: Place) -> int | None:
    return inode(os.fsencode(place.live))


def looks(path: Path) -> tuple[int, int, int, int]:
    """Return owner, group, mode and time (nanoseconds) of a directory. Raise OSError."""
    return _looks(os.stat(path))


def _looks(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode), found.st_mtime_ns


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a directory, without following links, during the block. Raise OSError.

    If the live directory is a mount point, private ones are inside it, and its owner could replace them by
    links at any time. So changes must only be made through open descriptors.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_private(path: Path) -> tuple[int, int, int, int]:
    """Remove all permissions of other users from a directory; return its previous metadata. Raise OSError."""
    with opened(path) as descriptor:
        before = _looks(os.fstat(descriptor))
        os.fchmod(descriptor, 0o700)
    return before


def apply_directory_metadata(path: Path, wanted: tuple[int, int, int, int]) -> None:
    """Set the metadata of a directory; the owner only if that is permitted. Raise OSError."""
    owner, group, mode, time = wanted
    with opened(path) as descriptor:
        if _looks(os.fstat(descriptor)) == wanted:
            return
        try:
            os.fchown(descriptor, owner, group)
        except PermissionError:
            pass
        os.fchmod(descriptor, mode)
        os.utime(descriptor, ns=(time, time))


def throw_away(path: Path) -> str | None:
    """Remove a private directory. Return the path of an entry that could not be removed, or None.

    It is renamed first, so that its rest is a leftover if the process is killed, and renamed back on failure.
    """
    work = path.with_name(path.name.replace(_SWAP, _WORK, 1))
    try:
        os.rename(path, work)
    except OSError:
        work = path
    left = remove_tree(work)
    if left is None or work == path:
        return left
    try:
        os.rename(work, path)
    except OSError:
        return left
    return left.replace(str(work), str(path), 1)


def remove_leftovers(place: Place) -> list[Notice]:
    """Remove directories that killed restores of the same directory were filling.

    :returns: warnings about what can't be removed.
    """
    prefix = f"{_WORK}{place.live.name}."
    stuck: list[str] = []
    if not place.workspace.is_dir():
        return []
    for entry in place.workspace.iterdir():
        if not entry.name.startswith(prefix) or entry.is_symlink() or not entry.is_dir():
            continue
        try:
            descriptor = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = remove_tree(entry)
            stuck += [left] if left else []
        except OSError:
            pass  # a run is filling it
        finally:
            os.close(descriptor)
    return [Notice("leftovers_stuck", paths=listed(stuck), count=len(stuck))] if stuck else []
