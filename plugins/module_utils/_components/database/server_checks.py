# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a backup's database can be created on a server, for restores and drills."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..._errors import DatabaseError, Notice, listed
from ..._postgres.target import TargetServer
from ..._store.space import disk
from ..._store.units import human_size
from .content import roles_of
from .entry import DatabaseEntry
from .load import role_map


def check_server(
    server: TargetServer, entry: DatabaseEntry, role_mapping: Mapping[str, str], missing: list[Notice]
) -> None:
    """Check that a database like the backup's can be created on a server.

    :param role_mapping: role in the backup → role there.
    :param missing: receives a notice for each role that does not exist there.

    Raise DatabaseError: ``server_too_old``, ``createdb_missing``, ``role_unknown``.
    """
    check_version(server, entry)
    if not server.may_create():
        raise DatabaseError("createdb_missing", user=server.user, server=server.place)
    role_map(roles_of(entry), server.roles(), role_mapping, server.user, missing)


def check_extensions(server: TargetServer, wanted: Collection[str]) -> None:
    """Check that a server has extensions, and that the account may create them in a new database.

    Raise DatabaseError (``extension_missing``, ``extension_refused``), which names all such extensions.
    """
    check_extensions_there(server, wanted)
    refused = server.refused_extensions(wanted)
    if refused:
        raise DatabaseError(
            "extension_refused",
            server=server.place,
            user=server.user,
            extension=listed(refused),
            cause=next(iter(refused.values())),
        )


def check_owners(server: TargetServer, owners: Collection[str], roles: Mapping[str, str]) -> None:
    """Check that the account may give objects to their owners. Raise DatabaseError (``role_not_member``).

    :param owners: owners in the backup.
    :param roles: role in the backup → role there.
    """
    others = server.cannot_become({roles.get(owner, owner) for owner in owners})
    if others:
        raise DatabaseError("role_not_member", user=server.user, server=server.place, roles=listed(others))


def check_extensions_there(server: TargetServer, wanted: Collection[str]) -> None:
    """Check that a server has extensions. Raise DatabaseError (``extension_missing``), which names the missing ones."""
    missing = sorted(set(wanted) - server.extensions())
    if missing:
        raise DatabaseError(
            "extension_missing",
            server=server.place,
            extension=listed(missing),
            cause="pg_available_extensions does not list them",
        )


def check_version(server: TargetServer, entry: DatabaseEntry) -> None:
    """Check that a server is not older than the backup's. Raise DatabaseError (``server_too_old``)."""
    if server.version // 10000 < entry.server_version_num // 10000:
        raise DatabaseError(
            "server_too_old",
            source=entry.server_version_num // 10000,
            target=server.version // 10000,
            server=server.place,
        )


def check_server_space(
    server: TargetServer, needed: int, notices: list[Notice], also: Iterable[tuple[Path, int]] = ()
) -> None:
    """Check that a server's disk has enough free space, or warn if the free space can't be determined.

    :param needed: bytes that the server will write.
    :param also: paths on this host and the bytes to be written there; those on the same disk are added.

    Raise DatabaseError (``server_space``).
    """
    found = server.disk()
    if found is None:
        notices.append(Notice("server_space_unknown", server=server.place, needed=human_size(needed)))
        return
    # Device numbers in a container differ from those on the host, so disks with exactly the same size are taken for
    # the same disk.
    needed += sum(size for path, size in also if disk(path).total == found.total)
    if found.free < needed:
        raise DatabaseError(
            "server_space", server=server.place, needed=human_size(needed), free=human_size(found.free)
        )
