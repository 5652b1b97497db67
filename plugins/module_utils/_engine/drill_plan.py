# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a drill: all checks that create nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .._archive.reader import ArchiveReader
from .._archive.rehearsal import Rehearsal
from .._components.database.content import Content, read_content
from .._components.database.entry import DatabaseEntry
from .._components.database.server_checks import check_extensions, check_server, check_server_space
from .._errors import DatabaseError, HostError, Notice, listed
from .._postgres.embedded_packages import Installation, choose
from .._postgres.scratch_database import ScratchDatabase
from .._postgres.server import Server
from .._store.space import require_space
from .._store.units import human_size
from . import scratch_place
from .scratch import check_scratch
from .scratch_place import Candidate

LOGIN, EMBEDDED = "login", "embedded"

#: Bytes that a server needs in addition to the data: its own catalogs, and its WAL up to max_wal_size.
_SYSTEM, _LOG = 100_000_000, 1_100_000_000


@dataclass(frozen=True)
class DrillRequest:
    """Where to drill.

    :param server: an existing server; its ``database`` is the live one, which is not touched.
    :param where: ``login`` (that server) or ``embedded`` (one that is started for the drill).
    :param scratch_dir: directory to unpack files in, and for the embedded server; None chooses one.
    :param directories: whether files are unpacked.
    """

    server: Server
    where: str = LOGIN
    scratch_dir: Path | None = None
    directories: bool = True


@dataclass(frozen=True)
class DrillPlan:
    """The plan of a drill.

    :param server: see :class:`DrillRequest`; not used with an installation.
    :param place: the server as messages name it.
    :param version: the server's version for people.
    :param installation: of the embedded server; None for an existing one.
    :param room: directory for files on this host; None if none are written.
    :param rooms: directories that a drill could have chosen.
    :param rehearsals: rehearsals of the other components, whose content is unpacked.
    :param roles: that the database refers to.
    :param complete: whether everything that can be unpacked will be.
    """

    server: Server
    place: str
    version: str
    installation: Installation | None
    room: Path | None
    rooms: tuple[Candidate, ...]
    database: DatabaseEntry
    rehearsals: tuple[Rehearsal, ...]
    roles: frozenset[str]
    complete: bool


def server_space(entry: DatabaseEntry) -> int:
    """Return the bytes that a database needs on its server while it is created, including WAL.

    A drill is not urgent, so it leaves space that a live server may need.
    """
    return entry.size + min(entry.size, _LOG)


def plan_drill(
    request: DrillRequest, reader: ArchiveReader, dry_run: bool, notices: list[Notice]
) -> DrillPlan:
    """Check that a backup can be restored where the drill will run. Connects to the server.

    :param dry_run: also give warnings that otherwise the run itself gives.

    Raise HostError: ``drill_no_database``, ``scratch_missing``, ``disk_full``, ``embedded_missing``;
    DatabaseError: ``extension_missing``, ``drill_subscription``, ``server_space``, ``drill_live_name``, and
    what :func:`.server_checks.check_server` raises.
    """
    entry = DatabaseEntry.of(reader.manifest)
    if entry is None:
        raise HostError("drill_no_database", id=reader.manifest.id, path=reader.path)
    content = read_content(reader, entry)
    _refuse_subscriptions(content, reader)
    extensions = {found.name for found in content.pre_data if found.type == "EXTENSION"}
    installation, server_needs = None, 0
    if request.where == EMBEDDED:
        installation = choose(entry.server_version_num // 10000, extensions)
        server_needs = server_space(entry) + _SYSTEM
        place, version = installation.place, installation.version
    else:
        place, version = _look_at_server(request.server, entry, extensions, dry_run, notices)
    rooms = () if request.scratch_dir else tuple(scratch_place.candidates(Path(reader.path)))
    entries = reader.manifest.entries.values()
    parts = [part for part in (each.rehearsal() for each in entries) if part]
    room, chosen = _room(request, reader, parts, server_needs, rooms, notices)
    return DrillPlan(
        server=request.server,
        place=place,
        version=version,
        installation=installation,
        room=room,
        rooms=rooms,
        database=entry,
        rehearsals=tuple(chosen),
        roles=frozenset(content.roles()),
        complete=len(chosen) == len(parts),
    )


def _room(
    request: DrillRequest,
    reader: ArchiveReader,
    parts: Sequence[Rehearsal],
    server_needs: int,
    rooms: Sequence[Candidate],
    notices: list[Notice],
) -> tuple[Path | None, Sequence[Rehearsal]]:
    """Return the directory for files on this host, if any are written, and what is unpacked there.

    :param server_needs: bytes of an embedded server.

    Raise HostError: ``scratch_missing``, ``write_failed``, ``disk_full``.
    """
    wanted = parts if request.directories else ()
    needed = sum(part.needed(reader) for part in wanted)
    given = request.scratch_dir
    if given:
        check_scratch(given)
        require_space(given, needed + server_needs)
        return given, wanted
    if not wanted and not server_needs:
        return None, ()
    room = scratch_place.choose(rooms, needed + server_needs)
    if room is None and wanted:
        places = listed(f"{each.path} ({human_size(each.free)})" for each in rooms) or "-"
        notices.append(Notice("drill_database_only", needed=human_size(needed), places=places))
        wanted = ()
    if room is None and server_needs:
        room = rooms[0].path if rooms else Path(tempfile.gettempdir())
        check_scratch(room)
        require_space(room, server_needs)
    return room, wanted


def _look_at_server(
    server: Server, entry: DatabaseEntry, extensions: set[str], dry_run: bool, notices: list[Notice]
) -> tuple[str, str]:
    """Check an existing server; return how messages name it, and its version."""
    with ScratchDatabase.attach(server, 1) as target:
        check_server(target, entry, {}, notices if dry_run else [])
        check_extensions(target, extensions)
        check_server_space(target, server_space(entry), notices)
        return server.place, target.product_version


def _refuse_subscriptions(content: Content, reader: ArchiveReader) -> None:
    """Refuse objects that would connect the scratch database to another server. Our own backups never contain any."""
    for found in (*content.pre_data, *content.post_data):
        if found.type == "SUBSCRIPTION":
            raise DatabaseError("drill_subscription", subscription=found.name, path=reader.path)
