# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which migrations an image of Ticketz's backend knows: it can't run on a database that is ahead of them."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from typing import Any, cast

from .._errors import HostError
from .engine import Engine

#: Where the image has them.
_FOLDER = "/usr/src/app/dist/database/migrations"
_MIGRATION = re.compile(r"(.+?)(?<!\.d)\.[jt]s")


def migration(name: str) -> str | None:
    """Return a migration's name without the ending of its file, or None for another file."""
    match = _MIGRATION.fullmatch(name.rpartition("/")[2])
    return match.group(1) if match else None


def known_migrations(docker_host: str, container: str) -> frozenset[str]:
    """Return the migrations in a container's image, which need not run; none where they can't be found."""
    try:
        with Engine(docker_host) as engine:
            stream, _status = engine.call("get_archive", container, _FOLDER)
            # The whole folder comes as a tar; of it only the names are looked at.
            with tarfile.open(fileobj=cast(Any, _Stream(stream)), mode="r|") as archive:
                names = [member.name for member in archive if member.isfile()]
    except (HostError, tarfile.TarError, OSError):
        return frozenset()
    return frozenset(filter(None, map(migration, names)))


def unknown_migrations(names: Iterable[object], known: frozenset[str]) -> list[str]:
    """Return those of a database's migrations that an image does not know, in their order.

    None where the two have nothing in common: then the image keeps its migrations in another way.
    """
    found = [name for name in map(migration, map(str, names)) if name]
    if not known.intersection(found):
        return []
    return [name for name in found if name not in known]


class _Stream:
    """Pieces as a file that is read forwards."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        parts, length = [self._left], len(self._left)
        while length < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            length += len(piece)
        data = b"".join(parts)
        self._left = data[size:]
        return data[:size]
