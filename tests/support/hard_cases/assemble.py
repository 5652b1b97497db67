# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates a database with all hard cases."""

from __future__ import annotations

import random

from psycopg2 import extensions

from . import (
    comments,
    functions,
    inexact,
    names,
    outside,
    partitions,
    relations,
    security,
    sequences,
    triggers,
    types,
    unqualified,
    views,
)
from .context import Context, Roles, quote


def build(
    conn: extensions.connection,
    *,
    rows: int = 200,
    seed: int = 1,
    big_values: bool = False,
    superuser: bool = True,
    forced_rls: bool = True,
    unqualified_functions: bool = True,
    inexact_cases: bool = True,
    portable: bool = False,
    roles: Roles | None = None,
) -> None:
    """Fill an empty UTF-8 database with objects and rows that are hard to dump and restore.

    Objects that the server does not support (newer syntax, extensions, XML, ICU) are left out.

    :param rows: scales the tables that can grow.
    :param big_values: add values of 50 MB.
    :param superuser: create objects that only a superuser may create. Without it, the user must own the database.
    :param forced_rls: let policies hide rows from the tables' owner, too.
    :param unqualified_functions: create objects that a plain dump cannot restore.
    :param inexact_cases: create objects that no dump restores with exactly the same definition.
    :param portable: leave out objects that other servers may not support.
    :param roles: create grants, policies, owners and default privileges for these roles; see `create_roles`.
    """
    with conn, conn.cursor() as cur:
        cur.execute("SELECT name FROM pg_available_extensions")
        available = frozenset(row[0] for row in cur.fetchall() if not portable)
        ctx = Context(
            conn=conn,
            cur=cur,
            version=conn.server_version,
            rows=rows,
            rng=random.Random(seed),
            superuser=superuser,
            big_values=big_values,
            forced_rls=forced_rls,
            portable=portable,
            roles=roles,
            available=available,
        )
        ctx.begin()
        outside.build_extensions(ctx)
        for part in (types, names, sequences, relations, partitions, views, functions, triggers, security):
            part.build(ctx)
        if unqualified_functions:
            unqualified.build(ctx)
        if inexact_cases:
            inexact.build(ctx)
        comments.build(ctx)
        outside.build_foreign(ctx)
        outside.build_publications(ctx)
        security.build_default_privileges(ctx)
        triggers.build_events(ctx)


def create_roles(conn: extensions.connection, prefix: str) -> Roles:
    """Create the roles to which `build` can grant privileges.

    :param prefix: of their names, unique in the cluster.
    """
    roles = Roles("%s reader" % prefix, '%s"Writer"' % prefix, "%s_group" % prefix)
    with conn, conn.cursor() as cur:
        for name in roles.names:
            cur.execute("CREATE ROLE %s NOLOGIN" % quote(name))
        cur.execute("GRANT %s TO %s" % (quote(roles.group), quote(roles.reader)))
    return roles


def drop_roles(conn: extensions.connection, roles: Roles) -> None:
    """Drop the roles, with their objects and privileges in this database. No other database may use them."""
    with conn, conn.cursor() as cur:
        for name in roles.names:
            cur.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
            if cur.rowcount:
                cur.execute("DROP OWNED BY %s CASCADE" % quote(name))
                cur.execute("DROP ROLE %s" % quote(name))


def add_large_object(conn: extensions.connection, content: bytes = b"large \x00 object") -> int:
    """Add a large object and return its oid."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT lo_from_bytea(0, %s)", (content,))
        row = cur.fetchone()
    assert row is not None
    return int(row[0])


def set_database_properties(conn: extensions.connection, roles: Roles | None = None) -> None:
    """Set a comment, settings and grants of the database itself, which a dump of its contents does not include."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT current_database()")
        name = quote((cur.fetchone() or ("",))[0])
        cur.execute("COMMENT ON DATABASE %s IS 'it''s the \"hard\" one'" % name)
        cur.execute("ALTER DATABASE %s SET work_mem = '7MB'" % name)
        cur.execute('ALTER DATABASE %s SET search_path = "$user", public, views' % name)
        cur.execute("ALTER DATABASE %s SET application_name = 'a ''b'' \\ c'" % name)
        cur.execute("ALTER DATABASE %s CONNECTION LIMIT 77" % name)
        cur.execute("REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC" % name)
        if roles is not None:
            cur.execute("GRANT CREATE, TEMPORARY ON DATABASE %s TO %s" % (name, quote(roles.writer)))
            cur.execute(
                "ALTER ROLE %s IN DATABASE %s SET statement_timeout = '9s'" % (quote(roles.reader), name)
            )
