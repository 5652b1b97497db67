# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a database can be replaced in place, without writing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._errors import DatabaseError, Notice, listed
from ..._postgres.drop_objects import DropPlan, plan_removal
from ..._postgres.lock_need import check_locks
from ..._postgres.names import quoted, split_name
from ..._postgres.properties import properties
from ..._postgres.session import Session, literal
from ..._postgres.target import TargetServer
from ..._postgres.user_objects import at_stake, described
from .content import Content
from .entry import DatabaseEntry
from .load import LoadOptions, role_map
from .pack import check_readable, large_objects
from .safety import SafetyBackup, required
from .server_checks import check_extensions_there, check_owners, check_server_space, check_version

_LOCALE = ("locale_provider", "lc_collate", "lc_ctype", "locale")

# Objects of this database that would refer to dropped tables.
_OBSTACLES = """
SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL SELECT 'replication slot ' || slot_name FROM pg_replication_slots WHERE database = current_database()
UNION ALL SELECT 'subscription ' || subname FROM pg_subscription
           WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True)
class InPlaceOptions:
    """How a database is replaced in place.

    :param load: how it is loaded.
    :param replace: whether a database that is not empty may be replaced.
    :param lock_timeout: seconds to wait for the locks of other sessions.
    :param safety: makes the safety backup; may be None for an empty database.
    """

    load: LoadOptions
    replace: bool = False
    lock_timeout: float = 60
    safety: SafetyBackup | None = None


def check_session(
    session: Session, content: Content, options: InPlaceOptions, notices: list[Notice]
) -> DropPlan:
    """Check that the contents of the session's database can be replaced by a backup; return what must be dropped.

    Raise DatabaseError: ``server_too_old``, ``target_not_empty``, ``in_place_encoding``, ``target_held``,
    ``large_objects``, ``objects_not_owned``, ``in_place_no_create``, ``extension_missing``, ``extension_refused``,
    ``role_unknown``, ``role_not_member``, ``in_place_locks``, ``server_space``, ``safety_backup_needed``,
    ``safety_backup_failed``.
    """
    server = TargetServer(session, session.server)
    check_version(server, content.entry)
    options.load.leave_out.check(content.leavable())
    removal = plan_removal(session, content.catalog)
    endangered = at_stake(removal.objects)
    if endangered and not options.replace:
        raise DatabaseError(
            "target_not_empty",
            database=session.server.database,
            server=session.server.place,
            tables=listed(described(session, endangered)),
        )
    check_encoding(session, content.entry, notices)
    check_droppable(session, removal)
    _check_creatable(session, content, removal)
    roles = role_map(content.roles(), server.roles(), options.load.role_mapping, session.server.user, [])
    # Only schemas that don't exist yet are created with their owners.
    check_owners(server, content.owners(but=("SCHEMA",)), roles)
    check_locks(session, content.catalog)
    # Dropped tables use disk space until the commit.
    check_server_space(server, content.entry.size, notices)
    if endangered:
        required(options.safety, session.server).check(session)
    return removal


def check_encoding(session: Session, entry: DatabaseEntry, notices: list[Notice]) -> bool:
    """Check that the database can store the backup's texts; return whether it has the source's encoding."""
    found: dict[str, Any] = properties(session)
    source, target = entry.properties["encoding"], found["encoding"]
    if source != target and (target != "UTF8" or source == "SQL_ASCII"):
        raise DatabaseError(
            "in_place_encoding",
            database=session.server.database,
            server=session.server.place,
            source=source,
            target=target,
        )
    ours, theirs = (
        "/".join(str(values.get(word)) for word in _LOCALE if values.get(word))
        for values in (entry.properties, found)
    )
    if ours != theirs:
        facts = {"database": session.server.database, "source": ours, "target": theirs}
        notices.append(Notice("locale_differs", problem="kept", **facts))
    if source != target:
        notices.append(
            Notice("digests_not_compared", database=session.server.database, source=source, target=target)
        )
    return bool(source == target)


def check_droppable(session: Session, removal: DropPlan) -> None:
    """Check that everything that must be dropped can be. Raise DatabaseError."""
    obstacles = [str(row[0]) for row in session.query(_OBSTACLES)]
    if obstacles:
        raise DatabaseError(
            "target_held",
            database=session.server.database,
            server=session.server.place,
            objects=listed(obstacles),
        )
    if removal.tables:
        check_readable(session)
        # Large objects are neither backed up nor dropped.
        count = large_objects(session)
        if count:
            raise DatabaseError("large_objects", database=session.server.database, count=count)
    refused = removal.refused or _not_lockable(session, removal)
    if refused:
        raise DatabaseError(
            "objects_not_owned",
            user=session.server.user,
            database=session.server.database,
            server=session.server.place,
            objects=listed(refused),
        )


def _not_lockable(session: Session, removal: DropPlan) -> tuple[str, ...]:
    """Return the tables that the account may drop, as the owner of their schema, but not lock against writers.

    An owner can always lock its tables: privileges that it has revoked from itself are granted again before.
    """
    found = session.query(
        "SELECT name FROM unnest(%s::text[]) name JOIN pg_class c ON c.oid = name::regclass"
        " WHERE NOT pg_has_role(c.relowner, 'USAGE') AND NOT has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')",
        [[item.name for item in removal.tables]],
    )
    return tuple(str(name) for (name,) in found)


def _check_creatable(session: Session, content: Content, removal: DropPlan) -> None:
    facts = {
        "user": session.server.user,
        "database": session.server.database,
        "server": session.server.place,
    }
    schemas = {split_name(obj.name)[0] for obj in content.catalog.of("schema")}
    missing = sorted(schemas - set(removal.schemas))
    if missing and not session.value("SELECT has_database_privilege(current_database(), 'CREATE')"):
        raise DatabaseError("in_place_no_create", what=f"schema {quoted(missing[0])}", **facts)
    for schema in sorted(schemas & set(removal.schemas)):
        if not session.value(f"SELECT has_schema_privilege({literal(schema)}, 'CREATE')"):
            raise DatabaseError("in_place_no_create", what=f"tables in schema {quoted(schema)}", **facts)
    wanted = {split_name(obj.name)[0] for obj in content.catalog.of("extension")}
    wanted -= {item.name for item in removal.kept}
    server = TargetServer(session, session.server)
    check_extensions_there(server, wanted)
    refused = server.refused_extensions(wanted)
    if refused:
        cause = next(iter(refused.values()))
        raise DatabaseError("extension_refused", extension=listed(refused), cause=cause, **facts)
