# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packs configuration files: those that the user names, and those that define a stack."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..._archive.batches import changed
from ..._archive.config_entry import ConfigEntry, FileAttributes
from ..._archive.names import CONFIG_PREFIX, check_name, printable
from ..._archive.owners import Owners
from ..._archive.writer import ArchiveWriter
from ..._errors import ArchiveError, HostError, Notice
from ..._os_errors import Reading

#: maximum bytes of one file, which is read as a whole; larger files are data, not configuration
LARGEST = 16 * 1024 * 1024
#: limits for discovered files: total bytes, and number of files
LARGEST_TOGETHER = 64 * 1024 * 1024
MOST_FILES = 500


@dataclass(frozen=True)
class ConfigSources:
    """Which configuration files to back up.

    :param named: files that the user names; each must exist.
    :param found: files of a stack; one that can't be backed up causes a warning.
    """

    named: tuple[Path, ...] = ()
    found: tuple[Path, ...] = ()

    @property
    def only_found(self) -> tuple[Path, ...]:
        """The files of the stack that the user did not name."""
        named = {os.path.normpath(path) for path in self.named}
        return tuple(path for path in self.found if os.path.normpath(path) not in named)


def check_named(paths: Iterable[Path]) -> None:
    """Check the files that the user names.

    Raise HostError: ``option_invalid`` for a name that archives don't allow, ``file_unreadable``, ``config_too_large``.
    """
    for path in paths:
        try:
            check_name(_member(path))
        except ArchiveError as error:
            cause = "a name in an archive has no backslash and no control character"
            raise HostError(
                "option_invalid", option="config_files", value=printable(str(path)), cause=cause
            ) from error
        _read(path)


def pack_config(sources: ConfigSources, writer: ArchiveWriter, notices: list[Notice]) -> list[ConfigEntry]:
    """Write configuration files to an archive, under their absolute paths; return their entries.

    :param notices: receives a warning for each file of the stack that could not be backed up.

    Raise HostError for a file that the user names; see :func:`check_named`.
    """
    owners = Owners()
    named = {_member(path): path for path in sources.named}
    entries = [_pack(path, writer, owners, notices) for path in named.values()]
    together = 0
    for path in sources.only_found:
        try:
            check_name(_member(path))
            size = os.stat(path).st_size
            if together + size > LARGEST_TOGETHER or len(entries) >= MOST_FILES:
                limit = LARGEST_TOGETHER // 1024**2
                raise HostError("config_too_large", problem="all", count=MOST_FILES, limit=limit)
            entry = _pack(path, writer, owners, notices)
        except OSError as error:
            notices.append(Notice("config_not_kept", path=path, cause=error.strerror or error))
        except (HostError, ArchiveError) as error:
            notices.append(Notice("config_not_kept", path=path, cause=error))
        else:
            entries.append(entry)
            together += entry.bytes
    return entries


def _pack(path: Path, writer: ArchiveWriter, owners: Owners, notices: list[Notice]) -> ConfigEntry:
    content, found, unsteady = _read(path)
    if unsteady:
        notices.append(Notice("file_changed", path=printable(str(path))))
    attributes = FileAttributes(
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        owners.user(found.st_uid),
        owners.group(found.st_gid),
        found.st_mtime_ns,
    )
    return writer.add_config(_member(path), content, attributes)


def _member(path: Path) -> str:
    return CONFIG_PREFIX + os.path.normpath(path).lstrip("/")


def _read(path: Path) -> tuple[bytes, os.stat_result, bool]:
    """Return a file's content, its attributes, and whether it changed while it was read.

    Raise HostError (``file_unreadable``, ``config_too_large``).
    """
    # O_NONBLOCK, so that opening a pipe does not wait for a writer.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    with Reading(path), open(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise HostError("file_unreadable", path=path, cause="it is not a regular file")
        content = file.read(LARGEST + 1)
        unsteady = changed(found, os.fstat(file.fileno()))
    if len(content) > LARGEST:
        raise HostError("config_too_large", problem="one", path=path, limit=LARGEST // 1024**2)
    return content, found, unsteady
