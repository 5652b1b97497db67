# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directories on their way back: filled and proved beside their target, then renamed."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._errors import HostError
from .._store.files import sync_directory

#: Staging directories are called so, in the directory that holds the target.
_PREFIX = ".ticketz-sidekick-restore."


@dataclass(frozen=True)
class Staged:
    """A directory that is being restored.

    :param name: its name in the backup.
    :param target: where it is to be.
    :param staging: where it is now, private, on the same file system.
    :param descriptor: of the staging directory, locked: so that no other run takes it for a leftover.
    """

    name: str
    target: Path
    staging: Path
    descriptor: int

    def remove(self) -> None:
        """Remove it, unless it has been exchanged; what can't be removed is left to the next run."""
        shutil.rmtree(self.staging, ignore_errors=True)
        os.close(self.descriptor)


def check_target(name: str, path: Path) -> Path:
    """Return the target with the links above it resolved, if a staged directory can be renamed to it.

    Raise HostError: ``restore_parent_missing``, ``restore_target_file``, ``restore_target_full``,
    ``restore_target_mounted``, ``file_unreadable``, ``write_failed``.
    """
    target = path.parent.resolve() / path.name
    try:
        if not stat.S_ISDIR(os.stat(target.parent).st_mode):
            raise HostError("restore_parent_missing", name=name, path=target, parent=target.parent)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise HostError("restore_parent_missing", name=name, path=target, parent=target.parent) from error
    except OSError as error:
        raise HostError("file_unreadable", path=target.parent, cause=error.strerror or error) from error
    if os.path.lexists(target):
        if target.is_symlink() or not target.is_dir():
            raise HostError("restore_target_file", name=name, path=target)
        try:
            count = len(os.listdir(target))
        except OSError as error:
            raise HostError("file_unreadable", path=target, cause=error.strerror or error) from error
        if count:
            raise HostError("restore_target_full", name=name, path=target, count=count)
        # A container holds a volume's directory by inode: renamed away, it would go on with the old one.
        if os.path.ismount(target) or target.name == "_data":
            raise HostError("restore_target_mounted", name=name, path=target)
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise HostError("write_failed", path=target.parent, cause="it is not writable for this user")
    return target


def stage(name: str, target: Path) -> Staged:
    """Create an empty private directory beside the target.

    Raise HostError (``write_failed``).
    """
    staging = target.parent / f"{_PREFIX}{target.name}.{secrets.token_hex(6)}"
    try:
        staging.mkdir(mode=0o700)
        descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise HostError("write_failed", path=staging, cause=error.strerror or error) from error
    return Staged(name, target, staging, descriptor)


def remove_leftovers(target: Path) -> None:
    """Remove the staging directories that killed restores of the same target have left."""
    prefix = f"{_PREFIX}{target.name}."
    for entry in target.parent.iterdir():
        if not entry.name.startswith(prefix) or entry.is_symlink() or not entry.is_dir():
            continue
        try:
            descriptor = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(entry, ignore_errors=True)
        except OSError:
            pass  # a run is filling it
        finally:
            os.close(descriptor)


def exchange(staged: Sequence[Staged]) -> None:
    """Rename all staged directories to their targets; if one can't be, take back those before it.

    Raise HostError (``write_failed``).
    """
    done: list[Staged] = []
    try:
        for item in staged:
            # rename(2) replaces an empty directory, and only an empty one
            os.rename(item.staging, item.target)
            done.append(item)
            sync_directory(item.target.parent)
    except OSError as error:
        take_back(done)
        raise HostError("write_failed", path=item.target, cause=error.strerror or error) from error


def take_back(staged: Sequence[Staged]) -> None:
    """Undo :func:`exchange`."""
    for item in reversed(staged):
        os.rename(item.target, item.staging)


def sizes(staged: Mapping[Path, int]) -> dict[int, tuple[Path, int]]:
    """Add up the bytes needed on each file system; return device → (a path on it, bytes)."""
    needed: dict[int, tuple[Path, int]] = {}
    for path, size in staged.items():
        device = os.stat(path.parent).st_dev
        needed[device] = (path.parent, needed.get(device, (path, 0))[1] + size)
    return needed
