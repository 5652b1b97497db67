# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The number of connections that may still be opened, by ``CONNECTION LIMIT`` of database and role and ``max_connections``."""

from __future__ import annotations

from .._errors import DatabaseError, Notice
from .session import Session

# The limits of database and role don't apply to superusers. Connections reserved for superusers are not used.
_FREE_CONNECTIONS = """
SELECT least(
         CASE WHEN NOT r.rolsuper AND d.datconnlimit >= 0 AND d.datname = %(database)s THEN d.datconnlimit
              - (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND a.backend_type = 'client backend')
         END,
         CASE WHEN NOT r.rolsuper AND r.rolconnlimit >= 0 THEN r.rolconnlimit
              - (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.backend_type = 'client backend')
         END,
         (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings
           WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))
         - (SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type = 'client backend'))
  FROM pg_database d, pg_roles r
 WHERE d.datname = current_database() AND r.rolname = session_user
"""


def connections_for(
    session: Session, jobs: int, others: int, notices: list[Notice], *, database: str | None = None
) -> int:
    """Return how many of the requested connections the server allows, at least 1.

    :param session: a session that stays open, or is replaced by another one; it is already counted.
    :param jobs: number of requested connections.
    :param others: number of connections that are needed in addition to them.
    :param notices: receives a warning if the server allows fewer than requested.
    :param database: database of the connections, if not the session's: a new one, which has no limit yet.

    Raise DatabaseError (``connections_exhausted``).
    """
    server = session.server
    free = int(
        session.value(_FREE_CONNECTIONS, {"database": server.database if database is None else database})
    )
    facts = {"server": server.place, "user": server.user, "free": max(free, 0), "needed": others + 1}
    if free < others + 1:
        raise DatabaseError("connections_exhausted", **facts)
    if free < jobs + others:
        notices.append(Notice("connections_fewer", **facts, jobs=jobs, used=free - others))
    return min(jobs, free - others)
