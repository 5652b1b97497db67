# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files: kept in a backup with their absolute path, and put back only where nothing is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .._archive.manifest import MemberEntry
from .._archive.names import CONFIG_PREFIX
from .._archive.reader import ArchiveReader
from .._errors import HostError
from .._store.files import write_error, write_partial
from .._store.ownership import PRIVATE
from .._swap.pairs import Pair, inode


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file of a backup.

    :param path: where it was, and is to be.
    :param missing: whether it is to be written; otherwise the same content is there already.
    """

    path: Path
    content: bytes
    missing: bool


def read_config(path: Path) -> bytes:
    """Return the content of a file that is to be backed up. Raise HostError (``file_unreadable``)."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise HostError("file_unreadable", path=path, cause=error.strerror or error) from error


def plan_config(reader: ArchiveReader, entries: Sequence[MemberEntry]) -> list[ConfigFile]:
    """Read the configuration files of a backup, and make sure that none would replace another content.

    Raise HostError: ``config_in_the_way``, ``restore_parent_missing``, ``file_unreadable``.
    """
    found = []
    for entry in entries:
        path = Path("/" + entry.name[len(CONFIG_PREFIX) :])
        content = bytes(reader.member(entry))
        there = os.path.lexists(path)
        if there and (path.is_symlink() or not path.is_file() or read_config(path) != content):
            raise HostError("config_in_the_way", path=path)
        if not path.parent.is_dir():
            raise HostError("restore_parent_missing", name="config", path=path, parent=path.parent)
        found.append(ConfigFile(path, content, missing=not there))
    return found


@contextmanager
def config_staged(files: Sequence[ConfigFile]) -> Iterator[list[Pair]]:
    """Write those that are missing beside where they are to be, readable by their owner alone.

    Yield the names that put them in place; remove at the end of the block what is not in place by then.

    Raise HostError (``write_failed``, ``disk_filled``).
    """
    staged: list[Pair] = []
    try:
        for file in files:
            if file.missing:
                try:
                    partial = write_partial(file.path.parent, file.path.name, file.content, PRIVATE)
                except OSError as error:
                    raise write_error(file.path, error) from error
                spare = os.fsencode(partial)
                staged.append(Pair(os.fsencode(file.path), spare, inode(spare), None))
        yield staged
    finally:
        for pair in staged:
            with suppress(FileNotFoundError):
                os.unlink(pair.spare)
