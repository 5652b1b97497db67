# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a drill can be done: every check that creates nothing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .._archive.manifest import DatabaseEntry, DirectoryEntry
from .._archive.reader import ArchiveReader
from .._errors import DatabaseError, HostError, Notice
from .._postgres.embedded_packages import Installation, choose
from .._postgres.server import Server
from .._postgres.throwaway import Throwaway
from .._store.space import require_space
from .database_target import Content, read_content
from .scratch import check_scratch
from .server_checks import check_server, check_server_space

LOGIN, EMBEDDED = "login", "embedded"

#: What a server needs beside the data: its own catalogs, and its log of changes up to max_wal_size.
_SYSTEM, _LOG = 100_000_000, 1_100_000_000


@dataclass(frozen=True)
class DrillRequest:
    """Where to drill.

    :param server: an existing server; its ``database`` is the live one, which is left alone.
    :param where: ``login`` (that server) or ``embedded`` (one that is started for the drill).
    :param scratch_dir: directory to unpack files in, and for the embedded server; None unpacks no files.
    """

    server: Server
    where: str = LOGIN
    scratch_dir: Path | None = None


@dataclass(frozen=True)
class DrillPlan:
    """A drill that can be done.

    :param server: see :class:`DrillRequest`; not used with an installation.
    :param place: the server as messages name it.
    :param version: the server's version for people.
    :param installation: of the embedded server; None for an existing one.
    :param room: directory for what is written on this host; None if nothing is.
    :param directories: that are unpacked.
    :param roles: that the database refers to.
    """

    server: Server
    place: str
    version: str
    installation: Installation | None
    room: Path | None
    database: DatabaseEntry
    directories: tuple[DirectoryEntry, ...]
    roles: frozenset[str]


def server_space(entry: DatabaseEntry) -> int:
    """Return the bytes that a database needs on its server while it is made: with the log of its own changes.

    A drill can wait, so it does not take what a live server may need next.
    """
    return entry.size + min(entry.size, _LOG)


def plan_drill(
    request: DrillRequest, reader: ArchiveReader, dry_run: bool, notices: list[Notice]
) -> DrillPlan:
    """Make sure that a backup can be restored where the drill is to be. The server is contacted.

    :param dry_run: give the warnings that the run itself would give.

    Raise HostError: ``drill_no_database``, ``scratch_missing``, ``disk_full``, ``embedded_missing``;
    DatabaseError: ``extension_missing``, ``drill_subscription``, ``server_space``, ``drill_live_name``, and
    what :func:`.server_checks.check_server` raises.
    """
    entry = reader.manifest.database
    if entry is None:
        raise HostError("drill_no_database", id=reader.manifest.id, path=reader.path)
    content = read_content(reader, entry)
    _refuse_subscriptions(content, reader)
    extensions = {found.name for found in content.pre_data if found.type == "EXTENSION"}
    directories = reader.manifest.directories if request.scratch_dir else ()
    needed = sum(directory.bytes for directory in directories)
    room = request.scratch_dir
    installation = None
    if request.where == EMBEDDED:
        installation = choose(entry.server_version_num // 10000, extensions)
        room = room or Path(tempfile.gettempdir())
        needed += server_space(entry) + _SYSTEM
        place, version = installation.place, installation.version
    else:
        place, version = _look_at_server(request.server, entry, extensions, dry_run, notices)
    if room is not None:
        check_scratch(room)
        require_space(room, needed)
    return DrillPlan(
        server=request.server,
        place=place,
        version=version,
        installation=installation,
        room=room,
        database=entry,
        directories=tuple(directories),
        roles=frozenset(content.roles()),
    )


def _look_at_server(
    server: Server, entry: DatabaseEntry, extensions: set[str], dry_run: bool, notices: list[Notice]
) -> tuple[str, str]:
    """Check an existing server; return how messages name it, and its version."""
    with Throwaway.beside(server, 1) as target:
        check_server(target, entry, {}, notices if dry_run else [])
        missing = extensions - target.extensions()
        if missing:
            raise DatabaseError(
                "extension_missing",
                server=server.place,
                extension=min(missing),
                cause="pg_available_extensions does not list it",
            )
        check_server_space(target, server_space(entry), notices)
        return server.place, target.product_version


def _refuse_subscriptions(content: Content, reader: ArchiveReader) -> None:
    """Refuse what would tie the throwaway database to another server. Our own backups never have it."""
    for found in (*content.pre_data, *content.post_data):
        if found.type == "SUBSCRIPTION":
            raise DatabaseError("drill_subscription", subscription=found.name, path=reader.path)
