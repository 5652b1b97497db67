# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Staging directories, which are filled and verified next to their targets before the exchange."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..._errors import HostError
from ..._os_errors import Reading, Writing
from ..._store.files import remove_tree
from ..._swap.places import Place, can_be_renamed, entries


@dataclass(frozen=True)
class Staged:
    """A directory that is being restored.

    :param place: its target.
    :param staging: the private directory with the new content, on the same file system.
    :param descriptor: descriptor of ``staging``, locked so that no other run removes it as a leftover.
    """

    place: Place
    staging: Path
    descriptor: int

    def remove(self) -> None:
        """Remove the staging directory, if it still exists. The next run removes what can't be removed now."""
        remove_tree(self.staging)
        os.close(self.descriptor)


def _no_parent(name: str, live: Path) -> HostError:
    return HostError("restore_path_unusable", problem="no_parent", name=name, path=live, parent=live.parent)


def check_place(name: str, path: Path) -> Place:
    """Check that a staged directory can be moved to a path; return the target with symbolic links above it resolved.

    Raise HostError: ``restore_path_unusable``, ``file_unreadable``, ``write_failed``.
    """
    live = path.parent.resolve() / path.name
    try:
        if not stat.S_ISDIR(os.stat(live.parent).st_mode):
            raise _no_parent(name, live)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_parent(name, live) from error
    except OSError as error:
        raise HostError("file_unreadable", path=live.parent, cause=error.strerror or error) from error
    place = Place(name, live, False, None)
    if os.path.lexists(live):
        if live.is_symlink() or not live.is_dir():
            raise HostError("restore_path_unusable", problem="no_directory", name=name, path=live)
        with Reading(live):
            count = len(entries(live))
        place = Place(name, live, not can_be_renamed(live), count)
    if not os.access(place.workspace, os.W_OK | os.X_OK):
        raise HostError("write_failed", path=place.workspace, cause="it is not writable for this user")
    return place


def stage(place: Place) -> Staged:
    """Create an empty private directory next to the target.

    Raise HostError (``write_failed``).
    """
    staging = place.new_work()
    with Writing(staging):
        staging.mkdir(mode=0o700)
        descriptor = os.open(staging, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return Staged(place, staging, descriptor)


def sizes(staged: Mapping[Place, int]) -> dict[int, tuple[Path, int]]:
    """Sum up the bytes (or files) needed on each file system; return device → (a path on it, sum)."""
    needed: dict[int, tuple[Path, int]] = {}
    for place, size in staged.items():
        device = os.stat(place.workspace).st_dev
        needed[device] = (place.workspace, needed.get(device, (place.workspace, 0))[1] + size)
    return needed
