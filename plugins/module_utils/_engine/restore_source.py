# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening an archive of any format for a restore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from .._archive.detect import begins_as_ours
from .._archive.keys import Key
from .._components.source import Source
from .._errors import EncryptionError, HostError
from .._run.run import Run
from .._sources import registry
from .._sources.native import Native
from .._store import naming
from .locate import Located
from .opening import demand, open_backup


@contextmanager
def open_source(
    located: Located, key: Key | None, run: Run, *, force: bool, allow_plain: bool, format: str | None
) -> Iterator[Source]:
    """Open an archive.

    :param force: accept symbolic links that point outside their directory.
    :param allow_plain: accept an unencrypted archive although encryption is demanded.
    :param format: the only accepted one; None to detect it from the content, unless something says that it is our own.

    Raise ArchiveError, EncryptionError, HostError.
    """
    path = located.path
    run.phase(f"opening {path.name}")
    demanded = demand(located, key, allow_plain)
    # Archives of earlier tools can't be authenticated, and are never encrypted.
    if format != Native.format and demanded.takes_plain and (format or not begins_as_ours(str(path))):
        opened = _open_other(path, run, force, format)
        if opened is not None:
            with opened as source:
                if format is None and (demanded.reasons or _is_our_own(located)):
                    raise EncryptionError("format_needed", path=path, format=source.format)
                yield source
            return
        if format is not None:
            raise HostError("format_differs", path=path, format=format)
    with open_backup(located, key, allow_plain) as reader:
        yield Native(reader)


def _open_other(
    path: Path, run: Run, force: bool, format: str | None
) -> AbstractContextManager[Source] | None:
    """Open an archive of another tool's format; None if the format is unknown, or not the requested one."""
    for name, opener in registry.OTHER_FORMATS.items():
        # The openers also recognise formats that only other verbs read.
        if format == name or format not in registry.OTHER_FORMATS:
            opened = opener(path, run, force)
            if opened is not None:
                return opened
    return None


def _is_our_own(located: Located) -> bool:
    """Return whether a file's name, or a sidecar, says that this collection made it."""
    name = naming.parse(located.path.name)
    known = located.backup.sidecar if located.backup else None
    return known is not None or (name is not None and name.format == naming.FORMAT_1)
