# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stages configuration files of a backup next to their targets."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..._archive.config_entry import ConfigEntry
from ..._archive.filetimes import set_time
from ..._archive.reader import ArchiveReader
from ..._errors import HostError, Notice, listed
from ..._os_errors import Reading, Writing
from ..._store.files import create_private, partial_name, write_all
from ..._store.ownership import PRIVATE, Ownership
from ..._swap.pairs import Pair, inode
from ..._swap.switch import Renaming
from .places import ConfigPlaces

#: Mode bits that are restored. Setuid and setgid bits of an archive are not.
_ORDINARY_BITS = 0o777


@dataclass(frozen=True)
class ConfigFile:
    """A configuration file of a backup.

    :param path: its target.
    :param missing: whether it will be written; otherwise the existing file is kept, with the same or other content.
    :param aside: new name for the existing file; None if it is not renamed.
    """

    entry: ConfigEntry
    path: Path
    content: bytes
    missing: bool
    aside: Path | None = None


def plan_config(
    reader: ArchiveReader, entries: Sequence[ConfigEntry], places: ConfigPlaces, notices: list[Notice]
) -> list[ConfigFile]:
    """Read the configuration files of a backup, and decide what to do with each.

    :param notices: receives a notice about existing files with other content that are kept.

    Raise HostError: ``config_in_the_way``, and what :meth:`.ConfigPlaces.resolve` raises.
    """
    found, differing = [], []
    for entry, path in places.resolve(entries, reader.encryption):
        content = bytes(reader.member(entry))
        if not os.path.lexists(path):
            found.append(ConfigFile(entry, path, content, missing=True))
        elif _has_content(path, content):
            found.append(ConfigFile(entry, path, content, missing=False))
        else:
            differing.append(path)
            aside = _aside(path, reader.manifest.id) if places.replace else None
            found.append(ConfigFile(entry, path, content, missing=places.replace, aside=aside))
    if differing and not places.replace:
        names = listed(str(path) for path in differing)
        if not places.skip:
            raise HostError("config_in_the_way", paths=names)
        notices.append(Notice("content_kept", count=len(differing), names=names))
    return found


def _has_content(path: Path, content: bytes) -> bool:
    """Return whether the path is a regular file with this content. Raise HostError (``file_unreadable``)."""
    with Reading(path):
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(content):
            return False
        return path.read_bytes() == content


def _aside(path: Path, backup: str) -> Path:
    """Return an unused name for the replaced file, with the id of the backup."""
    number = 1
    while True:
        name = f"{path.name}.before-{backup}" + (f"-{number}" if number > 1 else "")
        if not os.path.lexists(path.with_name(name)):
            return path.with_name(name)
        number += 1


@dataclass(frozen=True)
class StagedConfig:
    """Staged configuration files.

    :param pairs: the names to exchange.
    :param renamings: renamings of staged files to the new names of the files that they replace, made before the exchange.
    """

    pairs: list[Pair] = field(default_factory=list)
    renamings: list[Renaming] = field(default_factory=list)


@contextmanager
def config_staged(files: Sequence[ConfigFile], notices: list[Notice]) -> Iterator[StagedConfig]:
    """Write missing files next to their targets, with owner, permissions and modification time.

    At the end of the block, remove the files that have not been exchanged.

    :param notices: receives warnings about owners and times that could not be set.

    Raise HostError (``write_failed``, ``disk_filled``).
    """
    staged = StagedConfig()
    written: list[Path] = []
    made: list[Path] = []
    try:
        for file in files:
            if file.missing:
                partial = file.path.with_name(partial_name(file.path.name))
                with Writing(file.path):
                    _make_parents(file.path.parent, made)
                    notices += (Notice(code, path=file.path) for code in _write(partial, file))
                written.append(partial)
                live, spare = os.fsencode(file.path), os.fsencode(file.aside or partial)
                staged.pairs.append(Pair(live, spare, inode(os.fsencode(partial)), inode(live)))
                if file.aside:
                    # The staged file gets the replaced file's new name only now, so that after a crash no other
                    # file has this name. The exchange then swaps both names.
                    staged.renamings.append(Renaming(partial, file.aside))
        yield staged
    finally:
        for path in written:
            with suppress(FileNotFoundError):
                os.unlink(path)
        for path in reversed(made):
            with suppress(OSError):
                # Directories that are not empty are kept.
                os.rmdir(path)


def _make_parents(path: Path, made: list[Path]) -> None:
    """Create missing directories, and add them to ``made``. Raise OSError."""
    for each in [*reversed(path.parents), path]:
        if not os.path.lexists(each):
            os.mkdir(each, 0o755)
            made.append(each)


def _write(path: Path, file: ConfigFile) -> list[str]:
    """Write a new file durably; return the codes of the warnings about it. Raise OSError."""
    attributes = file.entry.attributes
    wanted = (
        Ownership(attributes.uid, attributes.gid, attributes.mode & _ORDINARY_BITS) if attributes else PRIVATE
    )
    descriptor = create_private(path)
    kept = True
    try:
        write_all(descriptor, file.content)
        wanted.apply(descriptor, strict=False)
        if attributes:
            kept = set_time(descriptor, attributes.mtime_ns)
        os.fsync(descriptor)
        found = os.fstat(descriptor)
    except BaseException:
        os.unlink(path)
        raise
    finally:
        os.close(descriptor)
    codes = [] if kept else ["time_not_kept"]
    if attributes and (found.st_uid, found.st_gid) != (attributes.uid, attributes.gid):
        codes.append("owner_not_set")
    return codes
